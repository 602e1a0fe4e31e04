"""The test ledgers end to end: rows equal to the expected files, totals, defects, bad files, on the command line."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from django.core.management import call_command

from core.workbooks.reading import read_workbook
from remediation.importing.layout import cell_text
from remediation.models import ImportBatch, Item, Ledger, Measure
from remediation.tests.importing_register import import_register
from tests.shared_ledgers import LEDGERS, NEEDS_LEDGERS, compared, expected_rows

pytestmark = [NEEDS_LEDGERS, pytest.mark.django_db]

OFFICE = "ledger-2024-inspection-office.xlsx"
CLEAN = "ledger-2024-inspection.xlsx"


def run(command: str, *arguments: object, code: int = 0, **options: Any) -> Any:
    """The JSON of a command that ends with ``code``."""
    out = StringIO()
    try:
        call_command(command, *map(str, arguments), "--json", stdout=out, stderr=StringIO(), **options)
        ended = 0
    except SystemExit as exit_:
        ended = int(exit_.code or 0)
    assert ended == code
    return json.loads(out.getvalue())


@pytest.fixture
def register() -> None:
    import_register()


@pytest.mark.requirement("S000-01", "S003-61")
@pytest.mark.parametrize(
    ("file", "expected", "year"),
    [
        (CLEAN, "ledger-2024-inspection", None),
        (OFFICE, "ledger-2024-inspection-office", None),
        ("ledger-2024-inspection.xls", "ledger-2024-inspection-office", None),
        ("plan-2019-formalism.xlsx", "plan-2019-formalism", None),
    ],
)
def test_every_row_is_read_as_expected(register: None, file: str, expected: str, year: int | None) -> None:
    answer = run("import_ledger", LEDGERS / file, "--title", "甲", "--dry-run", "--rows", "--create-missing")
    assert [compared(row) for row in answer["parsed"]] == expected_rows(expected)
    assert (answer["errors"], Measure.objects.count()) == ([], 0)


def as_csv(source: Path, path: Path, *, encoding: str) -> Path:
    """A ledger as a comma-separated file, dates as text."""
    sheet = read_workbook(source).sheets[0]
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows([[cell_text(cell) for cell in row] for row in sheet.rows])
    return path


def as_ods(source: Path, path: Path) -> Path:
    """A ledger as an OpenDocument spreadsheet with its merged and hidden cells."""
    sheet = read_workbook(source).sheets[0]
    spans = {(m.top, m.left): (m.bottom - m.top + 1, m.right - m.left + 1) for m in sheet.merges}
    columns = "".join(
        '<table:table-column table:visibility="collapse"/>'
        if number in sheet.hidden_columns
        else "<table:table-column/>"
        for number in range(1, sheet.width + 1)
    )
    rows = []
    for top, cells in enumerate(sheet.rows, start=1):
        line = []
        for left, cell in enumerate(cells, start=1):
            down, across = spans.get((top, left), (1, 1))
            span = f' table:number-rows-spanned="{down}" table:number-columns-spanned="{across}"'
            text = "".join(f"<text:p>{escape(part)}</text:p>" for part in cell_text(cell).split("\n") if part)
            dated = f' office:value-type="date" office:date-value="{cell}"' if isinstance(cell, date) else ""
            line.append(f"<table:table-cell{span}{dated}>{text}</table:table-cell>")
        rows.append(f"<table:table-row>{''.join(line)}</table:table-row>")
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    body = f'<table:table table:name="整改台账">{columns}{"".join(rows)}</table:table>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body><office:spreadsheet>{body}"
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_the_clean_ledger_as_csv(register: None, tmp_path: Path, encoding: str) -> None:
    path = as_csv(LEDGERS / CLEAN, tmp_path / "台账.csv", encoding=encoding)
    answer = run("import_ledger", path, "--title", "甲", "--dry-run", "--rows")
    assert [{**compared(row), "sheet": "整改台账"} for row in answer["parsed"]] == expected_rows(
        "ledger-2024-inspection"
    )


@pytest.mark.parametrize("suffix", ["ods", "et"])
def test_the_office_layout_as_ods_and_et(register: None, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"台账.{suffix}"
    if suffix == "ods":
        as_ods(LEDGERS / OFFICE, path)
    else:
        path.write_bytes((LEDGERS / "ledger-2024-inspection.xls").read_bytes())
    answer = run("import_ledger", path, "--title", "甲", "--dry-run", "--rows")
    assert [compared(row) for row in answer["parsed"]] == expected_rows("ledger-2024-inspection-office")


@pytest.mark.requirement("S003-19", "S003-20", "S003-22", "S003-23", "S003-24", "S003-26")
@pytest.mark.parametrize("file", [OFFICE, CLEAN])
def test_the_totals_of_source_003(register: None, file: str) -> None:
    run(
        "import_ledger",
        LEDGERS / file,
        "--title",
        "2024年巡视整改台账",
        "--unfinished-as-basically-completed",
    )
    totals = run("ledger_totals", "2024年巡视整改台账", "--by-office")

    def counts(subject: str) -> tuple[int, int, int, int]:
        found = totals[subject]
        return found["total"], found["completed"], found["basically_completed"], found["in_progress"]

    assert counts("key_problems") == (14, 7, 7, 0)
    assert counts("specific_problems") == (45, 34, 11, 0)
    assert counts("inference_items") == (58, 50, 8, 0)
    assert counts("reform_items") == (7, 4, 3, 0)
    assert counts("measures") == (284, 253, 0, 31)
    assert sum(office["lead"]["total"] for office in totals["offices"].values()) == 284
    ledger = Ledger.objects.get()
    shared = Measure.objects.filter(ledger=ledger, shared_key__isnull=False)
    assert shared.count() - shared.values("shared_key").distinct().count() == 6
    origin = Item.objects.get(kind="inference_item", number="24").inferred_from
    assert origin is not None
    assert (origin.kind, origin.number) == ("specific_problem", "17")


def test_a_ledger_of_2019_shows_the_names_of_2019(register: None) -> None:
    run("import_ledger", LEDGERS / "plan-2019-formalism.xlsx", "--title", "2019", "--create-missing")
    totals = run("ledger_totals", "2019", "--by-office")
    assert totals["projects"]["total"] == 35
    assert "体制改革处" in totals["offices"]
    assert "体改处" not in totals["offices"]


def test_unknown_posts_stop_an_import_until_they_are_created(register: None) -> None:
    answer = run("import_ledger", LEDGERS / "plan-2019-formalism.xlsx", "--title", "2019", code=2)
    assert {error["kind"] for error in answer["errors"]} == {"unknown_position"}
    assert not Ledger.objects.exists()
    assert not ImportBatch.objects.exists()


def test_the_same_file_again_is_all_unchanged_in_every_layout(register: None) -> None:
    first = run("import_ledger", LEDGERS / OFFICE, "--title", "甲")
    assert (first["created"], first["items"], first["rows"]) == (284, 103, 284)
    for file in (OFFICE, "ledger-2024-inspection.xls"):
        again = run("import_ledger", LEDGERS / file, "--title", "甲")
        assert (again["created"], again["updated"], again["unchanged"], again["missing"]) == (0, 0, 284, 0)
    clean = run("import_ledger", LEDGERS / CLEAN, "--title", "甲", "--dry-run")
    assert (clean["created"], clean["missing"]) == (0, 0)


def test_the_twelve_defects(register: None) -> None:
    defects = json.loads((LEDGERS / "errors.json").read_text(encoding="utf-8"))["defects"]
    answer = run("import_ledger", LEDGERS / "errors.xlsx", "--title", "甲", code=2)

    def places(entries: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
        return {(e["sheet"], e["row"], e["column"], e["kind"]) for e in entries}

    assert places(answer["errors"]) == places([d for d in defects if d["severity"] == "error"])
    assert places(answer["warnings"]) == places([d for d in defects if d["severity"] == "warning"])
    assert not Measure.objects.exists()


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("not-a-workbook.xlsx", "not_a_workbook"),
        ("truncated.xlsx", "damaged"),
        ("wrong-columns.xlsx", "no_ledger"),
        ("empty.xlsx", "no_ledger"),
        ("password.xlsx", "encrypted"),
        ("macro.xlsm", "macro"),
        ("bomb.xlsx", "too_large"),
        ("xxe.xlsx", "external_entity"),
        ("far-corner.xlsx", "far_cell"),
    ],
)
def test_bad_files_write_nothing_and_say_why(register: None, file: str, kind: str) -> None:
    answer = run("import_ledger", LEDGERS / file, "--title", "甲", code=2)
    assert [error["kind"] for error in answer["errors"]] == [kind]
    assert answer["rows"] == 0
    assert not Ledger.objects.exists()


def test_errors_go_to_stderr_in_plain_words(register: None) -> None:
    errors = StringIO()
    with pytest.raises(SystemExit):
        call_command(
            "import_ledger", LEDGERS / "errors.xlsx", "--title", "甲", stdout=StringIO(), stderr=errors
        )
    lines = errors.getvalue().splitlines()
    assert len(lines) == 6
    assert lines[1].startswith("整改台账，第6行，K 完成时限：日期不存在")


def test_the_plain_output_of_both_commands(register: None, tmp_path: Path) -> None:
    out = StringIO()
    call_command("import_ledger", LEDGERS / CLEAN, "--title", "甲", stdout=out)
    assert "新增284" in out.getvalue()
    out = StringIO()
    call_command("ledger_totals", "甲", "--by-office", stdout=out)
    assert "specific_problems: total 45" in out.getvalue()


@pytest.mark.slow
def test_ten_thousand_rows(register: None) -> None:
    answer = run("import_ledger", LEDGERS / "big-10k.xlsx", "--title", "大")
    assert (answer["created"], answer["items"], answer["errors"]) == (10_000, 2085, [])
    again = run("import_ledger", LEDGERS / "big-10k.xlsx", "--title", "大", "--dry-run")
    assert (again["unchanged"], again["updated"]) == (10_000, 0)
