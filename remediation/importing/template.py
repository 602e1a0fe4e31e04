"""The empty ledger template, and the user's own workbook with a comment on every cell that is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import xlsxwriter
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from core.workbooks.grid import Workbook
from remediation.importing.columns import TEMPLATE_COLUMNS
from remediation.importing.layout import cell_text

XLSX_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AUTHOR = "销号"
TEMPLATE_SHEET = "整改台账"
NOTES_SHEET = "填报说明"
TEMPLATE_ROWS = 500
MARK = "FFFDE3E3"
# A workbook that unpacks to more is written anew without its looks: openpyxl keeps every cell as an object.
MAX_REOPENED_BYTES = 24 * 1024 * 1024
MAX_COMMENT = 1000


def empty_template() -> bytes:
    """An empty ledger with headings, one example row on the notes sheet, and a list of status words."""
    stream = BytesIO()
    book = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    head = book.add_format(
        {
            "bold": True,
            "bg_color": "#EEF2FA",
            "border": 1,
            "align": "center",
            "valign": "vcenter",
            "text_wrap": True,
        }
    )
    cell = book.add_format({"text_wrap": True, "valign": "vcenter", "num_format": "@"})
    sheet = book.add_worksheet(TEMPLATE_SHEET)
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 28)
    for place, column in enumerate(TEMPLATE_COLUMNS):
        sheet.set_column(place, place, column.width, cell)
        sheet.write_string(0, place, column.heading, head)
        if column.field == "status":
            words = ["未启动", "正在推进", "基本完成", "已完成"]
            sheet.data_validation(
                1,
                place,
                TEMPLATE_ROWS,
                place,
                {"validate": "list", "source": words, "ignore_blank": True, "error_type": "warning"},
            )
    notes = book.add_worksheet(NOTES_SHEET)
    notes.set_column(0, 0, 16, cell)
    notes.set_column(1, 1, 60, cell)
    notes.write_string(0, 0, "列", head)
    notes.write_string(0, 1, "怎样填（示例）", head)
    for row, column in enumerate(TEMPLATE_COLUMNS, start=1):
        notes.write_string(row, 0, column.heading, cell)
        notes.write_string(row, 1, column.example or "选填", cell)
    book.close()
    return stream.getvalue()


def annotated_workbook(path: Path, workbook: Workbook, findings: Iterable[Mapping[str, Any]]) -> bytes:
    """The user's workbook with a comment on each cell of ``findings`` (records of the preview).

    Of an .xlsx the own looks stay; everything else, and what is very large, comes as a new .xlsx with the values.
    """
    comments: defaultdict[tuple[str, int, int], list[str]] = defaultdict(list)
    for finding in findings:
        if finding.get("sheet") and finding.get("row"):
            key = (finding["sheet"], finding["row"], finding.get("column") or 1)
            comments[key].append(f"{finding['problem']}\n{finding['remedy']}".strip())
    if workbook.kind == "xlsx" and _unpacked_bytes(path) <= MAX_REOPENED_BYTES:
        return _annotated_in_place(path, comments)
    return _annotated_anew(workbook, comments)


def _unpacked_bytes(path: Path) -> int:
    with ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def _annotated_in_place(path: Path, comments: Mapping[tuple[str, int, int], list[str]]) -> bytes:
    book = load_workbook(path)
    fill = PatternFill("solid", fgColor=MARK)
    for (sheet_name, row, column), texts in comments.items():
        if sheet_name not in book.sheetnames:
            continue
        sheet = book[sheet_name]
        cell = sheet.cell(row, column)
        if isinstance(cell, MergedCell):
            merged = next((r for r in sheet.merged_cells.ranges if cell.coordinate in r), None)
            if merged is None:
                continue
            cell = sheet.cell(merged.min_row, merged.min_col)
        old = f"{cell.comment.text}\n" if cell.comment else ""
        cell.comment = Comment((old + "\n".join(texts))[:MAX_COMMENT], AUTHOR, width=320, height=120)
        cell.fill = fill
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _annotated_anew(workbook: Workbook, comments: Mapping[tuple[str, int, int], list[str]]) -> bytes:
    stream = BytesIO()
    book = xlsxwriter.Workbook(
        stream, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    marked = book.add_format({"bg_color": "#FDE3E3", "text_wrap": True})
    for source in workbook.sheets:
        sheet = book.add_worksheet(_sheet_name(source.name))
        if source.hidden:
            sheet.hide()
        for row, cells in enumerate(source.rows):
            for column, value in enumerate(cells):
                is_marked = (source.name, row + 1, column + 1) in comments
                if value is None and not is_marked:
                    continue
                form = marked if is_marked else None
                if isinstance(value, int | float) and not isinstance(value, bool):
                    sheet.write_number(row, column, value, form)
                else:
                    sheet.write_string(row, column, cell_text(value)[:32767], form)
        for (name, row, column), texts in comments.items():
            if name == source.name:
                sheet.write_comment(
                    row - 1, column - 1, "\n".join(texts)[:MAX_COMMENT], {"author": AUTHOR, "x_scale": 2}
                )
    book.close()
    return stream.getvalue()


def _sheet_name(name: str) -> str:
    """A name that a workbook takes: 31 characters, none of the forbidden ones."""
    return "".join(character for character in name if character not in "[]:*?/\\")[:31] or _("Sheet")
