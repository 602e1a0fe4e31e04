"""OpenDocument spreadsheets: one streaming pass over ``content.xml``. Imported by the child process; no Django.

An own reader, because python-calamine tells neither merged ranges nor hidden columns of an .ods and unfolds its
"repeated" rows and columns into a dense grid.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile
from zlib import error as DeflateError

from core.workbooks.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Cell, Merge, Refused, Sheet, column_letter
from core.workbooks.xlsx_parts import _refuse_oversize

HIDDEN = {"collapse", "filter"}
CHUNK_BYTES = 1024 * 1024


def read_ods(path: Path) -> list[Sheet]:
    """All sheets of an .ods."""
    reader = _ContentReader()
    try:
        with ZipFile(path) as archive:
            _refuse_oversize(archive.infolist())
            if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read(
                "META-INF/manifest.xml"
            ):
                raise Refused("encrypted")
            if any(name.startswith("Basic/") and name.endswith("Module1.xml") for name in archive.namelist()):
                raise Refused("macro")
            with archive.open("content.xml") as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    reader.feed(chunk)
            reader.feed(b"", last=True)
    except (
        BadZipFile,
        DeflateError,
        EOFError,
        OSError,
        KeyError,
        expat.ExpatError,
        NotImplementedError,
    ) as error:
        raise Refused("damaged") from error
    return reader.sheets


class _ContentReader:
    """Collects sheets from the parser's events; cells are kept sparse until a sheet ends."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        self._parser = parser
        self._cells: dict[tuple[int, int], Cell] = {}
        self._row = self._column = self._first_of_row = 0
        self._row_repeat = 1
        self._cell: dict[str, str] | None = None
        self._paragraphs: list[str] = []
        self._inside_note = 0
        self._in_paragraph = 0
        self._columns_seen = 0
        self._handlers: dict[str, Callable[[dict[str, str]], None]] = {
            "table:table": self._start_table,
            "table:table-column": self._start_column,
            "table:table-row": self._start_row,
            "table:table-cell": self._start_cell,
            "table:covered-table-cell": self._start_cell,
        }

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        self._parser.Parse(chunk, last)

    @staticmethod
    def _refuse_doctype(*_arguments: object) -> None:
        raise Refused("external_entity")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        handler = self._handlers.get(name)
        if handler:
            handler(attributes)
        elif name == "office:annotation":
            self._inside_note += 1
        elif self._cell is not None and not self._inside_note:
            if name == "text:p":
                self._paragraphs.append("")
                self._in_paragraph += 1
            elif self._in_paragraph and name == "text:s":
                self._paragraphs[-1] += " " * min(int(attributes.get("text:c", "1")), 100)
            elif self._in_paragraph and name in {"text:line-break", "text:tab"}:
                self._paragraphs[-1] += "\n" if name == "text:line-break" else "\t"

    def _end(self, name: str) -> None:
        if name == "office:annotation":
            self._inside_note -= 1
        elif name == "text:p" and self._in_paragraph and not self._inside_note:
            self._in_paragraph -= 1
        elif name in {"table:table-cell", "table:covered-table-cell"}:
            self._end_cell(covered=name == "table:covered-table-cell")
        elif name == "table:table-row":
            self._end_row()
        elif name == "table:table":
            self._end_table()

    def _text(self, text: str) -> None:
        if self._in_paragraph and not self._inside_note:
            self._paragraphs[-1] += text

    def _start_table(self, attributes: dict[str, str]) -> None:
        self.sheets.append(Sheet(attributes.get("table:name", "")))
        self._cells = {}
        self._row = 0
        self._columns_seen = 0

    def _start_column(self, attributes: dict[str, str]) -> None:
        repeat = int(attributes.get("table:number-columns-repeated", "1"))
        if attributes.get("table:visibility") in HIDDEN and self._columns_seen < MAX_COLUMNS:
            last = min(self._columns_seen + repeat, MAX_COLUMNS)
            sheet = self.sheets[-1]
            sheet.hidden_columns = sheet.hidden_columns | set(range(self._columns_seen + 1, last + 1))
        self._columns_seen += repeat

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._row += 1
        self._column = 0
        self._row_repeat = int(attributes.get("table:number-rows-repeated", "1"))
        self._first_of_row = len(self._cells)
        if (
            attributes.get("table:visibility") in HIDDEN
            and self._row <= MAX_ROWS
            and self._row_repeat < MAX_ROWS
        ):
            sheet = self.sheets[-1]
            sheet.hidden_rows = sheet.hidden_rows | set(range(self._row, self._row + self._row_repeat))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._cell = attributes
        self._paragraphs = []
        self._in_paragraph = 0

    def _end_cell(self, *, covered: bool) -> None:
        attributes = self._cell or {}
        self._cell = None
        repeat = int(attributes.get("table:number-columns-repeated", "1"))
        value = None if covered else _cell_value(attributes, "\n".join(self._paragraphs))
        if value is not None:
            self._refuse_far(self._row, self._column + repeat)
            for offset in range(repeat):
                self._cells[self._row, self._column + 1 + offset] = value
        sheet = self.sheets[-1]
        if "table:formula" in attributes and not covered:
            sheet.formulas[self._row, self._column + 1] = "=" + attributes["table:formula"].split("=", 1)[-1]
        down = int(attributes.get("table:number-rows-spanned", "1"))
        across = int(attributes.get("table:number-columns-spanned", "1"))
        if down > 1 or across > 1:
            sheet.merges.append(
                Merge(self._row, self._column + 1, self._row + down - 1, self._column + across)
            )
        self._column += repeat

    def _end_row(self) -> None:
        if self._row_repeat > 1 and len(self._cells) > self._first_of_row:
            own = [(column, value) for (row, column), value in self._cells.items() if row == self._row]
            self._refuse_far(self._row + self._row_repeat - 1, max(column for column, _value in own))
            for offset in range(1, self._row_repeat):
                for column, value in own:
                    self._cells[self._row + offset, column] = value
        self._row += self._row_repeat - 1

    def _refuse_far(self, row: int, column: int) -> None:
        if row > MAX_ROWS or column > MAX_COLUMNS or len(self._cells) > MAX_CELLS:
            raise Refused("far_cell", sheet=self.sheets[-1].name, cell=f"{column_letter(column)}{row}")

    def _end_table(self) -> None:
        sheet = self.sheets[-1]
        height = max((row for row, _column in self._cells), default=0)
        width = max((column for _row, column in self._cells), default=0)
        if height * width > MAX_CELLS:
            raise Refused("far_cell", sheet=sheet.name, cell=f"{column_letter(width)}{height}")
        rows: list[list[Cell]] = [[] for _row in range(height)]
        for (row, column), value in sorted(self._cells.items()):
            cells = rows[row - 1]
            cells.extend([None] * (column - 1 - len(cells)))
            cells.append(value)
        sheet.rows = rows
        self._cells = {}


def _cell_value(attributes: dict[str, str], text: str) -> Cell:
    kind = attributes.get("office:value-type") or attributes.get("calcext:value-type")
    if kind in {"float", "currency", "percentage"}:
        try:
            number = float(attributes.get("office:value", ""))
        except ValueError:
            return text or None
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    if kind == "date":
        written = attributes.get("office:date-value", "")
        try:
            return datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)
        except ValueError:
            return text or None
    if kind == "boolean":
        return attributes.get("office:boolean-value") == "true"
    return text or attributes.get("office:string-value") or None
