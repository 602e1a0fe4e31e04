"""A ledger as a workbook: the columns that an import reads, so that an export comes back as unchanged.

Headings and order are those of ``remediation.importing.columns``. The deadline stands as written (完成时限) and beside
it as a real date (到期日). Words are Chinese in every interface language, as the import reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils import translation

from accounts.models import Position
from core.xlsx_writing import Heading, Percent, Value
from remediation.filters import light_words
from remediation.importing.columns import BY_FIELD, COLUMNS
from remediation.importing.words import read_status
from remediation.lights import LightRule
from remediation.models import Ledger, Measure, MeasureOffice, Section
from remediation.numbering import item_number
from remediation.office_names import OfficeNames
from remediation.states import CompletionStatus, DutyRole, ItemKind, SectionKind

ROWS_A_BATCH = 1000
EXPORTED_FIELDS = tuple(
    column.field for column in COLUMNS if column.field not in {"responsible_offices", "outer_sections"}
)
WRAPPED_FIELDS = frozenset(
    {
        "outer_sections",
        "category",
        "key_problem",
        "problem",
        "cause",
        "goal",
        "measure",
        "progress",
        "note",
        "assisting_offices",
    }
)
# Texts that each row has for itself; those of the other columns come again and again.
FREE_TEXT_FIELDS = frozenset({"measure", "progress", "note"})
# What the type column says of an item whose own document named none, as ``kind_from_type`` reads it back.
TYPE_WORDS = {
    ItemKind.OPINION: "整改意见",
    ItemKind.SUGGESTION: "工作建议",
    ItemKind.PROJECT: "项目",
}
ROW_FIELDS = (
    "pk", "ledger_id", "number", "text", "note", "started_on", "status", "status_text", "percent", "progress",
    "leader_id", "deadline_text", "due_date", "item__section_id", "item__type_text", "item__kind", "item__number",
    "item__problem", "item__cause", "item__goal",
)  # fmt: skip
ITEM_HEADINGS = (
    Heading("台账", 24, wraps=True),
    Heading("编号", 14),
    Heading("问题类别", 24, wraps=True),
    Heading("重点问题", 24, wraps=True),
    Heading("问题", 44, wraps=True, is_free_text=True),
    Heading("牵头处室", 18, wraps=True),
    Heading("协办处室", 22, wraps=True),
    Heading("责任领导", 18),
    Heading("到期日", 12),
    Heading("亮灯", 8),
    Heading("完成状态", 12),
    Heading("措施数", 8),
    Heading("已完成措施数", 12),
    Heading("流程状态", 10),
)


def exported_fields(ledgers: Mapping[int, Ledger]) -> tuple[str, ...]:
    """The columns of an exported ledger; one more where sections stand more than two deep."""
    deep = Section.objects.filter(ledger__in=ledgers, parent__parent__isnull=False)
    return ("outer_sections", *EXPORTED_FIELDS) if deep.exists() else EXPORTED_FIELDS


def measure_headings(fields: Sequence[str] = EXPORTED_FIELDS) -> list[Heading]:
    """The headings of ``fields``."""
    return [
        Heading(
            BY_FIELD[name].heading,
            BY_FIELD[name].width,
            wraps=name in WRAPPED_FIELDS,
            is_free_text=name in FREE_TEXT_FIELDS,
        )
        for name in fields
    ]


class SectionTitles:
    """The titles above an item: the section and the key problem as ledgers have them, and what stands above these."""

    def __init__(self, ledgers: Mapping[int, Ledger]) -> None:
        rows = Section.objects.filter(ledger__in=ledgers).only("pk", "parent_id", "title", "kind")
        self._sections = {section.pk: section for section in rows.order_by()}
        self._known: dict[int | None, tuple[str, str, str]] = {}

    def of(self, section_id: int | None) -> tuple[str, str, str]:
        """The sections above (a line each, outermost first), the section, and the key problem."""
        if section_id not in self._known:
            self._known[section_id] = self._titles(section_id)
        return self._known[section_id]

    def _titles(self, section_id: int | None) -> tuple[str, str, str]:
        titles: list[Section] = []
        while section_id is not None:
            section = self._sections[section_id]
            titles.insert(0, section)
            section_id = section.parent_id
        if not titles:
            return "", "", ""
        if len(titles) == 1:
            only = titles[0]
            return ("", "", only.title) if only.kind == SectionKind.KEY_PROBLEM else ("", only.title, "")
        *outer, category, key_problem = (section.title for section in titles)
        return "\n".join(outer), category, key_problem


@dataclass(frozen=True)
class _Words:
    """What a line takes from outside its row, read once for all lines."""

    sections: SectionTitles
    leaders: Mapping[int, str]
    statuses: Mapping[str, str]


def measure_lines(
    measures: QuerySet[Measure],
    *,
    ledgers: Mapping[int, Ledger],
    this_year: int,
    fields: Sequence[str] = EXPORTED_FIELDS,
) -> Iterator[list[Value]]:
    """One line per measure in the order of the queryset, read batch by batch and never as objects."""
    with translation.override("zh-hans"):
        statuses = {status.value: str(status.label) for status in CompletionStatus}
    words = _Words(
        SectionTitles(ledgers), dict(Position.objects.order_by().values_list("pk", "title")), statuses
    )
    names = OfficeNames(ledgers, this_year=this_year)
    rows = measures.values_list(*ROW_FIELDS, named=True).iterator(chunk_size=ROWS_A_BATCH)
    serial = 0
    while batch := list(islice(rows, ROWS_A_BATCH)):
        offices = _offices_of(batch, names)
        for row in batch:
            serial += 1
            values = _measure_values(row, words)
            values["serial"] = serial
            values["lead_offices"] = offices.get((row.pk, DutyRole.LEAD.value), "")
            values["assisting_offices"] = offices.get((row.pk, DutyRole.ASSISTING.value), "")
            yield [values[name] for name in fields]


def _offices_of(batch: Sequence[Any], names: OfficeNames) -> dict[tuple[int, str], str]:
    """Measure and role -> the offices in the order written; one query."""
    ledger_of = {row.pk: row.ledger_id for row in batch}
    found: dict[tuple[int, str], str] = {}
    duties = MeasureOffice.objects.filter(measure_id__in=list(ledger_of)).order_by("measure_id", "rank", "pk")
    for measure_id, office_id, role in duties.values_list("measure_id", "office_id", "role"):
        name = names.name(office_id, ledger_id=ledger_of[measure_id])
        key = (measure_id, role)
        found[key] = f"{found[key]}、{name}" if key in found else name
    return found


def _measure_values(row: Any, words: _Words) -> dict[str, Value]:
    """What a line holds by field, of a row of ``ROW_FIELDS``."""
    outer, category, key_problem = words.sections.of(row.item__section_id)
    return {
        "outer_sections": outer,
        "type": row.item__type_text or TYPE_WORDS.get(row.item__kind, ""),
        "category": category,
        "key_problem": key_problem,
        "problem": numbered_problem(row.item__kind, row.item__number, row.item__problem),
        "cause": row.item__cause,
        "goal": row.item__goal,
        "measure": f"（{row.number}）{row.text}",
        "leader": words.leaders.get(row.leader_id, ""),
        "started_on": row.started_on,
        "deadline": row.deadline_text,
        "due_date": row.due_date,
        "status": status_word(row.status, row.status_text, words.statuses),
        "percent": Percent(row.percent),
        "progress": row.progress,
        "note": row.note,
    }


def numbered_problem(kind: str, number: str, problem: str) -> str:
    """The problem with its number, as ledgers write it: （12）…, 举一反三3：…, 5、…."""
    if not number:
        return problem
    if kind == ItemKind.INFERENCE_ITEM:
        return f"举一反三{number}：{problem}"
    if kind == ItemKind.SPECIFIC_PROBLEM:
        return f"（{number}）{problem}"
    return f"{number}、{problem}"


def status_word(status: str, written: str, words: Mapping[str, str]) -> str:
    """The status as the sheet wrote it where it still says what is so, else the usual word."""
    if written and read_status(written).status == status:
        return written
    return words[status]


def item_lines(
    items: Iterable[Any], *, rule: LightRule, ledgers: Mapping[int, Ledger]
) -> Iterator[list[Value]]:
    """One line per item of the list by item (rows as the list prepares them)."""
    sections = SectionTitles(ledgers)
    with translation.override("zh-hans"):
        lights = light_words()
        for item in items:
            outer, category, key_problem = sections.of(item.section_id)
            light = rule.light_of(is_open=item.is_open, watch_date=item.watch_date, ledger_id=item.ledger_id)
            yield [
                item.ledger.title,
                str(item_number(item)),
                f"{outer}\n{category}" if outer else category,
                key_problem,
                item.problem,
                joined_names(item, DutyRole.LEAD),
                joined_names(item, DutyRole.ASSISTING),
                "、".join(dict.fromkeys(item.shown_leaders)),
                item.latest_due,
                lights[light.value],
                str(CompletionStatus(item.completion_status).label),
                item.measures_total,
                item.measures_completed,
                item.get_workflow_state_display(),
            ]


def joined_names(row: Any, role: str) -> str:
    """The offices of a row in a role, each once."""
    return "、".join(dict.fromkeys(duty.shown_name for duty in row.shown_duties if duty.role == role))


def headings_text(headings: Sequence[Heading]) -> list[str]:
    """The headings alone, for csv."""
    return [heading.text for heading in headings]
