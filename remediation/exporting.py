"""A ledger as a workbook: the columns that an import reads, so that an export comes back as unchanged.

Headings and order are those of ``remediation.importing.columns``. The deadline stands as written (完成时限) and beside
it as a real date (到期日). Words are Chinese in every interface language, as the import reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils import translation

from core.xlsx_writing import Heading, Percent, Value
from remediation.filters import light_words
from remediation.importing.columns import BY_FIELD, COLUMNS
from remediation.importing.words import read_status
from remediation.lights import LightRule
from remediation.models import Item, Ledger, Measure, Section
from remediation.numbering import item_number
from remediation.office_names import attach_duties
from remediation.states import CompletionStatus, DutyRole, ItemKind, SectionKind

ROWS_A_BATCH = 1000
EXPORTED_FIELDS = tuple(column.field for column in COLUMNS if column.field != "responsible_offices")
WRAPPED_FIELDS = frozenset(
    {
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
# What the type column says of an item whose own document named none, as ``kind_from_type`` reads it back.
TYPE_WORDS = {
    ItemKind.OPINION: "整改意见",
    ItemKind.SUGGESTION: "工作建议",
    ItemKind.PROJECT: "项目",
}
ITEM_HEADINGS = (
    Heading("台账", 24, wraps=True),
    Heading("编号", 14),
    Heading("问题类别", 24, wraps=True),
    Heading("重点问题", 24, wraps=True),
    Heading("问题", 44, wraps=True),
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


def measure_headings() -> list[Heading]:
    """The columns of an exported ledger."""
    return [
        Heading(BY_FIELD[name].heading, BY_FIELD[name].width, wraps=name in WRAPPED_FIELDS)
        for name in EXPORTED_FIELDS
    ]


class SectionTitles:
    """The titles above an item: the section and the key problem; two columns, as ledgers have them."""

    def __init__(self, ledgers: Mapping[int, Ledger]) -> None:
        rows = Section.objects.filter(ledger__in=ledgers).only("pk", "parent_id", "title", "kind")
        self._sections = {section.pk: section for section in rows.order_by()}

    def of(self, section_id: int | None) -> tuple[str, str]:
        """Section and key problem; of a deeper tree the outermost and the innermost."""
        titles: list[Section] = []
        while section_id is not None:
            section = self._sections[section_id]
            titles.insert(0, section)
            section_id = section.parent_id
        if not titles:
            return "", ""
        if len(titles) == 1:
            only = titles[0]
            return ("", only.title) if only.kind == SectionKind.KEY_PROBLEM else (only.title, "")
        return titles[0].title, titles[-1].title


def measure_lines(
    measures: QuerySet[Measure], *, ledgers: Mapping[int, Ledger], this_year: int
) -> Iterator[list[Value]]:
    """One line per measure in the order of the queryset, read batch by batch."""
    sections = SectionTitles(ledgers)
    rows = iter(measures.select_related("item", "leader").iterator(chunk_size=ROWS_A_BATCH))
    serial = 0
    with translation.override("zh-hans"):
        status_words = {status.value: str(status.label) for status in CompletionStatus}
    while batch := list(islice(rows, ROWS_A_BATCH)):
        attach_duties(batch, ledgers=ledgers, this_year=this_year)
        for measure in batch:
            serial += 1
            values = _measure_values(measure, sections, status_words)
            values["serial"] = serial
            yield [values[name] for name in EXPORTED_FIELDS]


def _measure_values(
    measure: Any, sections: SectionTitles, status_words: Mapping[str, str]
) -> dict[str, Value]:
    item = measure.item
    category, key_problem = sections.of(item.section_id)
    return {
        "type": item.type_text or TYPE_WORDS.get(item.kind, ""),
        "category": category,
        "key_problem": key_problem,
        "problem": numbered_problem(item),
        "cause": item.cause,
        "goal": item.goal,
        "measure": f"（{measure.number}）{measure.text}",
        "leader": measure.leader.title if measure.leader else "",
        "lead_offices": "、".join(d.shown_name for d in measure.shown_duties if d.role == DutyRole.LEAD),
        "assisting_offices": "、".join(
            d.shown_name for d in measure.shown_duties if d.role == DutyRole.ASSISTING
        ),
        "started_on": measure.started_on,
        "deadline": measure.deadline_text,
        "due_date": measure.due_date,
        "status": status_word(measure, status_words),
        "percent": Percent(measure.percent),
        "progress": measure.progress,
        "note": measure.note,
    }


def numbered_problem(item: Item) -> str:
    """The problem with its number, as ledgers write it: （12）…, 举一反三3：…, 5、…."""
    if not item.number:
        return item.problem
    if item.kind == ItemKind.INFERENCE_ITEM:
        return f"举一反三{item.number}：{item.problem}"
    if item.kind == ItemKind.SPECIFIC_PROBLEM:
        return f"（{item.number}）{item.problem}"
    return f"{item.number}、{item.problem}"


def status_word(measure: Measure, words: Mapping[str, str]) -> str:
    """The status as the sheet wrote it where it still says what is so, else the usual word."""
    if measure.status_text and read_status(measure.status_text).status == measure.status:
        return measure.status_text
    return words[measure.status]


def item_lines(
    items: Iterable[Any], *, rule: LightRule, ledgers: Mapping[int, Ledger]
) -> Iterator[list[Value]]:
    """One line per item of the list by item (rows as the list prepares them)."""
    sections = SectionTitles(ledgers)
    with translation.override("zh-hans"):
        lights = light_words()
        for item in items:
            category, key_problem = sections.of(item.section_id)
            light = rule.light_of(is_open=item.is_open, watch_date=item.watch_date, ledger_id=item.ledger_id)
            yield [
                item.ledger.title,
                str(item_number(item)),
                category,
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
