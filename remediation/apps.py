from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RemediationConfig(AppConfig):
    name = "remediation"
    verbose_name = _("Rectification ledger")

    def ready(self) -> None:
        """Register the entries of the sidebar."""
        import_module("remediation.navigation")
        import_module("remediation.audited")
