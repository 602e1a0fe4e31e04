"""What an import sets beside its rows, and what an undo puts back or leaves."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Office, OfficeAlias
from accounts.roles import Role
from remediation.importing.undoing import can_undo_import, undo_batch
from remediation.models import BatchState, ImportBatch, Ledger
from remediation.tests.importing_register import commit, ledger_file, plan_of, row, small_register
from tests.people import make_user

pytestmark = pytest.mark.django_db
SET = ("unfinished_counts_as_basically_completed", "as_of", "year")


@pytest.fixture(autouse=True)
def register() -> None:
    small_register()


def policy() -> tuple[object, ...]:
    """What an import may set of the ledger."""
    ledger = Ledger.objects.get()
    return tuple(getattr(ledger, name) for name in SET)


def test_an_undo_puts_the_ledger_back(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row(), name="a.xlsx"))
    before = policy()
    path = ledger_file(tmp_path, row(完成状态="已完成"), title="台账（截至2024年9月4日）")
    batch = commit(path, unfinished_as_basically_completed=True)
    assert (before, policy()) == ((False, None, None), (True, date(2024, 9, 4), 2024))
    undo_batch(batch.pk, actor=None)
    assert policy() == before


def test_what_somebody_set_since_stays(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row(), name="a.xlsx"))
    path = ledger_file(tmp_path, row(完成状态="已完成"), title="台账（截至2024年9月4日）")
    batch = commit(path, unfinished_as_basically_completed=True)
    Ledger.objects.update(as_of=date(2024, 10, 1))
    undo_batch(batch.pk, actor=None)
    assert policy() == (False, date(2024, 10, 1), None)


def test_a_batch_that_only_set_the_ledger_is_taken_back_too(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row(), name="a.xlsx"))
    path = ledger_file(tmp_path, row(), title="台账（截至2024年9月4日）")
    assert [change.field for change in plan_of(path).ledger_changes] == ["as_of", "year"]
    batch = commit(path)
    assert can_undo_import(batch)
    undo_batch(batch.pk, actor=None)
    assert policy() == (False, None, None)
    batch.refresh_from_db()
    assert (batch.state, plan_of(ledger_file(tmp_path, row())).ledger_changes) == (BatchState.UNDONE, [])


def test_the_pages_tell_what_is_set_and_what_stays(client: Client, tmp_path: Path) -> None:
    client.force_login(make_user(Role.LEDGER_ADMIN))
    path = ledger_file(
        tmp_path,
        row(牵头处室="医政科", 协办处室="新设处", 责任领导="副秘书长"),
        title="台账（截至2024年9月4日）",
    )
    file = SimpleUploadedFile(path.name, path.read_bytes())
    client.post(reverse("remediation:import_list"), {"file": file, "title": "甲"})
    batch = ImportBatch.objects.get()

    def post(step: str, **fields: object) -> str:
        client.post(reverse(f"remediation:{step}", args=[batch.pk]), fields)
        return client.get(reverse("remediation:import_detail", args=[batch.pk])).content.decode()

    text = post("import_mapping", title="甲")
    assert "台账本身" in text
    assert "2024-09-04" in text
    names = [question["name"] for question in ImportBatch.objects.get().preview["questions"]]
    fields: dict[str, object] = {f"question-{place}": "create" for place in range(len(names))}
    alias = names.index("医政科")
    fields |= {f"question-{alias}": Office.objects.get(name="医政医管处").pk, f"alias-{alias}": "on"}
    post("import_answers", **fields)
    post("import_commit")
    asked = client.get(reverse("remediation:import_undo", args=[batch.pk])).content.decode()
    told = post("import_undo")
    for page in (asked, told):
        assert "保留" in page
        for name in ("医政科", "新设处", "副秘书长"):
            assert name in page
    assert OfficeAlias.objects.filter(name="医政科").exists()
