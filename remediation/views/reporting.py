"""Reporting on one measure where it is read: in its row on the home, on the item page, in the list, or on a page alone.

Every address works without htmx. ``place`` says on which page the row stands (``work``, ``item``, ``list``; empty is a
page of its own) and ``next`` where to go back to.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Office, User
from core.clock import now
from core.text import whole_number
from core.toasts import toast
from remediation.context import person, reader_of
from remediation.editing import RowAnswer, StaleVersion
from remediation.forms.reporting import (
    CorrectionForm,
    NoteForm,
    PicksForm,
    ProgressForm,
    ReportForm,
    check_length,
)
from remediation.measure_rows import MeasureRow, measure_row, place_query
from remediation.models import Item, Measure, ProgressReport, ReportKind
from remediation.numbering import item_number, measure_number
from remediation.permissions import can_correct_measure, can_note_assistance, can_report_progress
from remediation.recording import Duties, duties_of
from remediation.report_undo import undo_report
from remediation.reporting import (
    Progress,
    StaleMeasure,
    Standing,
    correct_measure,
    note_assistance,
    progress_of,
    report_together,
    shared_rows,
)
from remediation.views.conflict import conflict_context, last_report
from remediation.views.desk import posted

PLACES = ("work", "item", "list")
# How often a save that met only somebody else's change of other fields is tried again.
RETRIES = 2


@dataclass(frozen=True)
class Desk:
    """One request on one measure: who, which row, where it stands."""

    request: HttpRequest
    measure: Measure
    place: str
    back: str
    # How many columns the list has that the row stands in.
    span: int = 1

    @property
    def user(self) -> User:
        """Who is signed in."""
        return person(self.request)

    @property
    def is_fragment(self) -> bool:
        """Whether htmx swaps the row; else the answer is a page."""
        return bool(self.place) and self.request.headers.get("HX-Request") == "true"

    @cached_property
    def duties(self) -> Duties:
        """Who answers for it; no report changes that."""
        return duties_of([self.measure.pk]).get(self.measure.pk, Duties())

    def row(self, measure: Measure | None = None) -> MeasureRow:
        """The row as it stands now."""
        measure, duties = measure or self.measure, self.duties
        names: dict[int, str] = {}
        if self.place == "item":
            offices = Office.objects.filter(pk__in=(*duties.lead, *duties.assisting))
            names = dict(offices.values_list("pk", "name"))
        return measure_row(
            self.user,
            measure,
            rule=reader_of(self.request).rule,
            duties=duties,
            place=self.place,
            back=self.back,
            office_names=names,
        )

    def url(self, name: str) -> str:
        """The address of one of the row's actions, with place and way back."""
        query = place_query(self.place, self.back)
        if self.place == "list":
            query += f"&span={self.span}"
        return f"{reverse(f'remediation:measure_{name}', args=[self.measure.pk])}?{query}"


def desk_of(request: HttpRequest, pk: int) -> Desk:
    """The measure in the reader's scope (else 404), and where its row stands."""
    measures = Measure.objects.visible_to(person(request)).select_related(
        "item", "ledger", "reported_by__office"
    )
    measure = get_object_or_404(measures, pk=pk)
    place = request.GET.get("place", "")
    if request.headers.get("HX-Target", "").startswith("row-"):
        place = "list"
    back = request.GET.get("next", "")
    if not back and place == "list":
        # The page that the row stands on, as htmx tells it.
        back = urlsplit(request.headers.get("HX-Current-URL", ""))._replace(scheme="", netloc="").geturl()
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = reverse("remediation:item_detail", args=[measure.item_id])
    return Desk(request, measure, place if place in PLACES else "", back, span_of(request))


def span_of(request: HttpRequest) -> int:
    """The width of the list's table in columns, as the row's 更新 says it."""
    asked = whole_number(request.GET.get("span", ""))
    return asked if asked is not None and asked < 100 else 1


# -- the row ----------------------------------------------------------------------------------------------------------


@login_required
@require_safe
def measure_row_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The row closed again; without htmx the page that it stands on."""
    desk = desk_of(request, pk)
    if not desk.is_fragment:
        return redirect(anchored(desk.back, desk.measure.pk))
    if desk.place == "list":
        return HttpResponse("")
    return closed_row(desk, desk.measure, focus=True)


def closed_row(desk: Desk, measure: Measure, *, focus: bool) -> HttpResponse:
    """The row without a form; ``focus`` gives it to the row's 更新."""
    context = {"row": desk.row(measure), "has_focus": focus, "is_part": True}
    return render(desk.request, "remediation/work/row_answer.html", context)


def open_row(desk: Desk, *, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The row with ``template`` opened below it; alone, the same panel on a page of its own."""
    context = {
        "row": desk.row(),
        "panel": template,
        "is_part": True,
        "place": desk.place,
        "span": desk.span,
        "next": desk.back,
        "cancel_url": desk.url("row"),
        "is_fragment": desk.is_fragment,
        **context,
    }
    if desk.is_fragment:
        name = (
            "remediation/work/list_panel.html" if desk.place == "list" else "remediation/work/row_answer.html"
        )
        return render(desk.request, name, context, status=status)
    item = desk.measure.item
    context |= {
        "item": item,
        "page_title": context["panel_title"],
        "phone_title": str(measure_number(desk.measure)),
        "back_url": desk.back,
        "crumbs": [
            (f"{item_number(item)} {item}", reverse("remediation:item_detail", args=[item.pk])),
            (context["panel_title"], ""),
        ],
    }
    return render(desk.request, "remediation/work/panel_page.html", context, status=status)


def saved(
    desk: Desk, *, text: str, report: ProgressReport | None, measure: Measure, changed: list[int]
) -> HttpResponse:
    """The answer to a save: toast with 撤回, the row as it stands now, and which rows changed for whoever listens."""
    undo = ""
    if report is not None:
        query = urlencode({"next": anchored(desk.back, desk.measure.pk)})
        undo = f"{reverse('remediation:report_undo', args=[report.pk])}?{query}"
    toast(desk.request, text, undo_url=undo)
    if not desk.is_fragment:
        return redirect(anchored(desk.back, desk.measure.pk))
    if desk.place == "list":
        response = render(desk.request, "components/toasts_oob.html")
    else:
        response = closed_row(desk, measure, focus=True)
    response["HX-Trigger"] = json.dumps({"measures-changed": {"ids": changed, "opened": desk.measure.pk}})
    return response


def anchored(url: str, pk: int) -> str:
    """``url`` at the measure's row."""
    return f"{url.partition('#')[0]}#measure-{pk}"


# -- report and correction --------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def measure_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Report status, percent and progress, as a lead office; rows of one shared measure together."""
    desk = desk_of(request, pk)
    can_report_progress(desk.user, desk.measure, duties=desk.duties).require()
    others = shared_rows(desk.measure, actor=desk.user)
    form = ReportForm(posted(request), measure=desk.measure, others=others, opened=now().isoformat())

    def save(progress: Progress, version: int) -> list[RowAnswer]:
        together, versions = form.together()
        return report_together(
            [desk.measure, *together],
            progress=progress,
            actor=desk.user,
            expected_versions={**versions, desk.measure.pk: version},
            first_decides=True,
        )

    return progress_answer(desk, form, save, kind="report", title=_("Update progress"))


@login_required
@require_http_methods(["GET", "POST"])
def measure_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct status, percent and progress with a reason, as the supervision office or the ledger administrator."""
    desk = desk_of(request, pk)
    can_correct_measure(desk.user, desk.measure).require()
    form = CorrectionForm(posted(request), measure=desk.measure, opened=now().isoformat())

    def save(progress: Progress, version: int) -> list[RowAnswer]:
        report = correct_measure(
            desk.measure,
            progress=progress,
            reason=form.cleaned_data["reason"],
            actor=desk.user,
            expected_version=version,
        )
        return [
            RowAnswer(report.measure if report else desk.measure, changed=report is not None, report=report)
        ]

    return progress_answer(desk, form, save, kind="correct", title=_("Correct progress"))


def progress_answer(
    desk: Desk,
    form: ProgressForm,
    save: Callable[[Progress, int], list[RowAnswer]],
    *,
    kind: str,
    title: str,
) -> HttpResponse:
    """The form, its errors (422), the conflict (409), or what a save answers."""
    panel = {"form": form, "kind": kind, "action": desk.url(kind), "panel_title": title}
    if not form.is_bound:
        panel["last"] = last_report(desk.measure)
        return open_row(desk, template="remediation/work/progress_form.html", context=panel)
    if not form.is_valid():
        panel["last"] = last_report(desk.measure)
        return open_row(desk, template="remediation/work/progress_form.html", context=panel, status=422)
    picks = PicksForm(desk.request.POST)
    seen, mine = form.seen(), form.progress()
    try:
        if "pick" in desk.request.POST:
            mine = picks.picked(saved=seen, mine=mine)
            check_length(mine.text or "", max(form.limit, len(seen.text)))
    except ValidationError as error:
        context = conflict_context(form, current=desk.measure, seen=seen, mine=form.progress())
        context |= {"proposal": mine.text, "merged_error": " ".join(error.messages)}
        return open_row(
            desk, template="remediation/work/conflict.html", context={**panel, **context}, status=422
        )
    try:
        answers = patiently(save, mine, version=form.cleaned_data["version"], seen=seen)
    except StaleMeasure as stale:
        context = conflict_context(form, current=stale.measure, seen=seen, mine=mine)
        return open_row(
            desk, template="remediation/work/conflict.html", context={**panel, **context}, status=409
        )
    except ValidationError as error:
        form.add_error(None, error)
        return open_row(desk, template="remediation/work/progress_form.html", context=panel, status=422)
    return save_answer(desk, answers)


def patiently(
    save: Callable[[Progress, int], list[RowAnswer]], mine: Progress, *, version: int, seen: Standing
) -> list[RowAnswer]:
    """Save against ``version``; where another saver changed nothing that was seen here, against the newer one.

    A new deadline or another leader is no conflict with a report of progress.
    """
    for _attempt in range(RETRIES):
        try:
            return save(mine, version)
        except StaleMeasure as stale:
            if progress_of(stale.measure) != seen:
                raise
            version = stale.measure.version
    return save(mine, version)


def save_answer(desk: Desk, answers: list[RowAnswer]) -> HttpResponse:
    """What the toast says of one or several rows, with the way to take it back."""
    changed = [answer.measure.pk for answer in answers if answer.changed]
    refused = [answer for answer in answers[1:] if not answer.changed]
    # One undo takes back all that was saved in the same stroke, whichever of the reports it names.
    report = next((answer.report for answer in reversed(answers) if answer.report is not None), None)
    if not changed:
        text = _("Nothing was changed")
    elif len(changed) == 1:
        text = _("Saved")
    else:
        text = ngettext("Saved, %(count)d measure", "Saved, %(count)d measures", len(changed)) % {
            "count": len(changed)
        }
    if refused:
        told = pgettext("list", "; ").join(
            f"{measure_number(one.measure)}{pgettext('label', ': ')}{one.reason}" for one in refused
        )
        text = _("%(done)s. Not changed: %(told)s") % {"done": text, "told": told}
    return saved(desk, text=text, report=report, measure=answers[0].measure, changed=changed)


# -- note and undo ----------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def measure_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an assisting office's note."""
    desk = desk_of(request, pk)
    can_note_assistance(desk.user, desk.measure, duties=desk.duties).require()
    form = NoteForm(posted(request), measure=desk.measure)
    if form.is_bound and form.is_valid():
        report = note_assistance(desk.measure, text=form.cleaned_data["text"], actor=desk.user)
        return saved(desk, text=_("Saved"), report=report, measure=desk.measure, changed=[desk.measure.pk])
    notes = (
        ProgressReport.objects.filter(
            measure=desk.measure, kind=ReportKind.ASSISTING_NOTE, undone_by__isnull=True
        )
        .select_related("author", "office")
        .order_by("-pk")[:3]
    )
    context = {
        "form": form,
        "action": desk.url("note"),
        "panel_title": _("Note of the assisting office"),
        "notes": notes,
    }
    status = 422 if form.errors else 200
    return open_row(desk, template="remediation/work/note_form.html", context=context, status=status)


@login_required
@require_POST
def report_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back one's own last report, with what was saved in the same stroke."""
    reports = ProgressReport.objects.filter(item__in=Item.objects.visible_to(person(request)))
    report = get_object_or_404(
        reports.select_related("measure__item", "measure__ledger"), pk=pk, author=request.user
    )
    back = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = anchored(reverse("remediation:item_detail", args=[report.item_id]), report.measure_id)
    try:
        answers = undo_report(report, actor=person(request))
    except StaleVersion:
        answers = [
            RowAnswer(report.measure, changed=False, reason=_("Somebody has reported since, so it stays."))
        ]
    tell_undone(request, answers)
    return redirect(back)


def tell_undone(request: HttpRequest, answers: list[RowAnswer]) -> None:
    """Say what was taken back, and of the rest why not."""
    if any(answer.changed for answer in answers):
        toast(request, _("Taken back"))
    for answer in answers:
        if not answer.changed:
            messages.error(
                request, f"{measure_number(answer.measure)}{pgettext('label', ': ')}{answer.reason}"
            )
