"""我处室的工作: the home of clerks and office heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.roles import OFFICE_ROLES
from core.notation import day
from remediation import work
from remediation.context import person, reader_of, remember_ledger
from remediation.counting.measures import LiveTotals, MeasureTotals
from remediation.item_rows import OwedItems, first_items
from remediation.kept_figures import KeptFigures
from remediation.lights import Light, LightRule
from remediation.links import items_url, measures_url
from remediation.measure_rows import MeasureRow, measure_rows
from remediation.models import Ledger, Measure
from remediation.numbering import measure_number
from remediation.recording import duties_of
from remediation.states import CompletionStatus, DutyRole
from remediation.timeline import Entry, entries


@dataclass(frozen=True)
class Group:
    """One light of the home: its rows, how many there are in all, and the list that holds them all."""

    light: Light
    title: str
    rows: list[MeasureRow]
    count: int
    url: str

    @property
    def more(self) -> int:
        """How many rows the list holds beyond those shown."""
        return self.count - len(self.rows)


@dataclass(frozen=True)
class Choice:
    """What the address of the home chose: lead or assisting, all open ledgers or one."""

    user: User
    role: DutyRole
    ledgers: list[Ledger]
    ledger: Ledger | None
    all_open: bool
    rule: LightRule

    @property
    def pks(self) -> list[int]:
        """The ids of the ledgers counted."""
        return [ledger.pk for ledger in self.ledgers]

    @property
    def by_pk(self) -> dict[int, Ledger]:
        """The ledgers counted, by id."""
        return {ledger.pk: ledger for ledger in self.ledgers}

    def list_url(self, **conditions: Any) -> str:
        """The list with the same rows, narrowed by ``conditions``."""
        return measures_url(**self._same_rows(), **conditions)

    def items_url(self, **conditions: Any) -> str:
        """The list of the problems that they belong to, narrowed by ``conditions``."""
        return items_url(**self._same_rows(), **conditions)

    def _same_rows(self) -> dict[str, Any]:
        ledgers = None if self.all_open and self.ledger is None else self.pks
        return {"ledger": ledgers, "office": self.user.office_id, "below": True, "role": self.role}

    def page_url(self, *, role: DutyRole | None = None, **more: str) -> str:
        """The home with this choice, or with another role."""
        query = {"role": (role or self.role).value, **more}
        if self.ledger is not None:
            query["ledger"] = str(self.ledger.pk)
        return reverse("remediation:work") + "?" + "&".join(f"{k}={v}" for k, v in sorted(query.items()))


def choice_of(request: HttpRequest, query: Any) -> Choice:
    """Read the choice from ``query`` (the page's own, or that of the page that a form came from); 404 when wrong."""
    user, reader = person(request), reader_of(request)
    role = query.get("role") or DutyRole.LEAD.value
    if role not in DutyRole.values:
        raise Http404
    open_ledgers = reader.open_ledgers
    named = query.get("ledger")
    chosen = None
    if named:
        chosen = next((ledger for ledger in reader.ledgers.values() if str(ledger.pk) == named), None)
        if chosen is None:
            raise Http404
    return Choice(
        user=user,
        role=DutyRole(role),
        ledgers=[chosen] if chosen else open_ledgers,
        ledger=chosen,
        all_open=len(open_ledgers) == len(reader.ledgers),
        rule=reader.rule,
    )


@login_required
@require_safe
def work_home(request: HttpRequest) -> HttpResponse:
    """What my office owes, worst first; ``part=figures`` is all that counts without the rows, after one was saved."""
    if not person(request).has_role(*OFFICE_ROLES):
        raise Http404
    choice = choice_of(request, request.GET)
    kept = reader_of(request).kept
    totals = work.totals_by_role(choice.user, ledgers=choice.pks, rule=choice.rule, kept=kept)
    if choice.ledger is None:
        lead = totals[DutyRole.LEAD]
        work.keep_waiting(choice.user, lead.red + lead.yellow)
    context = strip_context(choice, totals) | moving_context(choice, totals[choice.role], kept=kept)
    if request.GET.get("part") == "figures" and request.headers.get("HX-Request"):
        shown = [light for light in request.GET.get("groups", "").split(".") if light in work.GROUP_LIGHTS]
        context |= {
            "part_counts": [(light, totals[choice.role].light(light)) for light in shown],
            "refresh_url": choice.page_url(part="figures", groups=".".join(shown)),
        }
        return render(request, "remediation/work/refresh.html", context)
    context |= page_context(choice, totals, notes=context["notes"])
    response = render(request, "remediation/work/home.html", context)
    remember_ledger(request, response)
    return response


def strip_context(choice: Choice, totals: dict[str, LiveTotals]) -> dict[str, Any]:
    """The strip of figures, and the counts on the groups."""
    own = totals[choice.role]
    thresholds = {(ledger.yellow_from_workdays, ledger.blue_from_workdays) for ledger in choice.ledgers}
    yellow, blue = thresholds.pop() if len(thresholds) == 1 else (None, None)
    notes = {
        Light.RED: pgettext("strip", "overdue"),
        Light.YELLOW: within_workdays(yellow) or pgettext("strip", "due soon"),
        Light.BLUE: within_workdays(blue) or pgettext("strip", "coming up"),
        Light.GREEN: pgettext("strip", "on course"),
    }
    return {
        "choice": choice,
        "own": own,
        "totals": totals,
        "cells": [
            {
                "light": light,
                "value": own.light(light),
                "note": note,
                "url": choice.list_url(light=light.value),
            }
            for light, note in notes.items()
        ],
        "notes": notes,
        "rate_url": choice.list_url(),
        "is_lead": choice.role == DutyRole.LEAD,
    }


def within_workdays(days: int | None) -> str:
    """5个工作日内到期; empty where the ledgers differ."""
    if days is None:
        return ""
    return ngettext("due within %(days)d working day", "due within %(days)d working days", days) % {
        "days": days
    }


def moving_context(choice: Choice, own: LiveTotals, *, kept: KeptFigures) -> dict[str, Any]:
    """What follows a saved row beside the strip: the rest of the list, the comparison, the latest news."""
    comparison = (
        work.comparison(choice.user, ledgers=choice.ledgers, own=own, rule=choice.rule, kept=kept)
        if choice.role == DutyRole.LEAD
        else None
    )
    return {
        "rest": rest_of(choice, own),
        "comparison": comparison,
        "bars": [
            (_("My office"), comparison.own, "bar-6"),
            (_("Median of the offices"), comparison.median, "bar-6 bar-soft"),
            (_("Whole organ"), comparison.whole, "bar-6 bar-soft"),
        ]
        if comparison
        else [],
        "recent": recent_lines(choice),
    }


def page_context(choice: Choice, totals: dict[str, LiveTotals], *, notes: dict[Light, str]) -> dict[str, Any]:
    """Everything of the page that stays as it is while rows are saved."""
    own = totals[choice.role]
    groups = groups_of(choice, own, notes=notes)
    owed_items = first_items(choice.user, ledgers=choice.by_pk, role=choice.role, rule=choice.rule)
    is_lead = choice.role == DutyRole.LEAD
    other_role = DutyRole.ASSISTING if is_lead else DutyRole.LEAD
    other_count = totals[other_role].total
    following = next_row(choice) if not groups and own.green else None
    return {
        "page_title": _("My office's work"),
        "groups": groups,
        "owed_items": owed_items,
        "items_place": items_place(owed_items, groups),
        "items_url": choice.items_url(not_completed=True),
        # An office that owes problems alone is not told that nothing is there.
        "show_empty": not groups and not (owed_items.rows and not own.total),
        "refresh_url": choice.page_url(part="figures", groups=".".join(group.light for group in groups)),
        "next_row": following,
        "next_words": following and following.words,
        "next_url": following and following.url,
        "grey_url": choice.list_url(light="grey", not_completed=True),
        "done_words": all_done_words(own.total, is_lead=is_lead),
        "scope_words": scope_words(totals),
        "other_count": other_count,
        "other_url": choice.page_url(role=other_role),
        "other_label": see_others_words(other_count, is_lead=is_lead),
        "sides": [
            (DutyRole.LEAD.label, choice.page_url(role=DutyRole.LEAD), is_lead),
            (DutyRole.ASSISTING.label, choice.page_url(role=DutyRole.ASSISTING), not is_lead),
        ],
    }


def items_place(owed: OwedItems, groups: list[Group]) -> str:
    """Where the problems stand among the groups: with what is overdue when one of them is, else last."""
    if not owed.rows:
        return ""
    if not owed.is_late:
        return "last"
    return Light.RED.value if groups and groups[0].light == Light.RED else "first"


def groups_of(choice: Choice, own: MeasureTotals, *, notes: dict[Light, str]) -> list[Group]:
    """Red, yellow and blue with their first rows; lights that nothing has are left out."""
    if not any(own.light(light) for light in work.GROUP_LIGHTS):
        return []
    found = work.first_rows(choice.user, ledgers=choice.by_pk, role=choice.role, rule=choice.rule)
    duties = duties_of(measure.pk for rows in found.values() for measure in rows)
    titles = {**notes, Light.RED: _("Overdue, do first")}
    return [
        Group(
            light=light,
            title=titles[light],
            rows=measure_rows(
                choice.user, rows, rule=choice.rule, duties=duties, place="work", back=choice.page_url()
            ),
            count=own.light(light),
            url=choice.list_url(light=light.value),
        )
        for light, rows in found.items()
        if rows
    ]


def rest_of(choice: Choice, own: MeasureTotals) -> list[tuple[str, str]]:
    """What the groups do not show: words and list."""
    parts = [
        (own.green, ngettext("%(n)d green", "%(n)d green", own.green), choice.list_url(light="green")),
        (
            own.grey,
            ngettext("%(n)d without a light", "%(n)d without a light", own.grey),
            choice.list_url(light="grey", not_completed=True),
        ),
        (
            own.completed,
            ngettext("%(n)d completed", "%(n)d completed", own.completed),
            choice.list_url(status=CompletionStatus.COMPLETED.value),
        ),
    ]
    return [(words % {"n": count}, url) for count, words, url in parts if count]


def scope_words(totals: dict[str, LiveTotals]) -> str:
    """牵头35条，协办57条; nothing is 0 in words."""
    lead, assisting = totals[DutyRole.LEAD].total, totals[DutyRole.ASSISTING].total
    led = ngettext("leads %(n)d measure", "leads %(n)d measures", lead) if lead else _("leads nothing")
    assisted = (
        ngettext("assists with %(n)d", "assists with %(n)d", assisting)
        if assisting
        else _("assists with nothing")
    )
    return f"{led % {'n': lead}}{pgettext('list', ', ')}{assisted % {'n': assisting}}"


def all_done_words(count: int, *, is_lead: bool) -> str:
    """牵头的11条措施都已完成."""
    words = (
        ngettext("The %(n)d measure led is completed", "All %(n)d measures led are completed", count)
        if is_lead
        else ngettext(
            "The %(n)d measure assisted is completed", "All %(n)d measures assisted are completed", count
        )
    )
    return words % {"n": count}


def see_others_words(count: int, *, is_lead: bool) -> str:
    """看协办10条."""
    words = (
        ngettext("See the %(n)d assisted", "See the %(n)d assisted", count)
        if is_lead
        else ngettext("See the %(n)d led", "See the %(n)d led", count)
    )
    return words % {"n": count}


def recent_lines(choice: Choice) -> list[Entry]:
    """What happened lately, each line under the number of its measure."""
    lines = entries(work.recent_events(choice.user, ledgers=choice.pks, today=choice.rule.today))
    for line in lines:
        if line.event is not None and line.event.measure is not None:
            line.number = measure_number(line.event.measure)
    return lines


@dataclass(frozen=True)
class Following:
    """What comes next where nothing is due."""

    words: str
    url: str


def next_row(choice: Choice) -> Following | None:
    """The measure that is due next: one query."""
    row: Measure | None = (
        work.owed(choice.user, ledgers=choice.pks, role=choice.role)
        .filter(choice.rule.condition(Light.GREEN))
        .select_related("item")
        .order_by("watch_date", "order", "pk")
        .first()
    )
    if row is None or row.watch_date is None:
        return None
    words = _("Next: %(number)s, due %(day)s, %(reason)s") % {
        "number": measure_number(row),
        "day": day(row.watch_date),
        "reason": choice.rule.reason(is_open=row.is_open, watch_date=row.watch_date),
    }
    return Following(words, f"{reverse('remediation:item_detail', args=[row.item_id])}#measure-{row.pk}")
