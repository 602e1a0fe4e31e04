"""The dashboard (整改看板): for everybody with a business role, each in their own scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.roles import Role
from core import notation
from core.text import whole_number
from remediation.context import chosen_ledger, ledgers_of, reader_of, remember_ledger, switcher
from remediation.models import Ledger
from remediation.states import DutyRole
from remediation.views.reading import reads_ledgers
from supervision.dashboard import Dashboard, live_dashboard, past_dashboard
from supervision.office_rates import office_rows
from supervision.population import Population
from supervision.trend import Point, month_end_before

ALL_LEDGERS = "all"
TABLE_VIEW = "table"


@dataclass(frozen=True)
class Question:
    """What the address asks for; ``problems`` names what it asks that cannot be."""

    ledger: Ledger | None
    office_id: int | None
    role: str
    day: date | None
    compare: date
    table: bool
    problems: list[str]


def day_in(request: HttpRequest, name: str, problems: list[str], *, label: str) -> date | None:
    """A date of the address; one that is none is told and not guessed."""
    text = request.GET.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.append(_("%(label)s: %(value)s is no date.") % {"label": label, "value": text[:40]})
        return None


def question_of(request: HttpRequest, *, today: date) -> Question:
    """Read the address strictly."""
    problems: list[str] = []
    day = day_in(request, "date", problems, label=_("As of"))
    if day is not None and day > today:
        problems.append(_("As of: %(day)s has not come yet.") % {"day": notation.day(day)})
        day = None
    if day == today:
        day = None
    compare = day_in(request, "compare", problems, label=_("Compared with"))
    if compare is not None and compare >= (day or today):
        problems.append(_("Compared with: it has to lie before the day that is shown."))
        compare = None
    role = request.GET.get("role", DutyRole.LEAD.value)
    if role not in DutyRole.values:
        problems.append(_("Lead or assisting: %(value)s is neither.") % {"value": role[:40]})
        role = DutyRole.LEAD.value
    return Question(
        ledger=ledger_in(request, problems),
        office_id=number_in(request, "office", problems, label=_("Office")),
        role=role,
        day=day,
        compare=compare or month_end_before(day or today),
        table=request.GET.get("view") == TABLE_VIEW,
        problems=problems,
    )


def number_in(request: HttpRequest, name: str, problems: list[str], *, label: str) -> int | None:
    """A key in the address."""
    text = request.GET.get(name, "")
    if not text:
        return None
    number = whole_number(text)
    if number is not None:
        return number
    problems.append(_("%(label)s: it does not exist, or you may not see it.") % {"label": label})
    return None


def ledger_in(request: HttpRequest, problems: list[str]) -> Ledger | None:
    """The ledger of the address, else the one last chosen, else the newest open one; ``all`` is none of them."""
    if request.GET.get("ledger") == ALL_LEDGERS:
        return None
    chosen = chosen_ledger(request)
    if chosen is None and request.GET.get("ledger"):
        problems.append(_("%(label)s: it does not exist, or you may not see it.") % {"label": _("Ledger")})
    if chosen is not None:
        return chosen
    ledgers = list(ledgers_of(request).values())
    open_ones = [ledger for ledger in ledgers if not ledger.is_archived]
    return next(iter(open_ones or ledgers), None)


@require_safe
@reads_ledgers
def dashboard(request: HttpRequest) -> HttpResponse:
    """Everything on one screen: red first."""
    reader = reader_of(request)
    if not reader.ledgers:
        return render(request, "supervision/dashboard_empty.html", empty_context(request))
    question = question_of(request, today=reader.today)
    population = Population(reader, question.ledger, question.office_id, question.role)
    if question.office_id is not None and not population.is_one_office:
        question.problems.append(
            _("%(label)s: it does not exist, or you may not see it.") % {"label": _("Office")}
        )
        population = Population(reader, question.ledger, None, question.role)
    if question.day is None:
        found = live_dashboard(population, compare=question.compare)
    else:
        found = past_dashboard(population, day=question.day, compare=question.compare)
    template = "supervision/dashboard_tables.html" if question.table else "supervision/dashboard.html"
    context = page_context(request, question, found)
    response = render(request, template, context, status=422 if question.problems else 200)
    remember_ledger(request, response)
    return response


def empty_context(request: HttpRequest) -> dict[str, Any]:
    """No ledger to see: what the reader can do about it."""
    user = reader_of(request).user
    return {
        "page_title": _("Dashboard"),
        "import_url": reverse("remediation:desk") if user.has_role(Role.LEDGER_ADMIN) else "",
    }


def page_context(request: HttpRequest, question: Question, found: Dashboard) -> dict[str, Any]:
    """What the templates draw."""
    population, today = found.population, found.population.reader.today
    shown_day = found.as_of or today
    return {
        "page_title": _("Dashboard"),
        "board": found,
        "question": question,
        "population": population,
        "shown_day": shown_day,
        "office_choices": office_choices(request, found),
        "compare_choices": compare_choices(request, question, shown_day),
        "role_choices": [
            (_("Lead"), address(request, role=None), population.role == DutyRole.LEAD),
            (
                _("Assisting"),
                address(request, role=DutyRole.ASSISTING.value),
                population.role == DutyRole.ASSISTING,
            ),
        ],
        "is_lead": population.role == DutyRole.LEAD,
        "cards_url": address(request, view=None),
        "table_url": address(request, view=TABLE_VIEW),
        "live_url": address(request, date=None),
        "chart": chart_of(found.trend),
        "trend_rows": found.trend[::-1],
        "trend_says": trend_sentence(found.trend),
        "trend_from": first_trend_month(found, today),
        "ledger_switcher": ledger_choices(request, population),
        "two_leads_note": population.role == DutyRole.LEAD,
    }


def address(request: HttpRequest, **changes: str | None) -> str:
    """This page with some of its parameters changed; ``None`` removes one."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    encoded = query.urlencode()
    return f"{request.path}?{encoded}" if encoded else request.path


def office_choices(request: HttpRequest, found: Dashboard) -> list[tuple[str, str, bool]]:
    """The offices by which this person may narrow the page: those whose rows they may open."""
    population = found.population
    rows = found.offices if found.live is not None else office_rows(population)
    readable = [row for row in rows if population.user.sees_everything or row.is_own]
    return [
        (row.name, address(request, office=str(row.office_id)), row.office_id == population.office_id)
        for row in sorted(readable, key=lambda row: (row.order, row.office_id))
        if row.main.total or row.office_id == population.office_id
    ]


def compare_choices(
    request: HttpRequest, question: Question, shown_day: date
) -> list[tuple[str, date, str, bool]]:
    """The usual days of comparison."""
    month = month_end_before(shown_day)
    quarter = shown_day.replace(month=(shown_day.month - 1) // 3 * 3 + 1, day=1) - timedelta(days=1)
    days = [
        (_("Last month's end"), month),
        (_("A week before"), shown_day - timedelta(days=7)),
        (_("Last quarter's end"), quarter),
    ]
    return [
        (label, day, address(request, compare=day.isoformat()), day == question.compare)
        for label, day in days
    ]


def ledger_choices(request: HttpRequest, population: Population) -> dict[str, Any] | None:
    """The switcher with the ledger that this page really shows, also when the address names none."""
    choices = switcher(request)
    if choices is None:
        return None
    kept = dict(choices)
    title = population.ledger.title if population.ledger else None
    kept["current"] = title
    kept["choices"] = [{**choice, "is_current": choice["label"] == title} for choice in choices["choices"]]
    if len(kept["choices"]) > 1:
        kept["all_url"] = address(request, ledger=ALL_LEDGERS, office=None)
    return kept


# -- trend ------------------------------------------------------------------------------------------------------------


def chart_of(points: list[Point]) -> dict[str, Any] | None:
    """What the chart draws: the same figures as the table below it; nothing where one point makes no line."""
    if len(points) < 2:
        return None
    return {
        "days": [notation.day(point.day) for point in points],
        "labels": [point_label(point, points) for point in points],
        "actual": [rounded(point.totals.completion_rate) for point in points],
        "plan": [rounded(point.totals.schedule_rate) for point in points],
        "words": {"actual": _("Actual"), "plan": _("Schedule")},
    }


def point_label(point: Point, points: list[Point]) -> str:
    """4月 where the points are months apart, else 11-23."""
    gaps = [(later.day - earlier.day).days for earlier, later in pairwise(points)]
    if gaps and max(gaps) > 14:
        return (
            date_format(point.day, _("n/Y"))
            if point.day.month == 1
            else _("M%(month)d") % {"month": point.day.month}
        )
    return f"{point.day:%m-%d}"


def rounded(value: float | None) -> float | None:
    """One decimal, as everywhere."""
    return None if value is None else round(value, 1)


def trend_sentence(points: list[Point]) -> str:
    """What the trend says, in words."""
    known = [point for point in points if point.totals.completion_rate is not None]
    if len(known) < 2:
        return ""
    first, last = known[0], known[-1]
    return _("The completion rate went from %(from)s on %(first)s to %(to)s on %(last)s.") % {
        "from": notation.percent(first.totals.completion_rate or 0),
        "first": notation.day(first.day),
        "to": notation.percent(last.totals.completion_rate or 0),
        "last": notation.day(last.day),
    }


def first_trend_month(found: Dashboard, today: date) -> date | None:
    """From when there will be a trend, where there is none yet."""
    if len(found.trend) > 1:
        return None
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
