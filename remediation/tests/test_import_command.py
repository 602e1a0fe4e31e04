"""``manage.py import_ledger``: what it keeps, what it refuses, and how it says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.roles import Role
from remediation.models import ImportBatch
from remediation.tests.importing_register import ledger_file, row, small_register
from tests.people import make_user

pytestmark = pytest.mark.django_db


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[list[dict[str, Any]], list[str]]:
    """The errors of the JSON of an import that is refused, and the lines beside it."""
    with pytest.raises(SystemExit) as ended:
        call_command("import_ledger", *map(str, arguments), "--json")
    assert ended.value.code == 2
    output = capsys.readouterr()
    return json.loads(output.out)["errors"], output.err.splitlines()


@pytest.fixture(autouse=True)
def register() -> None:
    small_register()


def test_the_batch_keeps_the_choices_and_the_desk_shows_it(client: Client, tmp_path: Path) -> None:
    call_command("import_ledger", ledger_file(tmp_path, row()), title="甲", year=2024, verbosity=0)
    batch = ImportBatch.objects.get()
    assert (batch.options["title"], batch.options["year"]) == ("甲", 2024)
    client.force_login(make_user(Role.LEDGER_ADMIN))
    # A batch of an earlier version kept nothing, and its ledger may be gone.
    ImportBatch.objects.update(options={}, ledger=None)
    assert client.get("/desk/").status_code == 200


@pytest.mark.parametrize("year", ["0", "99999", "1989", "-1", "²", "二零二四"])
def test_a_year_that_is_none_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], year: str
) -> None:
    errors, lines = refused(capsys, ledger_file(tmp_path, row()), "--title", "甲", f"--year={year}")
    assert [error["kind"] for error in errors] == ["bad_year"]
    assert lines == ["年份是1990到2100之间的数"]
    assert not ImportBatch.objects.exists()


def test_bad_arguments_are_told_in_the_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    errors, lines = refused(capsys, tmp_path / "没有.xlsx", "--title", "长" * 201)
    assert [error["kind"] for error in errors] == ["no_file", "bad_title"]
    assert len(lines) == 2


def test_an_unknown_name_is_told_with_a_remedy_of_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = ledger_file(tmp_path, row(牵头处室="医政科", 责任领导="副秘书长"))
    errors, lines = refused(capsys, path, "--title", "甲")
    for error, line in zip(errors, lines, strict=True):
        assert "--create-missing" in error["message"]
        assert error["message"] in line
        assert "预览" not in line


def test_rows_passed_over_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = ledger_file(tmp_path, row(), {"序号": "合计", "整改措施": 1})
    call_command("import_ledger", path, "--title", "甲", "--dry-run")
    assert "略过的行：合计1" in capsys.readouterr().out
    call_command("import_ledger", path, "--title", "甲", "--dry-run", "--json")
    assert json.loads(capsys.readouterr().out)["skipped"] == {"total": 1}
