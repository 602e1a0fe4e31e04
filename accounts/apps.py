from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Name the audit events and the entries of the frame."""
        import_module("accounts.audit_events")
        import_module("accounts.navigation")
