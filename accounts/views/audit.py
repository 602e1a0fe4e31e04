"""The audit log, to read: the audit administrator's alone."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import roles_required
from accounts.audit_events import detail_words
from accounts.forms.people import AuditFilterForm
from accounts.roles import Role
from core.audit import words_of
from core.clock import midnight, midnight_after
from core.models import AuditEvent, AuditEventQuerySet

PER_PAGE = 50


def matching_events(form: AuditFilterForm) -> AuditEventQuerySet:
    """The lines that a filter asks for; an impossible value finds none."""
    events = AuditEvent.objects.all()
    if not form.is_valid():
        return events.none()
    wanted: dict[str, Any] = form.cleaned_data
    if wanted["event"]:
        events = events.filter(event_type=wanted["event"])
    if wanted["actor"]:
        events = events.filter(
            Q(actor_name__icontains=wanted["actor"]) | Q(target__icontains=wanted["actor"])
        )
    if wanted["succeeded"]:
        events = events.filter(succeeded=wanted["succeeded"] == "1")
    if wanted["since"]:
        events = events.filter(occurred_at__gte=midnight(wanted["since"]))
    if wanted["until"]:
        events = events.filter(occurred_at__lt=midnight_after(wanted["until"]))
    return events


@require_safe
@roles_required(Role.AUDIT_ADMIN)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Newest first; two queries whatever its length."""
    form = AuditFilterForm(request.GET)
    page = Paginator(matching_events(form), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "event": event,
            "words": words_of(event.event_type),
            "detail": detail_words(event.detail),
        }
        for event in page
    ]
    context = {"page_title": _("Audit log"), "form": form, "page": page, "rows": rows}
    return render(request, "accounts/audit_log.html", context, status=200 if form.is_valid() else 422)
