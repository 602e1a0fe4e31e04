"""In-site messages: the list, and noting them as read."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import messages
from accounts.access import roles_required, signed_in_user
from accounts.models import Notification
from core.text import whole_number
from core.toasts import toast

PER_PAGE = 20


@require_safe
@roles_required()
def message_list(request: HttpRequest) -> HttpResponse:
    """One's own messages, newest first; ``?unread=1`` only those not read yet."""
    user = signed_in_user(request)
    only_unread = request.GET.get("unread") == "1"
    own = Notification.objects.to(user)
    unread = messages.unread_count(user)
    page = Paginator(own.unread() if only_unread else own, PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "page_title": _("Messages"),
        "page": page,
        "unread": unread,
        "only_unread": only_unread,
        "newest": max((message.pk for message in page), default=0),
        "views": [
            (_("All messages"), request.path, not only_unread),
            (_("Unread (%(count)s)") % {"count": unread}, f"{request.path}?unread=1", only_unread),
        ],
    }
    return render(request, "accounts/messages.html", context)


@require_POST
@roles_required()
def open_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Note a message as read and go to what it tells about."""
    user = signed_in_user(request)
    message = Notification.objects.to(user).filter(pk=pk).first()
    if message is None:
        raise Http404
    messages.mark_read(user, pk)
    if message.url and url_has_allowed_host_and_scheme(message.url, allowed_hosts=None):
        return redirect(message.url)
    return redirect("accounts:messages")


@require_POST
@roles_required()
def read_all(request: HttpRequest) -> HttpResponse:
    """Note everything that the page showed, and what is older, as read."""
    up_to = whole_number(request.POST.get("up_to", ""))
    if up_to is not None:
        messages.mark_all_read(signed_in_user(request), up_to=up_to)
        toast(request, _("All messages are read"))
    return redirect("accounts:messages")
