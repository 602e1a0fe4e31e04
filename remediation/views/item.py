"""The page of one item: facts, all its measures, its history, its people; printed as 一事一单."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.models import Office
from accounts.roles import Role
from remediation.context import person, reader_of
from remediation.editing import item_duties
from remediation.item_facts import (
    PEOPLE_SHOWN,
    deadline_of,
    leaders_of,
    light_of,
    offices_of,
    people_of,
    status_of,
)
from remediation.links import measures_url
from remediation.measure_rows import measure_rows
from remediation.models import Item, Measure
from remediation.numbering import item_number
from remediation.permissions import can_edit_ledger
from remediation.recording import Duties, duties_of
from remediation.states import CompletionStatus, WorkflowState
from remediation.timeline import FILTERS, entries, events_of
from remediation.views.reading import reads_ledgers

EVENTS_PER_PAGE = 20


@reads_ledgers
@require_safe
def item_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One item in the reader's scope; ``history=`` filters its timeline, ``page=`` turns it."""
    user = person(request)
    items = Item.objects.visible_to(user).select_related(
        "ledger", "section__parent__parent", "leader__holder", "inferred_from"
    )
    if not user.has_role(Role.LEDGER_ADMIN):
        # What an undone import left behind is for the ledger administrator alone.
        items = items.exclude(workflow_state=WorkflowState.VOIDED)
    item = get_object_or_404(items, pk=pk)
    context = facts_context(request, item)
    context |= history_context(request, item)
    return render(request, "remediation/items/detail.html", context)


def facts_context(request: HttpRequest, item: Item) -> dict[str, Any]:
    """Facts, rows and people; a handful of queries whatever the number of measures."""
    user, rule = person(request), reader_of(request).rule
    live = Measure.objects.filter(item=item).exclude(workflow_state=WorkflowState.VOIDED)
    measures = list(live.select_related("item", "ledger", "leader__holder").order_by("number", "pk"))
    for measure in measures:
        measure.item, measure.ledger = item, item.ledger
    duties = duties_of(measure.pk for measure in measures) if measures else {}
    offices = offices_of([duties.get(m.pk, Duties()) for m in measures] if measures else [item_duties(item)])
    names = {office.pk: office for office in Office.objects.filter(pk__in=offices.every)}
    rows = measure_rows(
        user,
        measures,
        rule=rule,
        duties=duties,
        place="item",
        back=request.path,
        office_names={pk: office.name for pk, office in names.items()},
    )
    counted = [measure for measure in measures if measure.is_counted]
    people = people_of(offices, names)
    number = item_number(item)
    inferences = Item.objects.filter(inferred_from=item).live().order_by("order", "pk")
    visible_inferences = (
        set(inferences.visible_to(user).values_list("pk", flat=True)) if inferences else set()
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
        "status": status_of(item, measures),
        "deadline": deadline_of(item, measures),
        "lead": [names[pk].name for pk in offices.lead if pk in names],
        "assisting": [names[pk].name for pk in offices.assisting if pk in names],
        "leaders": leaders_of(item, measures),
        "inferences": [(one, item_number(one), one.pk in visible_inferences) for one in inferences],
        "origin": origin_of(item, user),
        "people": people[:PEOPLE_SHOWN],
        "people_more": max(0, len(people) - PEOPLE_SHOWN),
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


def origin_of(item: Item, user: Any) -> dict[str, Any] | None:
    """The problem that this item was inferred from, with its address where the reader may open it."""
    origin = item.inferred_from
    if origin is None:
        return None
    is_visible = Item.objects.visible_to(user).filter(pk=origin.pk).exists()
    return {
        "number": item_number(origin),
        "problem": origin.problem,
        "url": reverse("remediation:item_detail", args=[origin.pk]) if is_visible else "",
    }


def history_context(request: HttpRequest, item: Item) -> dict[str, Any]:
    """One page of the timeline, and the filters above it."""
    kind = request.GET.get("history", "")
    if kind not in ("", "other", *FILTERS):
        raise Http404
    page = Paginator(events_of(item, kind=kind), EVENTS_PER_PAGE).get_page(request.GET.get("page"))
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
