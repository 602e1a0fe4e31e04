"""The dashboard's figures, put together: what is red, how far it is, who is behind, and against an earlier day.

Every live figure is counted by ``remediation.counting`` over a ``Population``, and carries the address of the list
that holds the same rows. Figures of past days come from ``supervision.trend`` and carry none (product text 9.4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import BooleanField, Case, CharField, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext

from remediation import conditions
from remediation.counting import (
    MeasureTotals,
    StatusTotals,
    figures,
    with_completion,
)
from remediation.lights import WORST_FIRST, Light
from remediation.models import Measure, MeasureOffice, RatesVisibility, Section, StatedTotal
from remediation.numbering import Number, measure_number
from remediation.states import CompletionStatus, DutyRole, ItemKind, SectionKind
from supervision.population import Population
from supervision.trend import Past, PastOffice, Point, offices_on, past_of

WORST_ROWS = 6
DUE_ROWS = 6
DUE_WITHIN_WORKDAYS = 10
NEWLY_RED_DAYS = 7
MOST_BEHIND = 3


# -- live figures -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Live:
    """What is counted over the measures of a population, in one query."""

    totals: MeasureTotals
    newly_red: int
    due_soon: int
    behind: int  # first deadline passed, and not completed
    distinct: int  # with the rows of one shared measure counted once


def live_figures(population: Population) -> Live:
    """Count the measures of ``population``."""
    rule = population.reader.rule
    counted = Q(is_counted=True)
    row = (
        population.measures()
        .order_by()
        .aggregate(
            **figures(rule),
            newly_red=Count("pk", filter=counted & conditions.newly_red(rule.today, days=NEWLY_RED_DAYS)),
            due_soon=Count(
                "pk",
                filter=counted
                & conditions.due_within(rule.today, rule.calendar, workdays=DUE_WITHIN_WORKDAYS),
            ),
            not_done_in_time=Count(
                "pk",
                filter=counted & conditions.first_due_passed(rule.today) & conditions.not_completed(),
            ),
            alone=Count("pk", filter=counted & Q(shared_key__isnull=True)),
            shared=Count("shared_key", distinct=True),
        )
    )
    newly_red, due_soon, behind = row.pop("newly_red"), row.pop("due_soon"), row.pop("not_done_in_time")
    distinct = row.pop("alone") + row.pop("shared")
    return Live(MeasureTotals(**row), newly_red, due_soon, behind, distinct)


# -- worst and next ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One measure as the dashboard names it."""

    measure: Measure
    number: Number
    office: str
    light: Light
    reason: str
    is_newly_red: bool


def worst_and_next(population: Population) -> tuple[list[Row], list[Row]]:
    """The measures that are overdue longest, and those due next, in one query."""
    rule = population.reader.rule
    open_rows = population.measures().order_by("watch_date", "order", "pk")
    worst = open_rows.filter(conditions_red(population))[:WORST_ROWS].values("pk")
    coming = open_rows.filter(conditions.due_within(rule.today, rule.calendar, workdays=DUE_WITHIN_WORKDAYS))[
        :DUE_ROWS
    ].values("pk")
    main_lead = MeasureOffice.objects.filter(measure=OuterRef("pk"), role=DutyRole.LEAD).order_by("rank")
    rows = (
        Measure.objects.filter(Q(pk__in=Subquery(worst)) | Q(pk__in=Subquery(coming)))
        .select_related("item")
        .defer("progress", "note", "item__cause", "item__goal")
        .annotate(main_lead=Subquery(main_lead.values("office__name")[:1]))
        .order_by("watch_date", "order", "pk")
    )
    found = [
        Row(
            measure,
            measure_number(measure),
            measure.main_lead or "",
            rule.light_of(
                is_open=measure.is_open, watch_date=measure.watch_date, ledger_id=measure.ledger_id
            ),
            rule.reason(is_open=measure.is_open, watch_date=measure.watch_date),
            measure.watch_date is not None
            and (rule.today - measure.watch_date).days in range(1, NEWLY_RED_DAYS + 1),
        )
        for measure in rows
    ]
    return (
        [row for row in found if row.light == Light.RED],
        [row for row in found if row.light != Light.RED],
    )


def conditions_red(population: Population) -> Q:
    """Red today."""
    return population.reader.rule.condition(Light.RED)


# -- items and key problems -------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One line of the completion card: how many of something stand at each status, and where they are listed."""

    key: str
    label: str
    totals: StatusTotals
    url: str = ""
    completed_url: str = ""
    basic_url: str = ""
    stated: StatedTotal | None = None

    @property
    def difference(self) -> bool:
        """Whether the document states something else than what is counted."""
        if self.stated is None:
            return False
        return (self.stated.total, self.stated.completed) != (self.totals.total, self.totals.completed)


ITEM_LINES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("specific_problems", {"kind": ItemKind.SPECIFIC_PROBLEM.value}),
    ("inference_items", {"kind": ItemKind.INFERENCE_ITEM.value}),
    ("reform_items", {"reform": True}),
    ("opinions", {"kind": ItemKind.OPINION.value}),
    ("projects", {"kind": ItemKind.PROJECT.value}),
)
KINDS = {
    ItemKind.SPECIFIC_PROBLEM.value: "specific_problems",
    ItemKind.INFERENCE_ITEM.value: "inference_items",
    ItemKind.OPINION.value: "opinions",
    ItemKind.PROJECT.value: "projects",
}
SECTION_MARK = "section"


def subject_totals(population: Population) -> dict[str, StatusTotals]:
    """Subject -> figures of items, and of the key problems where whole ledgers are counted; one query.

    The sections come along as rows of their own (their key, ``SECTION_MARK``, whether they are a key problem, the
    key of the section above): a key problem below which nothing stands is counted, too.
    """
    rows = (
        with_completion(population.items())
        .order_by()
        .values_list("section_id", "kind", "is_reform_item", "completion_status")
        .annotate(n=Count("pk"))
    )
    if population.is_whole:
        rows = rows.union(section_rows(population), all=True)
    found = {subject: StatusTotals() for subject, _conditions in ITEM_LINES}
    by_section: dict[int | None, StatusTotals] = {}
    above: dict[int, int | None] = {}
    key_problems: list[int] = []
    for section_id, kind, flag, text, count in rows:
        if kind == SECTION_MARK:
            above[section_id] = int(text) if text else None
            if flag:
                key_problems.append(section_id)
            continue
        if kind in KINDS:
            found[KINDS[kind]].add(text, count)
        if flag:
            found["reform_items"].add(text, count)
        by_section.setdefault(section_id, StatusTotals()).add(text, count)
    if key_problems:
        found["key_problems"] = key_problem_totals(key_problems, above, by_section)
    return found


def section_rows(population: Population) -> Any:
    """The sections in the shape of the item rows."""
    return (
        Section.objects.filter(ledger__in=population.ledger_ids)
        .order_by()
        .values_list(
            "pk",
            Value(SECTION_MARK, output_field=CharField()),
            Case(
                When(kind=SectionKind.KEY_PROBLEM.value, then=Value(True)),
                default=Value(False),
                output_field=BooleanField(),
            ),
            Cast(F("parent_id"), output_field=CharField()),
            Value(0),
        )
    )


def key_problem_totals(
    key_problems: Iterable[int],
    above: dict[int, int | None],
    by_section: dict[int | None, StatusTotals],
) -> StatusTotals:
    """Key problems by the status that follows from everything below them."""
    rolled = {section: StatusTotals() for section in above}
    for section, totals in by_section.items():
        seen: set[int] = set()
        while section is not None and section in rolled and section not in seen:
            rolled[section].merge(totals)
            seen.add(section)
            section = above[section]
    found = StatusTotals()
    for key_problem in key_problems:
        found.add(rolled[key_problem].status())
    return found


def lines_of(population: Population, live: Live) -> list[Line]:
    """The lines of the completion card: what there is some of, and what the document states."""
    totals = subject_totals(population)
    stated = stated_of(population)
    labels = subject_labels()
    found = []
    if "key_problems" in totals:
        found.append(Line("key_problems", labels["key_problems"], totals["key_problems"]))
    for key, narrowed in ITEM_LINES:
        found.append(
            Line(
                key,
                labels[key],
                totals[key],
                population.items_url(**narrowed),
                population.items_url(**narrowed, status=CompletionStatus.COMPLETED.value),
                population.items_url(**narrowed, status=CompletionStatus.BASICALLY_COMPLETED.value),
            )
        )
    found = [line for line in found if line.totals.total or line.key in stated]
    figures_ = live.totals
    found.append(
        Line(
            "measures",
            labels["measures"],
            StatusTotals(
                total=figures_.total,
                completed=figures_.completed,
                in_progress=figures_.in_progress,
                not_started=figures_.not_started,
            ),
            population.measures_url(),
            population.measures_url(status=CompletionStatus.COMPLETED.value),
        )
    )
    for line in found:
        line.stated = stated.get(line.key)
    return found


def subject_labels() -> dict[str, str]:
    """What the lines are called."""
    return {
        "key_problems": _t("Key problems"),
        "specific_problems": _t("Specific problems"),
        "inference_items": _t("Inference items"),
        "reform_items": pgettext("short", "Reform items"),
        "opinions": _t("Opinions"),
        "projects": _t("Projects"),
        "measures": pgettext("short", "Measures"),
    }


def stated_of(population: Population) -> dict[str, StatedTotal]:
    """公布数 by subject: only beside the figures of that whole ledger."""
    if population.ledger is None or not population.is_whole:
        return {}
    return {total.subject: total for total in StatedTotal.objects.filter(ledger=population.ledger)}


# -- offices ----------------------------------------------------------------------------------------------------------


OFFICE_LISTS = (
    "total",
    "completed",
    "not_completed",
    *(light.value for light in Light),
    "suspended",
    "long_term",
    "behind",
    "total_other",
    "completed_other",
)


@dataclass
class OfficeRow:
    """One office in the ranking: what it leads and what it assists, each counted by itself."""

    office_id: int
    name: str
    order: int
    lead: MeasureTotals = field(default_factory=MeasureTotals)
    assisting: MeasureTotals = field(default_factory=MeasureTotals)
    role: str = DutyRole.LEAD.value
    # Empty where the reader may read the rate and not the rows.
    urls: dict[str, str] = field(default_factory=lambda: dict.fromkeys(OFFICE_LISTS, ""))
    is_own: bool = False

    @property
    def has_lists(self) -> bool:
        """Whether the reader may open the rows."""
        return bool(self.urls["total"])

    @property
    def main(self) -> MeasureTotals:
        """The figures of the role that the table ranks."""
        return self.lead if self.role == DutyRole.LEAD else self.assisting

    @property
    def other(self) -> MeasureTotals:
        """The figures of the other role."""
        return self.assisting if self.role == DutyRole.LEAD else self.lead


def ranked(rows: Iterable[OfficeRow]) -> list[OfficeRow]:
    """The lowest rate first; of equal ones the one with more red, then with more measures."""
    return sorted(
        (row for row in rows if row.main.total),
        key=lambda row: (
            row.main.completion_rate or 0,
            -row.main.red,
            -row.main.total,
            row.order,
            row.office_id,
        ),
    )


def office_rows(population: Population) -> list[OfficeRow]:
    """The offices whose rates this person may read (product text 9.5), each with its figures; one query."""
    user, rule = population.user, population.reader.rule
    duties = MeasureOffice.objects.filter(measure__ledger__in=population.ledger_ids, measure__is_counted=True)
    if not user.sees_everything:
        open_to_all = [
            ledger.pk for ledger in population.ledgers if ledger.rates_visibility == RatesVisibility.EVERYBODY
        ]
        duties = duties.filter(Q(measure__ledger__in=open_to_all) | Q(office__in=user.scope_office_ids))
    found: dict[int, OfficeRow] = {}
    for row in (
        duties.order_by()
        .values("office_id", "office__name", "office__order", "role")
        .annotate(**figures(rule, "measure__"))
    ):
        office_id, role = row.pop("office_id"), row.pop("role")
        name, order = row.pop("office__name"), row.pop("office__order")
        office = found.setdefault(office_id, OfficeRow(office_id, name, order))
        setattr(office, role, MeasureTotals(**row))
    for office in found.values():
        office.role = population.role
        office.is_own = not user.sees_everything and office.office_id in user.scope_office_ids
        if user.sees_everything or office.is_own:
            office.urls = office_urls(population, office.office_id)
    return list(found.values())


def office_urls(population: Population, office_id: int) -> dict[str, str]:
    """The lists behind one office's figures; names end in ``_other`` for the role that the table does not rank."""
    role = population.role
    other = DutyRole.ASSISTING.value if role == DutyRole.LEAD else DutyRole.LEAD.value
    completed = {"status": CompletionStatus.COMPLETED.value}
    return {
        "total": population.office_url(office_id, role),
        "completed": population.office_url(office_id, role, **completed),
        "not_completed": population.office_url(office_id, role, not_completed=True),
        **{light.value: population.office_url(office_id, role, light=light.value) for light in Light},
        "grey": population.office_url(office_id, role, light=Light.GREY.value, not_completed=True),
        "suspended": population.office_url(office_id, role, state="suspended"),
        "long_term": population.office_url(office_id, role, long_term=True),
        "behind": population.office_url(office_id, role, first_due_passed=True, not_completed=True),
        "total_other": population.office_url(office_id, other),
        "completed_other": population.office_url(office_id, other, **completed),
    }


# -- the whole page ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LightFigure:
    """One light of what is not completed, against the day of comparison."""

    light: Light
    count: int
    change: int | None
    url: str


@dataclass
class Dashboard:
    """Everything the page shows. ``as_of`` is ``None`` for live figures, else the past day that is shown."""

    population: Population
    as_of: date | None
    totals: MeasureTotals | None
    before: Point | None
    past: Past
    trend: list[Point]
    live: Live | None = None
    lines: list[Line] = field(default_factory=list)
    worst: list[Row] = field(default_factory=list)
    coming: list[Row] = field(default_factory=list)
    offices: list[OfficeRow] = field(default_factory=list)
    computed: Point | None = None

    @property
    def ranking(self) -> list[OfficeRow]:
        """The offices, worst first."""
        return ranked(self.offices)

    @property
    def behind_offices(self) -> list[OfficeRow]:
        """The offices that are behind, the furthest first."""
        late = [row for row in self.offices if (row.main.behind or 0) > 0]
        return sorted(late, key=lambda row: (-(row.main.behind or 0), row.order))[:MOST_BEHIND]

    @property
    def rate_change(self) -> float | None:
        """The completion rate against the day of comparison, in percentage points."""
        if self.totals is None or self.before is None:
            return None
        now, then = self.totals.completion_rate, self.before.totals.completion_rate
        return None if now is None or then is None else round(now - then, 1)

    @property
    def lights(self) -> list[LightFigure]:
        """The five lights of what is not completed."""
        if self.totals is None:
            return []
        return [
            LightFigure(light, self.totals.light(light), self.change_of(light), self.light_url(light))
            for light in WORST_FIRST
        ]

    def change_of(self, light: Light) -> int | None:
        """One light against the day of comparison."""
        if self.before is None or self.totals is None:
            return None
        return self.totals.light(light) - self.before.totals.light(light)

    def light_url(self, light: Light) -> str:
        """The list of one light; figures of a past day have none."""
        if self.live is None:
            return ""
        if light == Light.GREY:
            return self.population.measures_url(light=light.value, not_completed=True)
        return self.population.measures_url(light=light.value)

    @property
    def urls(self) -> dict[str, str]:
        """The lists behind the other live figures."""
        if self.live is None:
            return {}
        url = self.population.measures_url
        return {
            "total": url(),
            "completed": url(status=CompletionStatus.COMPLETED.value),
            "not_completed": url(not_completed=True),
            "newly_red": url(red_within=NEWLY_RED_DAYS),
            "due_soon": url(due_within=DUE_WITHIN_WORKDAYS),
            "first_due_passed": url(first_due_passed=True),
            "dated": url(dated=True),
            "behind": url(first_due_passed=True, not_completed=True),
        }


def live_dashboard(population: Population, *, compare: date) -> Dashboard:
    """The dashboard as it is now, against the day ``compare``."""
    live = live_figures(population)
    past = past_of(
        population, wanted=[compare], until=population.reader.today, current_total=live.totals.total
    )
    worst, coming = worst_and_next(population)
    return Dashboard(
        population,
        None,
        live.totals,
        past.on(compare),
        past,
        [*past.series(until=population.reader.today), Point(population.reader.today, live.totals)],
        live=live,
        lines=lines_of(population, live),
        worst=worst,
        coming=coming,
        offices=office_rows(population),
    )


def past_dashboard(population: Population, *, day: date, compare: date) -> Dashboard:
    """The dashboard at the end of a past day: figures without lists; none before the first record."""
    live = live_figures(population)
    past = past_of(population, wanted=[day, compare], until=day, current_total=live.totals.total)
    shown = past.on(day)
    offices: list[OfficeRow] = []
    if shown is not None:
        offices = past_office_rows(population, shown.day)
    return Dashboard(
        population,
        shown.day if shown else day,
        shown.totals if shown else None,
        past.on(compare),
        past,
        [*past.series(until=day), shown] if shown else [],
        offices=offices,
        computed=shown,
    )


def past_office_rows(population: Population, day: date) -> list[OfficeRow]:
    """The ranking of a past day, of the offices whose rates this person may read."""
    user = population.user
    open_to_all = all(ledger.rates_visibility == RatesVisibility.EVERYBODY for ledger in population.ledgers)
    readable = None if user.sees_everything or open_to_all else user.scope_office_ids
    found: dict[int, OfficeRow] = {}
    past: PastOffice
    for past in offices_on(population, day, readable):
        office = found.setdefault(past.office_id, OfficeRow(past.office_id, past.name, past.order))
        setattr(office, past.role, past.totals)
        office.role = population.role
        office.is_own = not user.sees_everything and past.office_id in user.scope_office_ids
    return list(found.values())
