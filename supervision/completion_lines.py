"""The lines of the completion card: key problems, items of each kind and measures, beside what the document states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, CharField, Count, F, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext

from remediation.counting.items import StatusTotals, item_subjects, with_completion
from remediation.counting.measures import MeasureTotals
from remediation.models import Section, StatedTotal
from remediation.states import CompletionStatus, SectionKind
from remediation.subjects import ITEM_CONDITIONS
from supervision.population import Population


@dataclass
class Line:
    """One line of the completion card: how many of something stand at each status, and where they are listed."""

    key: str
    label: str
    totals: StatusTotals
    url: str = ""
    completed_url: str = ""
    basic_url: str = ""
    in_progress_url: str = ""
    not_started_url: str = ""
    stated: StatedTotal | None = None

    @property
    def difference(self) -> bool:
        """Whether the document states something else than what is counted."""
        if self.stated is None:
            return False
        return (self.stated.total, self.stated.completed) != (self.totals.total, self.totals.completed)


ITEM_LINES = tuple(ITEM_CONDITIONS.items())
SECTION_MARK = "section"


def subject_totals(population: Population) -> dict[str, StatusTotals]:
    """Subject -> figures of items, and of the key problems where whole ledgers are counted; one query, or two.

    The sections come along as rows of their own (their key, ``SECTION_MARK``, whether they are a key problem, the
    key of the section above): a key problem below which nothing stands is counted, too.
    """
    kept = population.reader.kept
    part_figures, others = kept.of(population.ledger_ids, population.part)
    counted = part_figures.items
    by_section: dict[int | None, StatusTotals] = {}
    if population.is_whole:
        for ledger_id in set(population.ledger_ids) - set(others):
            by_section |= {pk: one.items for pk, one in kept.contents[ledger_id].sections.items()}
    above: dict[int, int | None] = {}
    key_problems: list[int] = []
    for section_id, kind, flag, text, count in counted_rows(population, others):
        if kind == SECTION_MARK:
            above[section_id] = int(text) if text else None
            if flag:
                key_problems.append(section_id)
            continue
        counted[kind, flag, text] += count
        by_section.setdefault(section_id, StatusTotals()).add(text, count)
    found = item_subjects(counted.items())
    if key_problems:
        found["key_problems"] = key_problem_totals(key_problems, above, by_section)
    return found


def counted_rows(population: Population, ledger_ids: list[int]) -> Any:
    """The items of ``ledger_ids`` counted live, and the sections of all ledgers where these are counted whole."""
    if not ledger_ids:
        return section_rows(population) if population.is_whole else ()
    items: Any = with_completion(population.items(ledger_ids))
    rows = (
        items.order_by()
        .values_list("section_id", "kind", "is_reform_item", "completion_status")
        .annotate(n=Count("pk"))
    )
    return rows.union(section_rows(population), all=True) if population.is_whole else rows


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
    for own_section, totals in by_section.items():
        section = own_section
        seen: set[int] = set()
        while section is not None and section in rolled and section not in seen:
            rolled[section].merge(totals)
            seen.add(section)
            section = above[section]
    found = StatusTotals()
    for key_problem in key_problems:
        found.add(rolled[key_problem].status())
    return found


def lines_of(population: Population, figures_: MeasureTotals) -> list[Line]:
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
                population.items_url(**narrowed, status=CompletionStatus.IN_PROGRESS.value),
                population.items_url(**narrowed, status=CompletionStatus.NOT_STARTED.value),
            )
        )
    found = [line for line in found if line.totals.total or line.key in stated]
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
            "",
            population.measures_url(status=CompletionStatus.IN_PROGRESS.value),
            population.measures_url(status=CompletionStatus.NOT_STARTED.value),
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
