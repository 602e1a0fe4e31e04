"""The XML parts of an .xlsx looked through before anything parses them: size, entities, macros, and what
python-calamine does not tell (formulas, hidden rows and columns, the range that is really used).

The scan works on bytes with regular expressions, so that it costs a fraction of a parse and resolves nothing.
Imported by the child process; no Django.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as DeflateError

from core.workbooks.grid import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    Merge,
    Refused,
    cell_position,
    column_letter,
    column_number,
    merge_from_reference,
)

MAX_PART_BYTES = 128 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
# Texts of a ledger shrink to a tenth; what shrinks to a two-hundredth was made to.
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 20 * 1024 * 1024
MAX_FORMULAS = 50_000
MAX_MERGES = 200_000
XML_SUFFIXES = (".xml", ".rels", ".vml")


@dataclass
class SheetFacts:
    """What the scan learned about one sheet; rows and columns are 1-based."""

    merges: list[Merge] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    # Cells that hold an error (#REF!), which the reader of the values gives as empty.
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


def scan_xlsx(path: Path) -> dict[str, SheetFacts]:
    """Facts by sheet name; raises ``Refused`` when a part is too large, damaged, or declares a document type."""
    try:
        with ZipFile(path) as archive:
            _refuse_oversize(archive.infolist())
            for entry in archive.infolist():
                if (
                    entry.filename.lower().endswith(XML_SUFFIXES)
                    and "/worksheets/sheet" not in entry.filename
                ):
                    _refuse_entities(archive.read(entry))
            parts = _sheet_parts(archive)
            return {name: _scan_sheet(name, archive.read(part)) for name, part in parts.items()}
    except (BadZipFile, DeflateError, EOFError, OSError, KeyError, NotImplementedError) as error:
        raise Refused("damaged") from error


def _refuse_oversize(entries: list[ZipInfo]) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED_BYTES:
        raise Refused("too_large", megabytes=total // 1024**2)
    for entry in entries:
        packed = max(entry.compress_size, 1)
        if entry.file_size > MAX_PART_BYTES or (
            entry.file_size > RATIO_MATTERS_FROM_BYTES and entry.file_size / packed > MAX_RATIO
        ):
            raise Refused("too_large", megabytes=entry.file_size // 1024**2)


def _refuse_entities(xml: bytes) -> None:
    """No part of a workbook needs a document type; with one come entities, at home or from outside."""
    if xml.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in xml[:8]:
        raise Refused("damaged")
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise Refused("external_entity")


def _sheet_parts(archive: ZipFile) -> dict[str, str]:
    names = {name.lower(): name for name in archive.namelist()}
    workbook_name = names.get("xl/workbook.xml")
    if workbook_name is None:
        raise Refused("damaged")
    relations_name = names.get("xl/_rels/workbook.xml.rels")
    if relations_name is None:
        raise Refused("damaged")
    targets = {}
    for tag in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", archive.read(relations_name)):
        attributes = _attributes(tag)
        if attributes.get("TargetMode", "") == "External":
            continue
        target = attributes.get("Target", "")
        path = (
            target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
        )
        targets[attributes.get("Id", "")] = names.get(path.lower(), "")
    parts = {}
    for tag in re.findall(rb"<(?:\w+:)?sheet\b[^>]*>", archive.read(workbook_name)):
        attributes = _attributes(tag)
        relation = next(
            (value for key, value in attributes.items() if key.endswith(":id") or key == "id"), ""
        )
        part = targets.get(relation, "")
        if part and "worksheets" in part.lower():
            parts[unescape(attributes.get("name", ""))] = part
    return parts


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        key: double or single
        for key, double, single in re.findall(
            r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag.decode("utf-8", "replace")
        )
    }


def _truthy(value: str | None) -> bool:
    return value in {"1", "true"}


def _scan_sheet(name: str, xml: bytes) -> SheetFacts:
    _refuse_entities(xml)
    root = re.search(rb"<((?:\w+:)?)worksheet\b", xml)
    prefix = root.group(1) if root else b""
    _refuse_far_cells(name, xml, prefix=prefix)
    facts = SheetFacts()
    for tag in re.findall(rb"<" + prefix + rb"col\b[^>]*>", xml):
        attributes = _attributes(tag)
        if _truthy(attributes.get("hidden")):
            first, last = int(attributes.get("min", 0)), int(attributes.get("max", 0))
            facts.hidden_columns.update(range(max(first, 1), min(last, MAX_COLUMNS) + 1))
    for tag in re.findall(rb"<" + prefix + rb"row\b[^>]*?\bhidden\s*=[^>]*>", xml):
        attributes = _attributes(tag)
        if _truthy(attributes.get("hidden")) and attributes.get("r", "").isdigit():
            facts.hidden_rows.add(int(attributes["r"]))
    for tag in re.findall(rb"<" + prefix + rb"mergeCell\b[^>]*>", xml)[:MAX_MERGES]:
        merge = merge_from_reference(_attributes(tag).get("ref", ""))
        if merge:
            facts.merges.append(merge)
    if b"<" + prefix + b"f" in xml:
        facts.formulas = _formulas(xml, prefix=prefix)
    if b't="e"' in xml:
        facts.errors = _errors(xml, prefix=prefix)
    return facts


def _errors(xml: bytes, *, prefix: bytes) -> dict[tuple[int, int], str]:
    pattern = re.compile(
        rb"<" + prefix + rb"""c\b([^>]*\bt="e"[^>]*[^/>]|[^>]*\bt="e")>(?:(?!</""" + prefix + rb"c>).)*?<"
        + prefix + rb"v>([^<]{1,20})<", re.DOTALL
    )  # fmt: skip
    found: dict[tuple[int, int], str] = {}
    for match in pattern.finditer(xml):
        position = cell_position(_attributes(b"<c " + match.group(1) + b">").get("r", ""))
        if position:
            found[position] = unescape(match.group(2).decode("utf-8", "replace"))
        if len(found) >= MAX_FORMULAS:
            break
    return found


def _formulas(xml: bytes, *, prefix: bytes) -> dict[tuple[int, int], str]:
    pattern = re.compile(
        rb"<" + prefix + rb"c\b([^>]*[^/>])>\s*<" + prefix + rb"f\b(?:[^>]*/>|[^>]*>([^<]*)<)"
    )
    found: dict[tuple[int, int], str] = {}
    for match in pattern.finditer(xml):
        position = cell_position(_attributes(b"<c " + match.group(1) + b">").get("r", ""))
        if position:
            found[position] = "=" + unescape((match.group(2) or b"").decode("utf-8", "replace"))
        if len(found) >= MAX_FORMULAS:
            break
    return found


def _refuse_far_cells(name: str, xml: bytes, *, prefix: bytes) -> None:
    """Refuse a sheet whose used range is far larger than what stands in it.

    Only cells with content count: stray formats down to row 1,048,576 are common and do no harm. A reader that keeps
    a dense grid would ask for billions of cells (and the process would be aborted, not answer with an error).
    """
    content = rb"""[^>]*?\br\s*=\s*["']([A-Z]{1,3})(\d+)["'](?:[^>]*[^/>])?>\s*<"""
    opening = rb"<" + prefix + rb"c\b"
    columns = {
        column_number(found.decode())
        for found in set(re.findall(opening + rb"""[^>]*?\br\s*=\s*["']([A-Z]{1,3})\d""", xml))
    }
    rows = [int(found) for found in re.findall(rb"<" + prefix + rb"""row\b[^>]*?\br\s*=\s*["'](\d+)""", xml)]
    last_column, last_row = max(columns, default=0), max(rows, default=0)
    if last_column <= MAX_COLUMNS and last_row <= MAX_ROWS and last_column * last_row <= MAX_CELLS:
        return
    last_column = last_row = 0
    far = ""
    for letters, digits in re.findall(opening + content, xml):
        column, row = column_number(letters.decode()), int(digits)
        if column > last_column or row > last_row:
            far = f"{letters.decode()}{row}"
        last_column, last_row = max(last_column, column), max(last_row, row)
    if last_column > MAX_COLUMNS or last_row > MAX_ROWS or last_column * last_row > MAX_CELLS:
        raise Refused("far_cell", sheet=name, cell=far or f"{column_letter(last_column)}{last_row}")
