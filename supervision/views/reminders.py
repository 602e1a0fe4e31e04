"""督促提醒: which reminders went to whom, when and how, for the supervision office and the ledger administrator."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.access import roles_required, signed_in_user
from accounts.roles import Role
from remediation.numbering import measure_number
from supervision.forms.reminders import ReminderFilterForm
from supervision.models import DigestState, Reminder
from supervision.stages import is_overdue
from supervision.wording import stage_words

READERS = (Role.SUPERVISION_OFFICE, Role.LEDGER_ADMIN)
PER_PAGE = 50
# These call for somebody's attention.
TROUBLED = (DigestState.FAILED, DigestState.EXPIRED)


@require_safe
@roles_required(*READERS)
def reminder_list(request: HttpRequest) -> HttpResponse:
    """Newest first; the same number of questions whatever the length."""
    form = ReminderFilterForm(request.GET)
    reminders = form.narrowed(Reminder.objects.visible_to(signed_in_user(request)))
    full = reminders.select_related("recipient__office", "measure__item", "measure__ledger", "digest")
    page = Paginator(full.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "reminder": reminder,
            "number": measure_number(reminder.measure),
            "stage": stage_words(reminder.stage),
            "is_overdue": is_overdue(reminder.stage),
            "is_troubled": reminder.digest is not None and reminder.digest.state in TROUBLED,
        }
        for reminder in page
    ]
    context = {"page_title": pgettext("page", "Reminders"), "form": form, "page": page, "rows": rows}
    status = 200 if form.is_valid() else 422
    return render(request, "supervision/reminder_list.html", context, status=status)
