"""Sign-in, sign-out, the password, and what to do when it is forgotten."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView, LogoutView, PasswordChangeView
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import audit_events
from accounts.access import roles_required
from accounts.language import PREFERENCE, languages
from accounts.models import Office, OfficeKind, User
from accounts.roles import Role
from core import audit
from core.toasts import toast


def demo_accounts() -> list[dict[str, str]]:
    """The sign-ins that may be tried: in the demo, and as long as all of its accounts are there."""
    if not settings.DEMO or not settings.SIGN_IN_SUGGESTIONS:
        return []
    suggested = import_string(settings.SIGN_IN_SUGGESTIONS)()
    names = [account.username for account in suggested.values()]
    there = {user.username: user for user in User.objects.select_related("office").filter(username__in=names)}
    if set(names) != {user.username for user in there.values() if user.is_active}:
        return []
    return [
        {
            "label": str(Role(role).label),
            "place": office.name if (office := there[account.username].office) is not None else "",
            "username": account.username,
            "password": account.password,
        }
        for role, account in suggested.items()
    ]


class SignIn(LoginView):
    """allauth's sign-in with what our page shows beside the form."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the organ's name, the sentence under the button, and the demo's accounts."""
        organ = Office.objects.active().filter(kind=OfficeKind.ORGAN, parent=None).first()
        return {
            **super().get_context_data(**kwargs),
            "page_title": _("Sign in"),
            "sign_in_place": organ.name if organ is not None else "",
            "sign_in_next": _("After signing in you see the work of your own role."),
            "demo_accounts": demo_accounts(),
        }


@method_decorator(roles_required(), name="dispatch")
@method_decorator(never_cache, name="dispatch")
class ChangePassword(PasswordChangeView):
    """One's own password; with an initial one this is the only page that opens."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Store it, stay signed in here, and go on to one's work."""
        response: HttpResponse = super().form_valid(form)
        audit.record(audit_events.PASSWORD_CHANGED, request=self.request)
        toast(self.request, _("Password changed"))
        return response

    def get_default_success_url(self) -> str:
        """The start page of the person's role."""
        return "/"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the title, and whether there is a way around."""
        user = self.request.user
        return {
            **super().get_context_data(**kwargs),
            "page_title": _("Change the password"),
            "is_initial": user.must_change_password,
        }


class SignOut(LogoutView):
    """By POST; a GET asks."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the title."""
        return {**super().get_context_data(**kwargs), "page_title": _("Sign out")}


@require_GET
def forgotten_password(request: HttpRequest) -> HttpResponse:
    """Say who gives a new password: no mail goes out."""
    return render(request, "account/password_reset.html", {"page_title": _("Forgotten password")})


@require_GET
def inactive(request: HttpRequest) -> HttpResponse:
    """Say that the account is deactivated, to somebody who knew its password."""
    return render(request, "account/account_inactive.html", {"page_title": _("The account is deactivated")})


@require_POST
def set_language(request: HttpRequest, language: str = "") -> HttpResponse:
    """Speak another language from now on: kept in the account, and on this computer for the sign-in page."""
    language = language or request.POST.get("language", "")
    back = request.POST.get("next", "") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = "/"
    response = redirect(back)
    if language in languages():
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=365 * 24 * 3600,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
        if isinstance(request.user, User):
            request.user.preferences = {**request.user.preferences, PREFERENCE: language}
            request.user.save(update_fields=["preferences"])
    return response


sign_in = SignIn.as_view()
sign_out = SignOut.as_view()
change_password = ChangePassword.as_view()
