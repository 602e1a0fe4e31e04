"""``/``: everybody lands on the page of their role."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import roles_required, signed_in_user
from accounts.models import RoleRequest, User


def home_of(user: User) -> str | None:
    """The address of the person's own page; None without a role.

    Which page that is stands in ``settings.ROLE_HOMES``: accounts do not know the apps above them.
    """
    for role, url_name in settings.ROLE_HOMES.items():
        if role in user.roles:
            try:
                return reverse(url_name)
            except NoReverseMatch:
                continue
    return None


@require_safe
@roles_required()
def home(request: HttpRequest) -> HttpResponse:
    """Go to the page of the person's role, or say that no role has been granted yet."""
    user = signed_in_user(request)
    if (page := home_of(user)) is not None:
        return redirect(page)
    asked_for = [asked.get_role_display() for asked in RoleRequest.objects.filter(user=user)]
    return render(request, "accounts/no_role.html", {"page_title": _("No role yet"), "asked_for": asked_for})
