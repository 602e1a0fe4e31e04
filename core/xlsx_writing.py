"""Workbooks written while they are sent: the first bytes leave at once, memory stays small, formulas stay text.

XlsxWriter and openpyxl build the whole file before its first byte; at 100,000 rows that is many seconds of silence. A
table needs little of the format, so the sheet is written here, row by row, into a zip that is streamed. Texts are
strings and so never formulas; those that look like one carry Excel's quote prefix, so that editing a cell does not turn
it into one (CWE-1236). What repeats down a column is a shared string, as Excel has it: the table of these is sent after
the sheet, is bounded, and makes the sheet a third smaller; free texts stand in their cells.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import RawIOBase
from typing import Any
from xml.sax.saxutils import escape


class Percent(int):
    """A whole percentage, 60 for 60%: a number under the format 0% in a workbook."""


Value = str | int | float | date | Percent | None

MAX_CELL_CHARACTERS = 32_767  # Excel's own limit
MAX_ROWS = 1_048_576
SHEET_NAME_TABOO = re.compile(r"[\[\]:*?/\\']")
# What XML 1.0 cannot carry.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A literal _x0041_ would be read as an escape; Excel writes its underscore as _x005F_.
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
EPOCH = date(1899, 12, 30)
EPOCH_DAY = EPOCH.toordinal()
ROWS_A_CHUNK = 500
# What the table of shared texts may hold, some 10 MB; beyond it texts stand in their cells and memory grows no more.
MAX_SHARED_CHARACTERS = 4_000_000
# What a text costs beside its characters, in characters.
SHARED_TEXT_COST = 100

# Places in cellXfs below.
PLAIN, HEADING, DAY, QUOTED, WRAPPED, QUOTED_WRAPPED, PERCENT = range(7)

_CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
    "</Types>"
)
_RELS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="xl/workbook.xml"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>'
    "</Relationships>"
)
_WORKBOOK_RELS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="worksheets/sheet1.xml"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
    '<Relationship Id="rId2" Target="styles.xml"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/>'
    '<Relationship Id="rId3" Target="sharedStrings.xml"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>'
    "</Relationships>"
)
_STYLES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="宋体"/></font>'
    '<font><b/><sz val="11"/><name val="宋体"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFF1F3F7"/></patternFill></fill></fills>'
    '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border>'
    '<left style="thin"><color rgb="FFC6CDD8"/></left><right style="thin"><color rgb="FFC6CDD8"/></right>'
    '<top style="thin"><color rgb="FFC6CDD8"/></top><bottom style="thin"><color rgb="FFC6CDD8"/></bottom>'
    "<diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="7">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="1" xfId="0" applyAlignment="1">'
    '<alignment vertical="center"/></xf>'
    '<xf numFmtId="0" fontId="1" fillId="2" borderId="1" xfId="0" applyFont="1" applyFill="1" applyAlignment="1">'
    '<alignment horizontal="center" vertical="center" wrapText="1"/></xf>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="1" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment horizontal="center" vertical="center"/></xf>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="1" xfId="0" quotePrefix="1" applyAlignment="1">'
    '<alignment vertical="center"/></xf>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="1" xfId="0" applyAlignment="1">'
    '<alignment vertical="center" wrapText="1"/></xf>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="1" xfId="0" quotePrefix="1" applyAlignment="1">'
    '<alignment vertical="center" wrapText="1"/></xf>'
    '<xf numFmtId="9" fontId="0" fillId="0" borderId="1" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment horizontal="center" vertical="center"/></xf>'
    "</cellXfs>"
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


@dataclass(frozen=True)
class Heading:
    """A column of the sheet: its heading, its width in characters, whether long texts wrap, and whether its texts are
    free, so that hardly one stands there twice."""

    text: str
    width: int = 12
    wraps: bool = False
    is_free_text: bool = False


class _Outlet(RawIOBase):
    """What the zip is written to: bytes wait here until they are sent; it cannot be rewound."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, chunk: Any) -> int:
        written = bytes(chunk)
        self._waiting.append(written)
        return len(written)

    def take(self) -> bytes:
        """What has been written since the last time."""
        taken = b"".join(self._waiting)
        self._waiting.clear()
        return taken


def streamed_xlsx(
    headings: Sequence[Heading], rows: Iterable[Sequence[Value]], *, sheet_name: str
) -> Iterator[bytes]:
    """The workbook of one sheet, in pieces as it comes into being.

    Texts beyond Excel's cell limit are cut; rows beyond its sheet limit raise ``ValueError``.
    """
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        archive.writestr("_rels/.rels", _RELS)
        archive.writestr("xl/workbook.xml", _workbook(sheet_name))
        archive.writestr("xl/_rels/workbook.xml.rels", _WORKBOOK_RELS)
        archive.writestr("xl/styles.xml", _STYLES)
        yield outlet.take()
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            shared = _SharedTexts()
            for piece in _sheet(headings, rows, shared):
                sheet.write(piece.encode())
                if ready := outlet.take():
                    yield ready
        yield outlet.take()
        archive.writestr("xl/sharedStrings.xml", shared.part())
        yield outlet.take()
    yield outlet.take()


def _workbook(sheet_name: str) -> str:
    name = SHEET_NAME_TABOO.sub(" ", _UNPRINTABLE.sub("", sheet_name)).strip()[:31] or "Sheet1"
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        f'<sheets><sheet name="{escape(name, {chr(34): "&quot;"})}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


class _SharedTexts:
    """The table of the texts that repeat: each has the number of its first appearance."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._room = MAX_SHARED_CHARACTERS

    def number(self, text: str) -> int | None:
        """The number of ``text``; None when the table is full."""
        known = self._numbers.get(text)
        if known is None and len(text) + SHARED_TEXT_COST <= self._room:
            self._room -= len(text) + SHARED_TEXT_COST
            known = self._numbers[text] = len(self._numbers)
        return known

    def part(self) -> str:
        """The part of the workbook that holds the table."""
        texts = "".join(f"<si>{_text_element(text)}</si>" for text in self._numbers)
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
            f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{texts}</sst>'
        )


class _Column:
    """Writes the cells of one column. Two million pass here in a large export, so what was written once is known."""

    def __init__(self, heading: Heading, shared: _SharedTexts) -> None:
        self._shared = None if heading.is_free_text else shared
        self._plain, self._quoted = (WRAPPED, QUOTED_WRAPPED) if heading.wraps else (PLAIN, QUOTED)
        # Shared text -> its cell after the place; the empty text is an empty cell.
        self._known = {"": _EMPTY}

    def cell(self, value: Value) -> str:
        """The cell of ``value`` from behind its place on: it follows ``<c r="A1``."""
        if type(value) is str:
            return self._known.get(value) or self._text(value)
        if value is None:
            return _EMPTY
        if isinstance(value, date):
            return f'" s="{DAY}"><v>{value.toordinal() - EPOCH_DAY}</v></c>'
        if isinstance(value, str):
            return self.cell(str(value))
        if isinstance(value, Percent):
            return f'" s="{PERCENT}"><v>{value / 100:g}</v></c>'
        return f'" s="{PLAIN}"><v>{value}</v></c>'

    def _text(self, text: str) -> str:
        style = self._quoted if text.startswith(FORMULA_STARTS) else self._plain
        number = self._shared.number(text) if self._shared else None
        if number is None:
            return _inline(text, style)
        known = self._known[text] = f'" s="{style}" t="s"><v>{number}</v></c>'
        return known


_EMPTY = f'" s="{PLAIN}"/>'


def _sheet(
    headings: Sequence[Heading], rows: Iterable[Sequence[Value]], shared: _SharedTexts
) -> Iterator[str]:
    last = column_letters(len(headings))
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{heading.width}" customWidth="1"/>'
        for place, heading in enumerate(headings, start=1)
    )
    yield (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<sheetViews><sheetView workbookViewId="0" tabSelected="1">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData>"
    )
    letters = [column_letters(place) for place in range(1, len(headings) + 1)]
    head = (
        f'<c r="{letter}1{_inline(heading.text, HEADING)}'
        for letter, heading in zip(letters, headings, strict=True)
    )
    yield f'<row r="1">{"".join(head)}</row>'
    columns = [
        (letter, _Column(heading, shared).cell) for letter, heading in zip(letters, headings, strict=True)
    ]
    waiting: list[str] = []
    count = 1
    for row in rows:
        count += 1
        if count > MAX_ROWS:
            raise ValueError("a sheet holds 1,048,576 rows")
        cells = [
            f'<c r="{letter}{count}{cell(value)}' for value, (letter, cell) in zip(row, columns, strict=True)
        ]
        waiting.append(f'<row r="{count}">{"".join(cells)}</row>')
        if len(waiting) >= ROWS_A_CHUNK:
            yield "".join(waiting)
            waiting.clear()
    yield "".join(waiting)
    yield f'</sheetData><autoFilter ref="A1:{last}{count}"/></worksheet>'


def _inline(text: str, style: int) -> str:
    """A cell with its own text, from behind its place on."""
    return f'" s="{style}" t="inlineStr"><is>{_text_element(text)}</is></c>'


def _text_element(text: str) -> str:
    # What most texts do not need is only looked for.
    if len(text) > MAX_CELL_CHARACTERS:
        text = text[:MAX_CELL_CHARACTERS]
    if "_x" in text:
        text = _ESCAPE_LIKE.sub("_x005F_", text)
    if not text.isprintable():
        text = _UNPRINTABLE.sub("", text)
    if "&" in text or "<" in text or ">" in text:
        text = escape(text)
    # Outer white space would be dropped without being asked to be kept.
    space = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    return f"<t{space}>{text}</t>"


def column_letters(number: int) -> str:
    """1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
