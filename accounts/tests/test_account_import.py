"""Accounts as a workbook: passwords shown once, roles asked for, every error told."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.importing.account_plan import account_rows, plan_accounts
from accounts.importing.workbooks import accounts_template
from accounts.models import Office, OfficeAlias, Position, RoleRequest, User
from accounts.roles import Role
from core.models import AuditEvent
from core.workbooks.reading import read_workbook
from tests.people import make_office, make_position, make_user
from tests.workbooks import upload_of, write_workbook

HEAD = ["姓名", "账号", "处室", "角色", "职务", "邮箱", "备注"]
GOOD: list[list[Any]] = [
    ["甲", "jia", "医政处", "经办人", None, "jia@example.org", None],
    ["乙", "yi", "医政医管处", "office_head、督查室", None, None, None],
    ["丙", "bing", None, "委主要领导", "党委书记、主任", None, None],
]


@pytest.fixture
def register(db: None) -> Office:
    """What the rows refer to."""
    office = make_office("医政医管处")
    OfficeAlias.objects.create(office=office, name="医政处")
    make_position("党委书记、主任", is_principal=True)
    return office


def file_with(tmp_path: Path, *rows: list[Any]) -> str:
    return str(write_workbook(tmp_path / "users.xlsx", {"账号": [HEAD, *rows]}))


def run(capsys: pytest.CaptureFixture[str], path: str, *options: str) -> dict[str, Any]:
    call_command("import_users", path, "--json", *options)
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_accounts_are_made_and_their_roles_wait(
    tmp_path: Path, register: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = run(capsys, file_with(tmp_path, *GOOD))
    assert (answer["created"], answer["roles_asked_for"], answer["roles_granted"]) == (3, 4, 0)
    for line in answer["accounts"]:
        user = User.objects.get(username=line["username"])
        assert user.check_password(line["initial_password"])
        assert user.must_change_password
        assert user.roles == frozenset()
    first = User.objects.get(username="jia")
    assert (first.office, first.email, first.display_name) == (register, "jia@example.org", "甲")
    assert Position.objects.get().holder == User.objects.get(username="bing")
    log = "".join(str(event.detail) for event in AuditEvent.objects.all())
    assert not any(line["initial_password"] in log for line in answer["accounts"])


def test_the_same_file_twice_changes_nothing(
    tmp_path: Path, register: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_with(tmp_path, *GOOD)
    run(capsys, path)
    before = list(User.objects.order_by("pk").values())
    answer = run(capsys, path)
    assert (answer["created"], answer["updated"], answer["unchanged"]) == (0, 0, 3)
    assert answer["roles_asked_for"] == 0
    assert {line["initial_password"] for line in answer["accounts"]} == {None}
    assert list(User.objects.order_by("pk").values()) == before


def test_the_operator_may_grant_at_once_and_the_log_says_so(
    tmp_path: Path, register: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_with(tmp_path, *GOOD)
    run(capsys, path)
    answer = run(capsys, path, "--grant-roles")
    assert answer["roles_granted"] == 4
    assert User.objects.get(username="yi").roles == {Role.OFFICE_HEAD, Role.SUPERVISION_OFFICE}
    assert User.objects.get(username="bing").is_principal_leader
    assert not RoleRequest.objects.exists()
    granted = AuditEvent.objects.filter(event_type="role_granted")
    assert set(granted.values_list("actor_name", flat=True)) == {"manage.py"}
    assert run(capsys, path, "--grant-roles")["updated"] == 0


def test_every_error_of_every_row_is_told_and_nothing_is_written(
    tmp_path: Path, register: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    make_user(Role.LEDGER_ADMIN, username="ledger")
    make_user(username="gone", is_active=False)
    make_office("老机构", is_active=False)
    path = file_with(
        tmp_path,
        [None, "a b", None, "处室经办人", None, None, None],
        ["丁", "LEDGER", "没有处", "系统管理员", "没有职务", "不是邮箱", None],
        ["戊", "wu", "老机构", "经理、安全管理员、督查室", "党委书记、主任", None, None],
        ["己", "wu", None, "委领导", "党委书记、主任", None, None],
        ["庚", "gone", None, None, None, None, None],
        ["辛", None, None, None, None, None, None],
    )
    with pytest.raises(CommandError) as refusal:
        call_command("import_users", path, "--json")
    assert refusal.value.returncode == 2
    output = capsys.readouterr()
    errors = [(error["row"], error["column"], error["kind"]) for error in json.loads(output.out)["errors"]]
    assert errors == [
        (2, 1, "missing"),
        (2, 2, "bad_sign_in"),
        (2, 3, "missing"),
        (3, 3, "unknown_office"),
        (3, 4, "not_separated"),
        (3, 5, "unknown_position"),
        (3, 6, "bad_email"),
        (4, 3, "inactive_office"),
        (4, 4, "unknown_role"),
        (4, 4, "not_separated"),
        (5, 2, "duplicate"),
        (5, 5, "duplicate"),
        (6, 2, "deactivated"),
        (7, 2, "missing"),
    ]
    assert len(output.err.splitlines()) == len(errors)
    assert "“账号”第2行A列：没有姓名，填上。" in output.err
    assert "机构名录里没有“没有处”" in output.err
    assert "没有职务“没有职务”" in output.err
    assert User.objects.count() == 2


def test_an_existing_account_changes_but_keeps_its_password(
    tmp_path: Path, register: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    user = make_user(Role.CLERK, username="jia", office=make_office("别处"), email="old@example.org")
    answer = run(capsys, file_with(tmp_path, ["甲甲", "JIA", "医政处", "经办人", None, None, None]))
    assert (answer["updated"], answer["roles_asked_for"]) == (1, 0)
    password = user.password
    user = User.objects.get(pk=user.pk)
    assert (user.display_name, user.office, user.email) == ("甲甲", register, "old@example.org")
    assert (user.password, user.must_change_password) == (password, False)


def test_three_hundred_accounts_are_planned_in_few_queries(
    tmp_path: Path, register: Office, django_assert_max_num_queries: Any
) -> None:
    rows = [[f"人{number}", f"user{number}", "医政处", "经办人", None, None, None] for number in range(300)]
    tables, issues = account_rows(read_workbook(Path(file_with(tmp_path, *rows))))
    with django_assert_max_num_queries(8):
        assert len(plan_accounts(tables, issues).accounts) == 300


def test_the_template_offers_what_is_registered(tmp_path: Path, register: Office) -> None:
    book = openpyxl.load_workbook(io.BytesIO(accounts_template()))
    assert [cell.value for cell in book["账号"][1]] == HEAD
    assert book["可选项"]["A1"].value == "医政医管处"
    assert {validation.type for validation in book["账号"].data_validations.dataValidation} == {"list"}
    path = tmp_path / "template.xlsx"
    path.write_bytes(accounts_template())
    assert account_rows(read_workbook(path))[0] == {"accounts": []}


def test_no_cell_of_what_goes_out_is_a_formula(client: Client, sys_admin: User, db: None) -> None:
    make_office('=cmd|"/c calc"!A1')
    book = openpyxl.load_workbook(io.BytesIO(accounts_template()))
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


class TestInTheBrowser:
    """The system administrator's: passwords stand on one answer alone."""

    def test_from_the_file_to_the_list_of_passwords(
        self, client: Client, sys_admin: User, register: Office
    ) -> None:
        client.force_login(sys_admin)
        page = client.post("/accounts/import/", {"file": upload_of({"账号": [HEAD, *GOOD]})})
        form = {name: page.context[name] for name in ("draft", "fingerprint", "file_name")}
        assert User.objects.count() == 1
        done = client.post("/accounts/import/", form)
        assert done.status_code == 200
        assert "no-store" in done["Cache-Control"]
        shown = {one.username: one.password for one in done.context["done"].passwords}
        assert User.objects.get(username="jia").check_password(shown["jia"])
        assert RoleRequest.objects.filter(requested_by=sys_admin).count() == 4
        answer = client.post("/accounts/passwords/", {"sealed": done.context["sealed"]})
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
        listed = {row[1]: row[3] for row in sheet.iter_rows(min_row=2, values_only=True)}
        assert listed == shown
        # The same answer sent again makes nobody and shows nothing.
        again = client.post("/accounts/import/", form)
        assert not any(password in again.content.decode() for password in shown.values())
        assert User.objects.count() == 4

    def test_an_altered_list_is_not_written(self, client: Client, sys_admin: User) -> None:
        client.force_login(sys_admin)
        assert client.post("/accounts/passwords/", {"sealed": "made-up"}).status_code == 404
