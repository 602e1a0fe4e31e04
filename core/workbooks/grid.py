"""The plain grid that every kind of workbook is read into. Pure; imported by the child process as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

Cell = str | int | float | bool | date | datetime | None

# Limits of what is still taken for a table made by people (the largest ledger tested has 100,000 rows of 13 columns).
MAX_ROWS = 200_000
MAX_COLUMNS = 256
MAX_CELLS = 6_000_000
MAX_SHEETS = 100


@dataclass(frozen=True)
class Merge:
    """A merged range; rows and columns are 1-based and inclusive."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Sheet:
    """One sheet. ``rows[0]`` is row 1 of the sheet; rows may be shorter than the widest one."""

    name: str
    rows: list[list[Cell]] = field(default_factory=list)
    hidden: bool = False
    merges: list[Merge] = field(default_factory=list)
    hidden_columns: frozenset[int] = frozenset()
    hidden_rows: frozenset[int] = frozenset()
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)

    def value(self, row: int, column: int) -> Cell:
        """The cell's own value; 1-based; None outside the used range."""
        if row < 1 or column < 1 or row > len(self.rows):
            return None
        cells = self.rows[row - 1]
        return cells[column - 1] if column <= len(cells) else None

    @cached_property
    def width(self) -> int:
        """Number of columns of the widest row; asked once the rows are complete."""
        return max((len(cells) for cells in self.rows), default=0)

    def merges_in(self, top: int, bottom: int) -> Iterator[Merge]:
        """The merged ranges that touch rows ``top`` to ``bottom``."""
        return (merge for merge in self.merges if merge.top <= bottom and merge.bottom >= top)


@dataclass
class Workbook:
    """A workbook as read: its kind (``xlsx``, ``xls``, ``ods``, ``csv``) and its sheets in order."""

    kind: str
    sheets: list[Sheet] = field(default_factory=list)


class Refused(Exception):
    """The file is not read. ``code`` says why (see ``refusals.MESSAGES``), ``detail`` fills the message."""

    def __init__(self, code: str, **detail: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def column_letter(column: int) -> str:
    """1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def merge_from_reference(reference: str) -> Merge | None:
    """``A1:B2`` as a merge; None when it is not of that form."""
    start, _, end = reference.replace("$", "").partition(":")
    first, last = cell_position(start), cell_position(end or start)
    if first is None or last is None:
        return None
    return Merge(
        min(first[0], last[0]), min(first[1], last[1]), max(first[0], last[0]), max(first[1], last[1])
    )


def cell_position(reference: str) -> tuple[int, int] | None:
    """``B7`` is (7, 2)."""
    letters = reference.rstrip("0123456789")
    digits = reference[len(letters) :]
    if not letters or not digits or not letters.isascii() or not letters.isalpha() or len(letters) > 3:
        return None
    return int(digits), column_number(letters.upper())
