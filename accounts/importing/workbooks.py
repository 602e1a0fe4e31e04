"""The workbooks that go out: empty templates with an example, and a list of initial passwords. No cell is a formula."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from accounts.importing.account_columns import ACCOUNTS
from accounts.importing.accounts import InitialPassword
from accounts.importing.office_columns import OFFICES, POSITIONS
from accounts.importing.tables import TableLayout
from accounts.models import Office, Position

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
VALIDATED_ROWS = 2000
LISTS_SHEET = "可选项"
SAFE = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,
}


def offices_template() -> bytes:
    """The empty office register."""
    return _template([OFFICES, POSITIONS], lists={})


def accounts_template() -> bytes:
    """The empty file of accounts; offices and posts are chosen from what is registered."""
    return _template(
        [ACCOUNTS],
        lists={
            "office": list(Office.objects.active().values_list("name", flat=True)),
            "position": list(Position.objects.filter(is_active=True).values_list("title", flat=True)),
        },
    )


def password_list(passwords: Sequence[InitialPassword], *, headings: Sequence[str]) -> bytes:
    """Initial passwords to hand out, one row a person."""
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, SAFE) as book:
        sheet = book.add_worksheet("初始口令")
        bold = book.add_format({"bold": True, "bottom": 1})
        mono = book.add_format({"font_name": "Consolas"})
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, bold)
        for row, one in enumerate(passwords, start=1):
            for column, text in enumerate((one.name, one.username, one.office)):
                sheet.write_string(row, column, text)
            sheet.write_string(row, 3, one.password, mono)
        sheet.set_column(0, 2, 24)
        sheet.set_column(3, 3, 26)
        sheet.freeze_panes(1, 0)
    return output.getvalue()


def _template(layouts: Sequence[TableLayout], *, lists: dict[str, list[str]]) -> bytes:
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, SAFE) as book:
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#eef2fa", "bottom": 1, "text_wrap": True}),
            "needed": book.add_format(
                {"bold": True, "bg_color": "#dde5f5", "bottom": 1, "text_wrap": True, "font_color": "#274690"}
            ),
            "example": book.add_format({"italic": True, "font_color": "#5a6679", "num_format": "@"}),
            "text": book.add_format({"num_format": "@"}),
        }
        sheets = [book.add_worksheet(layout.sheet) for layout in layouts]
        sources = _write_lists(book, lists)
        for sheet, layout in zip(sheets, layouts, strict=True):
            _write_layout(sheet, layout, formats=formats, sources=sources)
    return output.getvalue()


def _write_lists(book: Any, lists: dict[str, list[str]]) -> dict[str, str]:
    """Long lists of choices stand on a sheet of their own; returns the range of each."""
    filled = {key: names for key, names in lists.items() if names}
    if not filled:
        return {}
    sheet = book.add_worksheet(LISTS_SHEET)
    sources: dict[str, str] = {}
    for column, (key, names) in enumerate(filled.items()):
        for row, name in enumerate(names):
            sheet.write_string(row, column, name)
        letter = chr(ord("A") + column)
        sources[key] = f"='{LISTS_SHEET}'!${letter}$1:${letter}${len(names)}"
        sheet.set_column(column, column, 36)
    sheet.hide()
    return sources


def _write_layout(
    sheet: Any, layout: TableLayout, *, formats: dict[str, Any], sources: dict[str, str]
) -> None:
    for number, column in enumerate(layout.columns):
        sheet.set_column(number, number, column.width, formats["text"])
        sheet.write_string(0, number, column.heading, formats["needed" if column.required else "head"])
        sheet.write_string(1, number, column.example, formats["example"])
        if column.hint:
            sheet.write_comment(0, number, column.hint, {"x_scale": 1.4, "y_scale": 0.6})
        choices: Any = sources.get(column.key) or list(column.options)
        if choices:
            sheet.data_validation(
                1,
                number,
                VALIDATED_ROWS,
                number,
                # Information alone: several names in one cell are right as well.
                {"validate": "list", "source": choices, "error_type": "information"},
            )
    sheet.set_row(0, 22)
    sheet.freeze_panes(1, 0)
