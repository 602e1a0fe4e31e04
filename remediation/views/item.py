"""The page of one item: facts, all its measures, its history, its people; printed as 一事一单."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Office, User
from accounts.roles import Role
from core.lists.paging import KnownCountPaginator
from core.toasts import toast
from remediation.context import person, reader_of
from remediation.editing import StaleVersion, item_duties
from remediation.forms.reporting import ItemReportForm
from remediation.item_facts import (
    PEOPLE_SHOWN,
    deadline_of,
    leaders_of,
    light_of,
    offices_of,
    people_of,
    status_of,
)
from remediation.item_reporting import report_item
from remediation.links import measures_url
from remediation.measure_rows import measure_rows
from remediation.models import Item, ItemEvent, Measure
from remediation.numbering import item_number
from remediation.permissions import can_correct_item, can_edit_ledger, can_report_item, reporting_offices
from remediation.recording import Duties, duties_and_names_of
from remediation.states import CompletionStatus, WorkflowState
from remediation.timeline import FILTERS, entries, events_of
from remediation.views.reading import reads_ledgers

EVENTS_PER_PAGE = 20


@reads_ledgers
@require_safe
def item_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One item in the reader's scope; ``history=`` filters its timeline, ``page=`` turns it."""
    return item_page(request, pk)


def item_page(
    request: HttpRequest, pk: int, *, form: ItemReportForm | None = None, status: int = 200
) -> HttpResponse:
    """The page, with ``form`` where one was refused."""
    user = person(request)
    origins = Item.objects.visible_to(user).filter(pk=OuterRef("inferred_from"))
    items = (
        Item.objects.visible_to(user)
        .select_related("ledger", "section__parent__parent", "leader__holder", "inferred_from")
        .annotate(origin_is_visible=Exists(origins))
    )
    if not user.has_role(Role.LEDGER_ADMIN):
        # What an undone import left behind is for the ledger administrator alone.
        items = items.exclude(workflow_state=WorkflowState.VOIDED)
    item = get_object_or_404(items, pk=pk)
    context = facts_context(request, item, form=form)
    context |= history_context(request, item)
    return render(request, "remediation/items/detail.html", context, status=status)


@reads_ledgers
@require_POST
def item_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Report on an item that has no measures, on its own page."""
    user = person(request)
    item = get_object_or_404(Item.objects.visible_to(user).live().select_related("ledger"), pk=pk)
    duties = item_duties(item)
    form = ItemReportForm(
        request.POST, item=item, needs_reason=not can_report_item(user, item, duties=duties)
    )
    if not form.is_valid():
        return item_page(request, item.pk, form=form, status=422)
    try:
        changed = report_item(
            item,
            status=form.cleaned_data["status"],
            remark=form.cleaned_data["remark"],
            actor=user,
            duties=duties,
            expected_version=form.cleaned_data["version"],
        )
    except StaleVersion:
        form.add_error(
            None, _("Somebody saved this item after you opened it; see how it stands above and save again.")
        )
        now = Item.objects.get(pk=item.pk)
        form.data = {**form.data.dict(), "version": str(now.version)}  # type: ignore[attr-defined]
        return item_page(request, item.pk, form=form, status=409)
    except ValidationError as error:
        form.add_error(None, error)
        return item_page(request, item.pk, form=form, status=422)
    toast(request, _("Saved") if changed else _("Nothing was changed"))
    return redirect("remediation:item_detail", item.pk)


def own_status_form(user: User, item: Item, duties: Duties, form: ItemReportForm | None) -> dict[str, Any]:
    """The form on the page of an item without measures, for whom it concerns, or why it is closed to them now."""
    reports = can_report_item(user, item, duties=duties)
    if reporting_offices(user).intersection(duties.lead):
        decision, needs_reason = reports, False
    elif user.has_role(Role.SUPERVISION_OFFICE, Role.LEDGER_ADMIN):
        decision, needs_reason = can_correct_item(user, item), True
    else:
        return {"own_form": None, "own_refusal": ""}
    if not decision:
        return {"own_form": None, "own_refusal": decision.reason}
    return {"own_form": form or ItemReportForm(item=item, needs_reason=needs_reason), "own_refusal": ""}


def counts_as_words(item: Item, status: CompletionStatus) -> str:
    """Why an item without measures counts as something else than what was reported on it; else nothing."""
    if status == item.reported_status:
        return ""
    if item.declared_basically_completed:
        return _("It was declared “%(status)s” at review, and is counted so.") % {"status": status.label}
    return _("By this ledger's policy what is not completed is counted as “%(status)s”.") % {
        "status": status.label
    }


def facts_context(request: HttpRequest, item: Item, *, form: ItemReportForm | None = None) -> dict[str, Any]:
    """Facts, rows and people; a handful of queries whatever the number of measures."""
    user, rule = person(request), reader_of(request).rule
    live = Measure.objects.filter(item=item).exclude(workflow_state=WorkflowState.VOIDED)
    measures = list(live.select_related("item", "ledger", "leader__holder").order_by("number", "pk"))
    for measure in measures:
        measure.item, measure.ledger = item, item.ledger
    duties, names = duties_and_names_of(measure.pk for measure in measures)
    own = Duties() if measures else item_duties(item)
    offices = offices_of([duties.get(m.pk, Duties()) for m in measures] or [own])
    if not measures:
        names = dict(Office.objects.filter(pk__in=offices.every).values_list("pk", "name"))
    rows = measure_rows(
        user,
        measures,
        rule=rule,
        duties=duties,
        place="item",
        back=request.path,
        office_names=names,
    )
    counted = [measure for measure in measures if measure.is_counted]
    people = people_of(offices, names)
    number, status = item_number(item), status_of(item, measures)
    inferences: Any = (
        Item.objects.filter(inferred_from=item)
        .live()
        .annotate(is_visible=Exists(Item.objects.visible_to(user).filter(pk=OuterRef("pk"))))
        .order_by("order", "pk")
    )
    return {
        "item": item,
        "number": number,
        "page_title": item.problem,
        "phone_title": str(number),
        "back_url": measures_url(ledger=item.ledger_id),
        "crumbs": crumbs_of(item),
        "rows": rows,
        "done": sum(measure.status == CompletionStatus.COMPLETED for measure in counted),
        "counted": len(counted),
        "lit": light_of(item, measures, rule),
        "status": status,
        "deadline": deadline_of(item, measures),
        "lead": [names[pk] for pk in offices.lead],
        "assisting": [names[pk] for pk in offices.assisting],
        "leaders": leaders_of(item, measures),
        "inferences": [(one, item_number(one), one.is_visible) for one in inferences],
        "origin": origin_of(item),
        "people": people[:PEOPLE_SHOWN],
        "people_more": max(0, len(people) - PEOPLE_SHOWN),
        **({} if measures else own_status_form(user, item, own, form)),
        "own_counts_as": "" if measures else counts_as_words(item, status),
        "edit": can_edit_ledger(user, item.ledger) if user.has_role(Role.LEDGER_ADMIN) else None,
    }


def crumbs_of(item: Item) -> list[tuple[str, str]]:
    """台账清单 / 板块 / 重点问题."""
    crumbs = [(_("Ledger list"), measures_url(ledger=item.ledger_id))]
    chain = []
    section = item.section
    while section is not None:
        chain.append(section)
        section = section.parent
    crumbs += [
        (section.title, measures_url(ledger=item.ledger_id, section=section.pk))
        for section in reversed(chain)
    ]
    return crumbs


def origin_of(item: Any) -> dict[str, Any] | None:
    """The problem that this item was inferred from, with its address where the reader may open it."""
    origin = item.inferred_from
    if origin is None:
        return None
    return {
        "number": item_number(origin),
        "problem": origin.problem,
        "url": reverse("remediation:item_detail", args=[origin.pk]) if item.origin_is_visible else "",
    }


def history_page(events: QuerySet[ItemEvent], asked: str | None) -> Page[ItemEvent]:
    """The page asked for; a history that ends on its first page need not be counted."""
    if asked not in (None, "", "1"):
        return Paginator(events, EVENTS_PER_PAGE).get_page(asked)
    first = list(events[: EVENTS_PER_PAGE + 1])
    count = len(first) if len(first) <= EVENTS_PER_PAGE else events.count()
    return Page(first[:EVENTS_PER_PAGE], 1, KnownCountPaginator(events, EVENTS_PER_PAGE, count=count))


def history_context(request: HttpRequest, item: Item) -> dict[str, Any]:
    """One page of the timeline, and the filters above it."""
    kind = request.GET.get("history", "")
    if kind not in ("", "other", *FILTERS):
        raise Http404
    page = history_page(events_of(item, kind=kind), request.GET.get("page"))
    words = {
        "": pgettext("history filter", "All"),
        "progress": pgettext("history filter", "Progress"),
        "deadline": pgettext("history filter", "Deadline"),
        "other": pgettext("history filter", "Other"),
    }
    return {
        "page": page,
        "entries": entries(page.object_list),
        "history": kind,
        "filters": [
            (label, f"{request.path}{f'?history={name}' if name else ''}#history", name == kind)
            for name, label in words.items()
        ],
    }
