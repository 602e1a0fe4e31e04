"""What django-allauth asks about accounts here: nobody signs up, every sign-in is told to the audit log."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts import audit_events
from accounts.models import User
from accounts.passwords import set_own_password
from core import audit


def told_name(typed: str) -> str:
    """What the audit log keeps of a name that did not sign in.

    A name that nobody has may be a password typed into the wrong field: only its beginning is kept.
    """
    user = User.objects.filter(username__iexact=typed).first()
    return user.username if user is not None else f"{typed[:2]}…"


class AccountAdapter(DefaultAccountAdapter):
    """Closed, audited, and in our own words."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _(
            "Account or password is not right. Try again, or ask the system administrator for a new password."
        ),
        "too_many_login_attempts": _(
            "Too many failed attempts. Wait five minutes and try again, or ask the system administrator."
        ),
        "enter_current_password": _("This is not the present password. Type it again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt; tell the audit log when it is held back."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            name = told_name(credentials.get("username", ""))
            audit.record(audit_events.SIGN_IN_LIMITED, request=request, actor_name=name, succeeded=False)
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Tell the audit log which sign-in failed."""
        name = told_name(credentials.get("username", ""))
        audit.record(audit_events.SIGN_IN_FAILED, request=request, actor_name=name, succeeded=False)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Tell the audit log who came."""
        audit.record(audit_events.SIGNED_IN, request=request, actor=user)
        return cast(HttpResponse, super().post_login(request, user, **kwargs))

    def logout(self, request: HttpRequest) -> None:
        """Tell the audit log who goes."""
        if request.user.is_authenticated:
            audit.record(audit_events.SIGNED_OUT, request=request)
        super().logout(request)

    def set_password(self, user: Any, password: str) -> None:
        """Store the password that the person chose."""
        set_own_password(user, password)

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Say nothing: our own pages say what happened."""
