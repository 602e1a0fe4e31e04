"""Create and edit an item or a measure, for the ledger administrator."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.clock import today
from core.models import CalendarDay
from core.toasts import toast
from remediation.editing import (
    StaleVersion,
    create_item,
    create_measure,
    edit_item,
    edit_measure,
    item_duties,
)
from remediation.forms.rows import ItemForm, LedgerRowForm, MeasureForm, deadline_shown
from remediation.models import Item, Ledger, Measure
from remediation.numbering import item_number, measure_number
from remediation.permissions import can_edit_ledger
from remediation.recording import Duties, duties_of
from remediation.views.desk import edit_page, editable_ledger, posted, require_ledger_admin


def _row_form(form_class: type[LedgerRowForm], request: HttpRequest, *, ledger: Ledger, **kwargs: Any) -> Any:
    return form_class(
        posted(request),
        ledger=ledger,
        today=today(),
        calendar=CalendarDay.objects.work_calendar(),
        **kwargs,
    )


def _refused(form: Any, error: ValidationError | StaleVersion) -> None:
    """Put the command's refusal where the form shows it; what was typed stays."""
    if isinstance(error, StaleVersion):
        form.add_error(
            None,
            _(
                "Somebody saved this row after you opened it. Your text is still here: open the row again and compare."
            ),
        )
    else:
        form.add_error(None, error)


@login_required
@require_http_methods(["GET", "POST"])
def item_create(request: HttpRequest, ledger_pk: int) -> HttpResponse:
    """A new item of a ledger."""
    user, ledger = editable_ledger(request, ledger_pk)
    initial = {"section": request.GET.get("section")}
    form = _row_form(
        ItemForm, request, ledger=ledger, duties=Duties(), item=None, has_measures=False, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        item = create_item(values={"ledger": ledger, **form.values()}, duties=form.duties(), actor=user)
        toast(request, _("Created: %(number)s") % {"number": item_number(item)})
        return redirect("remediation:item_detail", item.pk)
    return edit_page(request, form=form, ledger=ledger, title=_("New item"))


@login_required
@require_http_methods(["GET", "POST"])
def item_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an item."""
    user = require_ledger_admin(request)
    item = get_object_or_404(Item.objects.visible_to(user).live().select_related("ledger"), pk=pk)
    can_edit_ledger(user, item.ledger).require()
    duties = item_duties(item)
    initial = {
        "problem": item.problem,
        "kind": item.kind,
        "number": item.number,
        "section": item.section_id,
        "leader": item.leader_id,
        "is_reform_item": item.is_reform_item,
        "inferred_from": item.inferred_from_id,
        "cause": item.cause,
        "goal": item.goal,
        "lead_offices": duties.lead,
        "assisting_offices": duties.assisting,
        "deadline_text": deadline_shown(item),
        "reported_status": item.reported_status,
        "version": item.version,
    }
    has_measures = item.measures.counted().exists()
    form = _row_form(
        ItemForm,
        request,
        ledger=item.ledger,
        duties=duties,
        item=item,
        has_measures=has_measures,
        initial=initial,
    )
    if request.method == "POST" and form.is_valid():
        try:
            edit_item(
                item,
                values=form.values(),
                actor=user,
                duties=None if has_measures else form.duties(),
                reason=form.cleaned_data["reason"],
                expected_version=form.cleaned_data["version"],
            )
        except (StaleVersion, ValidationError) as error:
            _refused(form, error)
        else:
            toast(request, _("Saved: %(number)s") % {"number": item_number(item)})
            return redirect("remediation:item_detail", item.pk)
    return edit_page(request, form=form, ledger=item.ledger, title=_("Edit item"), item=item)


@login_required
@require_http_methods(["GET", "POST"])
def measure_create(request: HttpRequest, item_pk: int) -> HttpResponse:
    """A new measure of an item; it starts from the offices and the leader of the item's last measure."""
    user = require_ledger_admin(request)
    item = get_object_or_404(Item.objects.visible_to(user).live().select_related("ledger"), pk=item_pk)
    can_edit_ledger(user, item.ledger).require()
    last = item.measures.order_by("-number", "-pk").first()
    duties = duties_of([last.pk]).get(last.pk, Duties()) if last else item_duties(item)
    initial = {
        "leader": item.leader_id,
        "lead_offices": duties.lead,
        "assisting_offices": duties.assisting,
        "status": "not_started",
    }
    form = _row_form(MeasureForm, request, ledger=item.ledger, duties=duties, measure=None, initial=initial)
    if request.method == "POST" and form.is_valid():
        measure = create_measure(item, values=form.values(), duties=form.duties(), actor=user)
        toast(request, _("Created: %(number)s") % {"number": measure_number(measure)})
        return redirect("remediation:item_detail", item.pk)
    return edit_page(request, form=form, ledger=item.ledger, title=_("New measure"), item=item)


@login_required
@require_http_methods(["GET", "POST"])
def measure_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a measure's text, offices, leader or deadline; the status is reported, not edited."""
    user = require_ledger_admin(request)
    measures = Measure.objects.visible_to(user).counted().select_related("ledger", "item")
    measure = get_object_or_404(measures, pk=pk)
    can_edit_ledger(user, measure.ledger).require()
    duties = duties_of([measure.pk]).get(measure.pk, Duties())
    initial = {
        "text": measure.text,
        "number": measure.number,
        "note": measure.note,
        "started_on": measure.started_on,
        "leader": measure.leader_id,
        "lead_offices": duties.lead,
        "assisting_offices": duties.assisting,
        "deadline_text": deadline_shown(measure),
        "version": measure.version,
    }
    form = _row_form(
        MeasureForm, request, ledger=measure.ledger, duties=duties, measure=measure, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            edit_measure(
                measure,
                values=form.values(),
                duties=form.duties(),
                actor=user,
                reason=form.cleaned_data["reason"],
                expected_version=form.cleaned_data["version"],
            )
        except (StaleVersion, ValidationError) as error:
            _refused(form, error)
        else:
            toast(request, _("Saved: %(number)s") % {"number": measure_number(measure)})
            return redirect("remediation:item_detail", measure.item_id)
    return edit_page(request, form=form, ledger=measure.ledger, title=_("Edit measure"), item=measure.item)
