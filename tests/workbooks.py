"""Small workbooks for tests: sheets as lists of rows, as a file or as an upload."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

Sheets = Mapping[str, Sequence[Sequence[Any]]]


def workbook_bytes(sheets: Sheets) -> bytes:
    """An .xlsx with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def write_workbook(path: Path, sheets: Sheets) -> Path:
    """The same as a file."""
    path.write_bytes(workbook_bytes(sheets))
    return path


def upload_of(sheets: Sheets, *, name: str = "file.xlsx") -> SimpleUploadedFile:
    """The same as an upload."""
    return SimpleUploadedFile(name, workbook_bytes(sheets))
