"""The records of a legacy workbook (BIFF8) that python-calamine does not tell: hidden rows and columns, formulas,
errors, passwords. Values themselves come from python-calamine. Imported by the child process; no Django.

Record layouts: [MS-XLS] 2.4 (BOUNDSHEET8, COLINFO, ROW, FORMULA, BOOLERR, FILEPASS).
"""

from __future__ import annotations

import struct
from pathlib import Path

import olefile

from core.workbooks.grid import Refused
from core.workbooks.xlsx_parts import SheetFacts

RECORD_BOUNDSHEET = 0x0085
RECORD_COLINFO = 0x007D
RECORD_ROW = 0x0208
RECORD_FORMULA = 0x0006
RECORD_BOOLERR = 0x0205
RECORD_FILEPASS = 0x002F
RECORD_EOF = 0x000A
COLUMN_HIDDEN_BIT = 0x0001
ROW_HIDDEN_BIT = 0x0020
ERROR_WORDS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
# The result of a formula that is an error: its code in the third byte, the last two set.
FORMULA_ERROR = 0x02


def scan_xls(path: Path) -> list[SheetFacts]:
    """Facts of each worksheet in the order of the sheets; merged ranges are left to the reader of the values."""
    try:
        with olefile.OleFileIO(str(path)) as container:
            name = "Workbook" if container.exists("Workbook") else "Book"
            stream: bytes = container.openstream(name).read()
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise Refused("damaged") from error
    try:
        return [scan_sheet(stream, offset) for offset in _worksheet_offsets(stream)]
    except (struct.error, IndexError) as error:
        raise Refused("damaged") from error


def _worksheet_offsets(stream: bytes) -> list[int]:
    offsets = []
    for kind, body in _records(stream, 0):
        if kind == RECORD_FILEPASS:
            raise Refused("encrypted")
        if kind == RECORD_BOUNDSHEET:
            offset, _visibility, sheet_type = struct.unpack_from("<IBB", body)
            if sheet_type == 0:
                offsets.append(offset)
    return offsets


def scan_sheet(stream: bytes, offset: int) -> SheetFacts:
    """Facts of the worksheet whose records begin at ``offset``."""
    facts = SheetFacts()
    for kind, body in _records(stream, offset):
        if kind == RECORD_COLINFO:
            first, last, _width, _format, options = struct.unpack_from("<5H", body)
            if options & COLUMN_HIDDEN_BIT:
                facts.hidden_columns.update(range(first + 1, min(last, 255) + 2))
        elif kind == RECORD_ROW:
            row, options = struct.unpack_from("<H10xH", body)
            if options & ROW_HIDDEN_BIT:
                facts.hidden_rows.add(row + 1)
        elif kind == RECORD_FORMULA:
            row, column = struct.unpack_from("<2H", body)
            facts.formulas[row + 1, column + 1] = "="
            sort, code, mark = struct.unpack_from("<6xBxB3xH", body)
            if sort == FORMULA_ERROR and mark == 0xFFFF and code in ERROR_WORDS:
                facts.errors[row + 1, column + 1] = ERROR_WORDS[code]
        elif kind == RECORD_BOOLERR:
            row, column, code, is_error = struct.unpack_from("<2H2xBB", body)
            if is_error and code in ERROR_WORDS:
                facts.errors[row + 1, column + 1] = ERROR_WORDS[code]
    return facts


def _records(stream: bytes, offset: int) -> list[tuple[int, bytes]]:
    records = []
    while offset + 4 <= len(stream):
        kind, length = struct.unpack_from("<2H", stream, offset)
        records.append((kind, stream[offset + 4 : offset + 4 + length]))
        offset += 4 + length
        if kind == RECORD_EOF:
            break
    return records
