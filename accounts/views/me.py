"""One's own account: who I am here, my language, my password, signing out (the phone's 我的)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.access import roles_required, signed_in_user
from accounts.language import language_of, languages
from accounts.messages import unread_count
from accounts.roles import Role


@require_safe
@roles_required()
def me(request: HttpRequest) -> HttpResponse:
    """Show what the account says about the person."""
    user = signed_in_user(request)
    context = {
        "page_title": _("My account"),
        "roles": [role.label for role in Role if role in user.roles],
        "posts": [position.title for position in user.held_positions],
        "languages": languages(),
        "language": language_of(request),
        "unread": unread_count(user),
        "list_comma": pgettext("list", ", "),
    }
    return render(request, "accounts/me.html", context)
