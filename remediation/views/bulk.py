"""Actions on selected rows of the list: asked once, answered row by row with the reason of each refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.roles import OFFICE_ROLES
from core.decisions import ALLOWED, Decision, denied
from core.lists.filtering import query_without
from core.text import whole_number
from remediation.context import person, reader_of
from remediation.editing import RowAnswer, change_leader, change_offices
from remediation.filters import MeasureFilterSet
from remediation.forms.bulk import BulkLeaderForm, BulkOfficesForm, BulkReportForm
from remediation.models import Measure
from remediation.numbering import measure_number
from remediation.permissions import can_edit_ledger
from remediation.reporting import report_together
from remediation.views.export import export_measures
from remediation.views.reading import reads_ledgers

# Each row is answered while the person waits; more are done in several goes.
MOST_ROWS = 1000
RESULT_KEY = "bulk_result"


@dataclass(frozen=True)
class BulkAction:
    """One action of the floating bar."""

    name: str
    label: str
    decision: Decision
    kind: str = ""

    @property
    def id(self) -> str:
        """The id under which its reason stands."""
        return f"bulk-{self.name}"


def bulk_actions(user: User) -> list[BulkAction]:
    """What this person may do with selected rows; what one may never do is not there."""
    actions = []
    if user.has_role(*OFFICE_ROLES):
        decision = ALLOWED if user.office_id else denied(_("Your account belongs to no office yet."))
        actions.append(BulkAction("report", _("Update status"), decision, "btn-primary"))
    actions.append(BulkAction("export", _("Export selected"), ALLOWED))
    if can_edit_ledger(user):
        actions.append(BulkAction("leader", _("Change leader"), ALLOWED))
        actions.append(BulkAction("offices", _("Change offices"), ALLOWED))
    return actions


def selected_measures(request: HttpRequest) -> list[Measure]:
    """The rows that were ticked, or all of the filter, in the reader's scope; at most ``MOST_ROWS`` and one more."""
    reader = reader_of(request)
    if request.POST.get("every"):
        rows = MeasureFilterSet(QueryDict(request.POST.get("query", "")), reader=reader).rows()
    else:
        named = map(whole_number, request.POST.getlist("selected"))
        ids = [pk for pk in named if pk is not None]
        rows = Measure.objects.visible_to(reader.user).filter(pk__in=ids[: MOST_ROWS + 1])
    found = rows.select_related("item", "ledger").order_by("ledger_id", "order", "pk")
    return list(found[: MOST_ROWS + 1])


def frozen_measures(request: HttpRequest) -> tuple[list[Measure], dict[int, int]]:
    """The rows that the form was opened with, and the version that each had then."""
    versions: dict[int, int] = {}
    for pair in request.POST.get("rows", "").split(",")[: MOST_ROWS + 1]:
        pk, _mark, version = pair.partition(":")
        row, seen = whole_number(pk), whole_number(version)
        if row is not None and seen is not None:
            versions[row] = seen
    rows = Measure.objects.visible_to(person(request)).filter(pk__in=versions)
    return list(rows.select_related("item", "ledger").order_by("ledger_id", "order", "pk")), versions


def list_address(request: HttpRequest) -> str:
    """The list that the rows were selected on."""
    return reverse("remediation:measure_list") + query_without(QueryDict(request.POST.get("query", "")))


@reads_ledgers
@require_POST
def measure_bulk(request: HttpRequest) -> HttpResponseBase:
    """Ask what to write on the selected rows, and then write it. Nothing is written before the form is sent."""
    user = person(request)
    action = next((one for one in bulk_actions(user) if one.name == request.POST.get("action")), None)
    if action is None or not action.decision:
        raise PermissionDenied(
            action.decision.reason if action else _("You may not do this with selected rows.")
        )
    sent = "rows" in request.POST
    measures, versions = frozen_measures(request) if sent else (selected_measures(request), {})
    if not measures:
        messages.error(request, _("No row is selected."))
        return redirect(list_address(request))
    if len(measures) > MOST_ROWS:
        messages.error(request, _("At most %(count)s rows at once. Filter further.") % {"count": MOST_ROWS})
        return redirect(list_address(request))
    if action.name == "export":
        return _exported(request, measures)
    form = _form_class(action.name)(request.POST if sent else None)
    if sent and form.is_valid():
        answers = _done(form, measures=measures, versions=versions, user=user)
        _keep_result(request, action, answers)
        return redirect("remediation:measure_bulk_result")
    context = {
        "page_title": action.label,
        "action": action,
        "form": form,
        "measures": measures,
        "numbers": [(measure_number(measure), measure) for measure in measures[:20]],
        "rows": ",".join(f"{measure.pk}:{measure.version}" for measure in measures),
        "query": request.POST.get("query", ""),
        "list_url": list_address(request),
        "back_url": list_address(request),
    }
    return render(request, "remediation/ledger/bulk.html", context, status=422 if sent else 200)


def _form_class(name: str) -> type[forms.Form]:
    forms_by_action: dict[str, type[forms.Form]] = {
        "report": BulkReportForm,
        "leader": BulkLeaderForm,
        "offices": BulkOfficesForm,
    }
    return forms_by_action[name]


def _done(
    form: forms.Form, *, measures: Sequence[Measure], versions: dict[int, int], user: User
) -> list[RowAnswer]:
    if isinstance(form, BulkReportForm):
        return report_together(measures, progress=form.progress(), actor=user, expected_versions=versions)
    reason = form.cleaned_data["reason"]
    if isinstance(form, BulkLeaderForm):
        post = form.position()
        return change_leader(measures, leader=post, actor=user, reason=reason)
    assert isinstance(form, BulkOfficesForm)  # noqa: S101 - tells the type checker
    sides = form.sides()
    return change_offices(
        measures, lead=sides["lead"], assisting=sides["assisting"], actor=user, reason=reason
    )


def _exported(request: HttpRequest, measures: Sequence[Measure]) -> HttpResponseBase:
    reader = reader_of(request)
    filters = MeasureFilterSet(QueryDict(), reader=reader)
    rows = filters.queryset.filter(pk__in=[measure.pk for measure in measures]).order_by(
        "ledger", "order", "pk"
    )
    return export_measures(request, rows=rows, kind="xlsx", reader=reader, filters=filters)


def _keep_result(request: HttpRequest, action: BulkAction, answers: Sequence[RowAnswer]) -> None:
    """For the page that follows: a reload of it repeats nothing."""
    request.session[RESULT_KEY] = {
        "action": action.name,
        "query": request.POST.get("query", ""),
        "rows": [[answer.measure.pk, answer.changed, answer.reason] for answer in answers],
    }


@reads_ledgers
@require_GET
def measure_bulk_result(request: HttpRequest) -> HttpResponse:
    """What became of each row of the last action."""
    kept: dict[str, Any] | None = request.session.get(RESULT_KEY)
    if kept is None:
        return redirect("remediation:measure_list")
    known = Measure.objects.visible_to(person(request)).select_related("item")
    measures = known.in_bulk([pk for pk, _changed, _reason in kept["rows"]])
    lines = [
        {
            "number": measure_number(measures[pk]),
            "measure": measures[pk],
            "changed": changed,
            "reason": reason,
        }
        for pk, changed, reason in kept["rows"]
        if pk in measures
    ]
    lines.sort(key=lambda line: bool(line["changed"]))
    actions = {action.name: action for action in bulk_actions(person(request))}
    back = reverse("remediation:measure_list") + query_without(QueryDict(kept["query"]))
    context = {
        "page_title": _("Answer row by row"),
        "action": actions.get(kept["action"]),
        "lines": lines,
        "changed": sum(1 for line in lines if line["changed"]),
        "left": sum(1 for line in lines if not line["changed"]),
        "list_url": back,
        "back_url": back,
    }
    return render(request, "remediation/ledger/bulk_result.html", context)
