"""Workbooks of every kind into grids, and bad files into sentences, without danger to this process."""

from __future__ import annotations

import gzip
import os
import resource
import struct
import time
import zipfile
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from core.csv_writing import streamed_csv
from core.workbooks import reading
from core.workbooks.biff import scan_sheet
from core.workbooks.grid import Merge, column_letter, column_number
from core.workbooks.kept import PART_SUFFIX, SUFFIX, forget_older
from core.workbooks.reading import read_workbook
from core.workbooks.refusals import WorkbookRefused
from tests.shared_ledgers import LEDGERS, NEEDS_LEDGERS

REFUSED = {
    "not-a-workbook.xlsx": "not_a_workbook",
    "truncated.xlsx": "damaged",
    "password.xlsx": "encrypted",
    "macro.xlsm": "macro",
    "bomb.xlsx": "too_large",
    "xxe.xlsx": "external_entity",
    "far-corner.xlsx": "far_cell",
}
# ruff: noqa: E501 - the content of a file
ODS_CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="台账">
<table:table-column/><table:table-column table:visibility="collapse"/><table:table-column/>
<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>甲</text:p><text:p>乙</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="3"><text:p>3</text:p></table:table-cell>
<table:table-cell office:value-type="date" office:date-value="2024-06-30"><text:p>6月</text:p></table:table-cell></table:table-row>
<table:table-row><table:covered-table-cell/><table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"><text:p>2</text:p></table:table-cell>
<table:table-cell><office:annotation><text:p>批注</text:p></office:annotation><text:p>a<text:s text:c="2"/>b<text:line-break/>c</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="1048574"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def ods(path: Path, content: str = ODS_CONTENT) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return path


def xlsx(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


def with_sheet(path: Path, change: tuple[bytes, bytes]) -> Path:
    """The workbook with bytes of its first sheet replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    assert change[0] in parts[name]
    parts[name] = parts[name].replace(*change)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return path


def test_error_cells_of_xlsx_are_read_as_their_words(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["a", "b", "#REF!", 1])
    sheet.append([None, "#N/A"])
    for place in ("C1", "B2"):
        sheet[place].data_type = "e"
    book.save(path)
    assert read_workbook(path).sheets[0].rows == [["a", "b", "#REF!", 1], [None, "#N/A"]]


def test_error_cells_of_xls_are_found() -> None:
    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<2H", kind, len(body)) + body

    formula = struct.pack("<3HBxB3xH", 1, 2, 0, 2, 0x17, 0xFFFF) + bytes(8)
    stream = (
        record(0x0006, formula) + record(0x0205, struct.pack("<3HBB", 4, 0, 0, 0x2A, 1)) + record(0x000A, b"")
    )
    assert scan_sheet(stream, 0).errors == {(2, 3): "#REF!", (5, 1): "#N/A"}


@pytest.mark.parametrize("text", ["-1", "=x", "'-1", "''=x", "@a", "+", "-", "'quoted'", "'", "''", "a-1"])
def test_a_disarmed_text_is_read_as_it_was_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"".join(streamed_csv(["a", "b"], [["x", text]])))
    assert read_workbook(path).sheets[0].rows[1] == ["x", text]


@NEEDS_LEDGERS
@pytest.mark.parametrize(("name", "code"), REFUSED.items())
def test_bad_files_are_refused_in_seconds_and_within_memory(name: str, code: str) -> None:
    started = time.monotonic()
    with pytest.raises(WorkbookRefused) as refusal:
        read_workbook(LEDGERS / name)
    assert time.monotonic() - started < 5
    assert refusal.value.code == code
    assert any("\u4e00" <= character <= "\u9fff" for character in str(refusal.value))
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 500 * 1024


@NEEDS_LEDGERS
def test_the_external_entity_is_not_resolved() -> None:
    host = (
        Path("/etc/hostname").read_text(encoding="utf-8").strip()
        if Path("/etc/hostname").exists()
        else "x" * 40
    )
    with pytest.raises(WorkbookRefused) as refusal:
        read_workbook(LEDGERS / "xxe.xlsx")
    assert host not in str(refusal.value)


@NEEDS_LEDGERS
@pytest.mark.slow
def test_the_largest_ledger_is_read_within_memory() -> None:
    sheet = read_workbook(LEDGERS / "big-100k.xlsx").sheets[0]
    assert len(sheet.rows) == 100_001
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 500 * 1024


@NEEDS_LEDGERS
def test_the_office_layout_and_its_xls_are_one_grid() -> None:
    new = read_workbook(LEDGERS / "ledger-2024-inspection-office.xlsx").sheets[0]
    old = read_workbook(LEDGERS / "ledger-2024-inspection.xls").sheets[0]
    assert new.hidden_columns == old.hidden_columns == {2}
    assert {(m.top, m.left, m.bottom, m.right) for m in new.merges} == {
        (m.top, m.left, m.bottom, m.right) for m in old.merges
    }
    assert len(new.rows) == len(old.rows) == 304
    assert new.value(7, 11) == old.value(7, 11) == date(2024, 7, 15)


@NEEDS_LEDGERS
def test_a_formula_gives_its_stored_result_and_is_told() -> None:
    sheet = read_workbook(LEDGERS / "errors.xlsx").sheets[0]
    assert sheet.formulas == {(21, 14): "=1+1"}
    assert sheet.value(21, 14) == 2


@NEEDS_LEDGERS
def test_an_et_is_read_by_its_content(tmp_path: Path) -> None:
    copy = tmp_path / "台账.et"
    copy.write_bytes((LEDGERS / "ledger-2024-inspection.xls").read_bytes())
    assert read_workbook(copy).kind == "xls"


def test_ods_with_merges_hidden_columns_dates_and_a_million_empty_rows(tmp_path: Path) -> None:
    book = read_workbook(ods(tmp_path / "a.ods"))
    sheet = book.sheets[0]
    assert (book.kind, sheet.name) == ("ods", "台账")
    assert sheet.rows == [["甲\n乙", 3, date(2024, 6, 30)], [None, 2, "a  b\nc"]]
    assert sheet.merges == [Merge(1, 1, 2, 1)]
    assert sheet.hidden_columns == {2}
    assert sheet.formulas == {(2, 2): "=1+1"}


def test_ods_with_a_far_cell_an_entity_or_a_password_is_refused(tmp_path: Path) -> None:
    far = ODS_CONTENT.replace(
        '<table:table-cell table:number-columns-repeated="16384"/>',
        "<table:table-cell><text:p>x</text:p></table:table-cell>",
    )
    entity = ODS_CONTENT.replace(
        "<office:document-content",
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><office:document-content',
        1,
    )
    for content, code in ((far, "far_cell"), (entity, "external_entity"), ("<broken", "damaged")):
        with pytest.raises(WorkbookRefused) as refusal:
            read_workbook(ods(tmp_path / "a.ods", content))
        assert refusal.value.code == code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_in_every_encoding_and_separator(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f'序号{separator}措施\r\n1{separator}"甲{separator}\n乙"\r\n'.encode(encoding))
    assert read_workbook(path).sheets[0].rows == [["序号", "措施"], ["1", f"甲{separator}\n乙"]]


def test_blank_rows_and_columns_before_the_table_keep_their_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0]["C4"] = "甲"
    book.worksheets[0]["D5"] = 7
    book.save(tmp_path / "a.xlsx")
    sheet = read_workbook(tmp_path / "a.xlsx").sheets[0]
    assert sheet.value(4, 3) == "甲"
    assert sheet.value(5, 4) == 7
    assert sheet.value(1, 1) is None


def test_stray_formats_down_to_the_last_row_do_no_harm(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [["甲", 1]])
    stray = b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
    sheet = read_workbook(with_sheet(path, (b"</sheetData>", stray))).sheets[0]
    assert sheet.rows == [["甲", 1]]


def test_a_far_cell_hidden_by_a_small_dimension_is_refused_by_its_name(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [["甲", 1]])
    far = b'<row r="900000"><c r="ZZ900000"><v>1</v></c></row></sheetData>'
    with pytest.raises(WorkbookRefused, match="ZZ900000"):
        read_workbook(with_sheet(path, (b"</sheetData>", far)))


def test_hidden_sheets_rows_and_columns_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["甲", "乙", "丙"])
    sheet.append([1, 2, 3])
    sheet.column_dimensions["B"].hidden = True
    sheet.row_dimensions[2].hidden = True
    other = book.create_sheet("旧")
    other["A1"] = "x"
    other.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    first, second = read_workbook(tmp_path / "a.xlsx").sheets
    assert (first.hidden_columns, first.hidden_rows, first.hidden, second.hidden) == (
        frozenset({2}),
        frozenset({2}),
        False,
        True,
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "web_page"),
        (b"%PDF-1.7\n...", "document"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00", "old_workbook"),
        (b"PK\x03\x04rubbish", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "damaged"),
        (b"\x00\x01\x02\x03" * 50, "not_a_workbook"),
    ],
)
def test_what_is_no_workbook_is_named(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(content)
    with pytest.raises(WorkbookRefused) as refusal:
        read_workbook(path)
    assert refusal.value.code == code


def test_a_reader_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BASE_SECONDS", 0.0)
    with pytest.raises(WorkbookRefused) as refusal:
        read_workbook(xlsx(tmp_path / "a.xlsx", [["甲", 1]]))
    assert refusal.value.code == "too_slow"


def test_a_document_in_a_zip_is_named(tmp_path: Path) -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    (tmp_path / "a.xlsx").write_bytes(stream.getvalue())
    with pytest.raises(WorkbookRefused) as refusal:
        read_workbook(tmp_path / "a.xlsx")
    assert refusal.value.code == "document"


def test_what_is_kept_of_a_workbook_is_read_instead_of_it(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [["甲", 1, 2.5, True, date(2026, 3, 2)], [None, "乙\n丙"]])
    kept = tmp_path / "read" / f"a{SUFFIX}"
    first = read_workbook(path, kept=kept)
    assert first == read_workbook(path)
    path.write_bytes(b"not opened again")
    assert read_workbook(path, kept=kept) == first
    assert [file.name for file in kept.parent.iterdir()] == [kept.name]


def test_a_damaged_copy_is_made_anew(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [["甲"]] * 3000)
    kept = tmp_path / f"a{SUFFIX}"
    whole = read_workbook(path, kept=kept)
    content = kept.read_bytes()
    for damaged in (b"", b"\x00" * 50, content[: len(content) // 2], content[:-9] + b"\x01" + content[-8:]):
        kept.write_bytes(damaged)
        assert read_workbook(path, kept=kept) == whole
        assert gzip.decompress(kept.read_bytes()) == gzip.decompress(content)


def test_nothing_is_kept_of_what_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\x00\x01\x02" * 100)
    with pytest.raises(WorkbookRefused):
        read_workbook(path, kept=tmp_path / "read" / f"a{SUFFIX}")
    assert not [*(tmp_path / "read").iterdir()]


def test_what_was_kept_long_ago_is_forgotten(tmp_path: Path) -> None:
    old, fresh, part = (tmp_path / name for name in (f"a{SUFFIX}", f"b{SUFFIX}", f"a{SUFFIX}.x{PART_SUFFIX}"))
    for path in (old, fresh, part):
        path.write_bytes(b"")
    long_ago = time.time() - 7200
    os.utime(old, (long_ago, long_ago))
    os.utime(part, (long_ago, long_ago))
    forget_older(tmp_path, timedelta(hours=1))
    assert [*tmp_path.iterdir()] == [fresh]
    forget_older(tmp_path / "nowhere", timedelta(hours=1))


def test_column_letters() -> None:
    for number, letters in ((1, "A"), (26, "Z"), (27, "AA"), (256, "IV"), (16384, "XFD")):
        assert column_letter(number) == letters
        assert column_number(letters) == number
