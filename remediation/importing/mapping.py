"""Which column is what: described for the page, chosen by the user, remembered per layout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.workbooks.grid import Workbook
from remediation.importing.columns import BY_FIELD, COLUMNS
from remediation.importing.layout import Layout, find_layouts, with_choices
from remediation.importing.rows import RowCount, count_rows
from remediation.models import ImportLayout

UNDECIDED = "?"
NOT_IMPORTED = ""
# 责任单位 is written to lead or assisting offices, so it is no target of its own.
TARGETS = tuple(column for column in COLUMNS if column.field != "responsible_offices")
PREVIEW_ROWS = 3
PREVIEW_COLUMNS = 7


def describe_workbook(workbook: Workbook) -> dict[str, Any]:
    """What was found in the workbook, with remembered choices applied: kept on the batch, shown on the mapping page.

    Where no sheet is a ledger, those with a row of headings are shown for somebody to say which column is what.
    """
    found = find_layouts(workbook)
    if not found.layouts:
        found = find_layouts(
            workbook, guessed=[name for name, why in found.skipped.items() if why == "no_table"]
        )
    known = {
        layout.signature: layout.mapping
        for layout in ImportLayout.objects.filter(
            signature__in=[layout.signature for layout in found.layouts]
        )
    }
    sheets = {sheet.name: sheet for sheet in workbook.sheets}
    described = []
    for layout in found.layouts:
        chosen = known.get(layout.signature)
        applied = with_choices(layout, chosen, reason="remembered") if chosen else layout
        described.append(_describe(applied, sheets[layout.sheet]))
    return {"sheets": described, "skipped": found.skipped}


def _describe(layout: Layout, sheet: Any) -> dict[str, Any]:
    undecided = {"ambiguous", "unknown"} if layout.is_guess else {"ambiguous"}
    counted = count_rows(sheet, layout) if layout.column("measure") else RowCount()
    return {
        "name": layout.sheet,
        "signature": layout.signature,
        "is_guess": layout.is_guess,
        "title": layout.title,
        "year": layout.year,
        "reported_on": layout.reported_on.isoformat() if layout.reported_on else None,
        "header": [layout.header_top, layout.header_bottom],
        "first_row": counted.first_row,
        "last_row": counted.last_row,
        "rows": counted.rows,
        "skipped": dict(counted.skipped),
        "merges": bool(sheet.merges),
        "columns": [
            {
                "index": column.index,
                "letter": column.letter,
                "title": column.title,
                "heading": column.heading,
                "samples": list(column.samples),
                "hidden": column.hidden,
                "field": column.match.field
                or (UNDECIDED if column.match.reason in undecided else NOT_IMPORTED),
                "reason": column.match.reason,
                "choices": list(column.match.choices),
            }
            for column in layout.columns
        ],
    }


def reason_words(column: Mapping[str, Any]) -> str:
    """Why a column was taken for its field, in words."""
    heading = column["heading"]
    choices = [str(BY_FIELD[name].label) for name in column["choices"] if name in BY_FIELD]
    words = {
        "same": _("same name"),
        "synonym": _("synonym “{word}”").format(word=heading),
        "group": _("by the columns beside it"),
        "hidden": _("hidden column"),
        "remembered": _("remembered from the last import"),
        "chosen": _("chosen by you"),
        "unknown": _("no field of this name"),
        "twice": _("the field is taken by another column"),
        "ambiguous": _("“{word}” may be {choices}").format(word=heading, choices=_(" or ").join(choices)),
    }
    return str(words.get(column["reason"], ""))


def target_choices() -> list[tuple[str, str]]:
    """What a column can be written to, for the select."""
    return [(NOT_IMPORTED, _("Not imported")), *((column.field, str(column.label)) for column in TARGETS)]


def mapping_problems(sheet: Mapping[str, Any], chosen: Mapping[str, str]) -> list[str]:
    """Why a chosen mapping cannot be previewed yet, in words; empty when it can."""
    problems = []
    taken: dict[str, str] = {}
    for column in sheet["columns"]:
        field = chosen.get(str(column["index"]), NOT_IMPORTED)
        if field == UNDECIDED:
            problems.append(
                _("Column {letter} “{heading}” has no field yet").format(
                    letter=column["letter"], heading=column["heading"]
                )
            )
        elif field and field in taken:
            problems.append(
                _("Columns {one} and {other} are both written to {field}").format(
                    one=taken[field], other=column["letter"], field=BY_FIELD[field].label
                )
            )
        elif field:
            taken[field] = column["letter"]
    if "measure" not in taken:
        problems.append(_("No column is written to the measure"))
    return problems


def remember_layout(signature: str, chosen: Mapping[str, str]) -> None:
    """Keep the choices for the next workbook with the same headings."""
    ImportLayout.objects.update_or_create(
        signature=signature, defaults={"mapping": dict(chosen), "used_at": timezone.now()}
    )
