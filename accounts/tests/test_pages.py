"""The pages of the register, of accounts, of roles, of messages and of the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import messages
from accounts.models import Notification, Office, OfficeAlias, Portfolio, Position, User
from accounts.roles import Role
from core import audit, clock
from core.models import AuditEvent
from tests.people import PASSWORD, make_office, make_position, make_user

OFFICE = {
    "name": "财务处",
    "kind": "internal",
    "order": "3",
    "is_active": "on",
    "aliases": "财审处\n财务审计处",
}
NO_FORMER = {"former-TOTAL_FORMS": "0", "former-INITIAL_FORMS": "0"}


def former(*names: tuple[str, str]) -> dict[str, str]:
    """What the form set of former names sends."""
    sent = {"former-TOTAL_FORMS": str(len(names)), "former-INITIAL_FORMS": "0"}
    for at, (name, until) in enumerate(names):
        sent |= {f"former-{at}-name": name, f"former-{at}-valid_to": until}
    return sent


class TestOffices:
    @pytest.fixture(autouse=True)
    def signed_in(self, client: Client, ledger_admin: User) -> None:
        client.force_login(ledger_admin)

    def test_an_office_is_made_with_all_its_names(self, client: Client) -> None:
        answer = client.post("/offices/new/", {**OFFICE, **former(("计财处", "2020-06-30"), ("", ""))})
        assert answer["Location"] == "/offices/"
        office = Office.objects.get(name="财务处")
        names = OfficeAlias.objects.filter(office=office).values_list("name", "is_former", "valid_to")
        assert set(names) == {
            ("财审处", False, None),
            ("财务审计处", False, None),
            ("计财处", True, date(2020, 6, 30)),
        }
        assert AuditEvent.objects.filter(event_type="office_created", target="财务处").exists()

    def test_the_page_shows_what_is_stored_and_saving_it_changes_nothing(self, client: Client) -> None:
        client.post("/offices/new/", {**OFFICE, **former(("计财处", "2020-06-30"))})
        office = Office.objects.get(name="财务处")
        stored = list(OfficeAlias.objects.order_by("pk").values())
        page = client.get(f"/offices/{office.pk}/")
        form, former_forms = page.context["form"], page.context["former"]
        assert form["name"].value() == "财务处"
        assert former_forms[0]["name"].value() == "计财处"
        sent = {name: form[name].value() or "" for name in form.fields}
        client.post(f"/offices/{office.pk}/", {**sent, **former(("计财处", "2020-06-30"))})
        assert list(OfficeAlias.objects.order_by("pk").values()) == stored

    def test_names_can_be_taken_away_and_turned_into_former_ones(self, client: Client) -> None:
        client.post("/offices/new/", {**OFFICE, **NO_FORMER})
        office = Office.objects.get(name="财务处")
        sent = {**OFFICE, "aliases": "", **former(("财审处", "2021-12-31"))}
        assert client.post(f"/offices/{office.pk}/", sent).status_code == 302
        assert [(a.name, a.is_former) for a in office.aliases.all()] == [("财审处", True)]

    def rename(self, client: Client, office: Office, name: str) -> Any:
        """Save the page of ``office`` with another name and everything else as it shows it."""
        page = client.get(f"/offices/{office.pk}/")
        form = page.context["form"]
        assert "曾用名" in form.fields["name"].help_text
        rows = [
            (row["name"].value(), str(row["valid_to"].value()))
            for row in page.context["former"].initial_forms
        ]
        sent = {field: form[field].value() or "" for field in form.fields}
        return client.post(f"/offices/{office.pk}/", {**sent, "name": name, **former(*rows)}, follow=True)

    def test_a_renamed_office_keeps_its_name_as_a_former_one(self, client: Client, office: Office) -> None:
        yesterday = clock.today() - timedelta(days=1)
        answer = self.rename(client, office, "医政处")
        assert (
            f"已保存：医政处。“医政医管处”记为曾用名，到{yesterday:%Y-%m-%d}为止。" in answer.content.decode()
        )
        office = Office.objects.get(pk=office.pk)
        assert [(a.name, a.is_former, a.valid_to) for a in office.aliases.all()] == [
            ("医政医管处", True, yesterday)
        ]
        years = (None, yesterday, clock.today(), 2019)
        assert [office.name_in(day) for day in years] == ["医政处", "医政医管处", "医政处", "医政医管处"]
        event = AuditEvent.objects.get(event_type="office_changed")
        assert event.detail["changes"]["name"] == "医政医管处 → 医政处"

    def test_renaming_back_does_not_collide_with_the_former_name(
        self, client: Client, office: Office
    ) -> None:
        OfficeAlias.objects.create(office=office, name="医政科", is_former=True, valid_to=date(2018, 5, 1))
        for name in ("医政处", "医政医管处", "医政科"):
            answer = self.rename(client, office, name)
            assert answer.status_code == 200
            assert f"已保存：{name}" in answer.content.decode()
        office = Office.objects.get(pk=office.pk)
        assert office.name == "医政科"
        assert [office.name_in(year) for year in (2017, 2019, None)] == ["医政科", "医政医管处", "医政科"]
        assert {alias.name for alias in office.aliases.all()} == {"医政科", "医政医管处", "医政处"}

    def test_after_a_slip_the_former_name_can_be_removed(self, client: Client, office: Office) -> None:
        self.rename(client, office, "医政医管处 ")
        assert not office.aliases.exists(), "the same name in another spelling"
        self.rename(client, office, "医攻处")
        self.rename(client, office, "医政处")
        sent = {"name": "医政处", "kind": "internal", "order": "0", "is_active": "on", **NO_FORMER}
        assert client.post(f"/offices/{office.pk}/", sent).status_code == 302
        assert not OfficeAlias.objects.filter(office=office).exists()

    @pytest.mark.parametrize(
        "changed",
        [
            {"name": "规划信息处"},
            {"name": "信息处"},
            {"aliases": "规划信息处"},
            {"aliases": "信息处"},
            former(("信息处", "2020-01-01")),
            former(("旧名", "")),
            former(("", "2020-01-01")),
            former(("旧名", "2020-02-30")),
            former(("旧名", "2020-01-01"), ("旧名", "2021-01-01")),
            {"name": ""},
        ],
    )
    def test_a_name_belongs_to_one_office(
        self, client: Client, other_office: Office, changed: dict[str, str]
    ) -> None:
        OfficeAlias.objects.create(office=other_office, name="信息处")
        answer = client.post("/offices/new/", {**OFFICE, **NO_FORMER, **changed})
        assert answer.status_code == 422
        assert not Office.objects.filter(order=3).exists()

    def test_an_office_cannot_be_put_below_itself(
        self, client: Client, organ: Office, office: Office
    ) -> None:
        below = make_office("科室", parent=office)
        for parent in (office, below):
            sent = {**OFFICE, **NO_FORMER, "name": office.name, "parent": str(parent.pk)}
            assert client.post(f"/offices/{office.pk}/", sent).status_code == 422

    def test_the_list_is_a_tree_and_finds_by_other_names(
        self, client: Client, organ: Office, office: Office, other_office: Office
    ) -> None:
        OfficeAlias.objects.create(office=office, name="医政处")
        lines = client.get("/offices/").context["lines"]
        assert [(line.office.name, line.depth) for line in lines] == [
            ("市卫生健康委", 0),
            ("医政医管处", 1),
            ("规划信息处", 1),
        ]
        assert [line.office for line in client.get("/offices/?q=医政处").context["lines"]] == [office]
        assert "没有叫" in client.get("/offices/?q=没有").content.decode()


class TestPositions:
    @pytest.fixture(autouse=True)
    def signed_in(self, client: Client, ledger_admin: User) -> None:
        client.force_login(ledger_admin)

    def test_a_post_gets_its_holder_and_offices(
        self, client: Client, office: Office, other_office: Office
    ) -> None:
        leader = make_user(Role.LEADER)
        sent: dict[str, Any] = {"title": "副主任", "holder": leader.pk, "order": 1, "is_active": "on"}
        sent["offices"] = [office.pk, other_office.pk]
        assert client.post("/positions/new/", sent).status_code == 302
        position = Position.objects.get(title="副主任")
        assert User.objects.get(pk=leader.pk).portfolio_office_ids == {office.pk, other_office.pk}
        from_day = clock.today() + timedelta(days=1)
        sent |= {"offices": [other_office.pk], "from_day": from_day.isoformat()}
        assert client.post(f"/positions/{position.pk}/", sent).status_code == 302
        ended = Portfolio.objects.get(office=office)
        assert ended.valid_to == clock.today()
        assert User.objects.get(pk=leader.pk).portfolio_office_ids == {office.pk, other_office.pk}
        assert not Portfolio.objects.on(from_day).filter(office=office).exists()

    def test_only_a_leader_can_hold_a_post(self, client: Client, clerk: User) -> None:
        sent = {"title": "副主任", "holder": clerk.pk, "order": 1, "is_active": "on"}
        assert client.post("/positions/new/", sent).status_code == 422

    def test_a_title_belongs_to_one_post_whatever_its_brackets(self, client: Client) -> None:
        make_position("副主任(分管医政)", former_titles=["副主任(分管医疗)"])
        for title in ("副主任（分管医政）", "副主任 (分管医疗)"):
            assert client.post("/positions/new/", {"title": title, "order": 1}).status_code == 422


class TestAccounts:
    @pytest.fixture(autouse=True)
    def signed_in(self, client: Client, sys_admin: User) -> None:
        client.force_login(sys_admin)

    def test_an_account_is_made_and_its_password_shown_once(self, client: Client, office: Office) -> None:
        sent = {"display_name": "甲", "username": "jia", "office": office.pk, "email": "", "roles": ["clerk"]}
        page = client.post("/accounts/new/", sent)
        user = User.objects.get(username="jia")
        password = page.context["password"]
        assert user.check_password(password)
        assert password in page.content.decode()
        assert "no-store" in page["Cache-Control"]
        assert user.roles == frozenset()
        assert user.role_requests.get().role == "clerk"
        for address in ("/accounts/", f"/accounts/{user.pk}/"):
            assert password not in client.get(address).content.decode()

    @pytest.mark.parametrize(
        "changed",
        [
            {"username": "SYS_ADMIN"},
            {"username": "x"},
            {"username": "a b"},
            {"display_name": ""},
            {"office": ""},
            {"roles": ["clerk", "sys_admin"]},
            {"roles": ["emperor"]},
            {"email": "nowhere"},
        ],
    )
    def test_what_cannot_be_is_refused(self, client: Client, office: Office, changed: dict[str, Any]) -> None:
        sent = {"display_name": "甲", "username": "jia", "office": office.pk, "roles": ["clerk"], **changed}
        assert client.post("/accounts/new/", sent).status_code == 422
        assert not User.objects.filter(display_name="甲").exists()

    def test_the_sign_in_stays_and_changes_are_audited(
        self, client: Client, clerk: User, other_office: Office
    ) -> None:
        sent = {"display_name": "新名", "username": "other", "office": other_office.pk, "email": ""}
        assert client.post(f"/accounts/{clerk.pk}/", sent).status_code == 302
        clerk = User.objects.get(pk=clerk.pk)
        assert (clerk.username, clerk.display_name, clerk.office) == ("clerk", "新名", other_office)
        event = AuditEvent.objects.get(event_type="account_changed")
        assert event.detail["changes"]["office"] == ["医政医管处", "规划信息处"]

    def test_a_reset_shows_a_new_password_once(self, client: Client, clerk: User) -> None:
        assert "重设口令" in client.get(f"/accounts/{clerk.pk}/reset/").content.decode()
        page = client.post(f"/accounts/{clerk.pk}/reset/")
        clerk.refresh_from_db()
        assert clerk.check_password(page.context["password"])
        assert not clerk.check_password(PASSWORD)

    def test_closing_and_opening_keeps_the_roles(self, client: Client, clerk: User) -> None:
        client.post(f"/accounts/{clerk.pk}/deactivate/")
        assert User.objects.get(pk=clerk.pk).roles == frozenset()
        client.post(f"/accounts/{clerk.pk}/reactivate/")
        assert User.objects.get(pk=clerk.pk).roles == {Role.CLERK}
        assert list(AuditEvent.objects.order_by("pk").values_list("event_type", flat=True)) == [
            "account_deactivated",
            "account_reactivated",
        ]

    def test_the_search_finds_by_name_role_and_state(
        self, client: Client, clerk: User, other_clerk: User
    ) -> None:
        def found(query: str) -> set[str]:
            return {user.username for user in client.get(f"/accounts/?{query}").context["page"]}

        assert found("q=医政") == {"clerk"}
        assert found("role=clerk") == {"clerk", "other_clerk"}
        assert found("role=none") == set()
        assert found("role=emperor") == set()
        assert found("state=inactive") == set()


class TestMessages:
    def send(self, user: User, count: int) -> None:
        for number in range(count):
            messages.send_message(user, kind="test", title=f"消息{number}", key=f"k{number}", url="/offices/")

    def test_each_exists_once_a_person_and_key(self, clerk: User, office_head: User) -> None:
        one = messages.Message(clerk.pk, "test", "题", "k")
        assert messages.send_messages([one, one, messages.Message(office_head.pk, "test", "题", "k")]) == 2
        assert messages.send_messages([one]) == 0
        assert Notification.objects.count() == 2

    def test_the_bell_counts_and_the_page_marks(self, client: Client, clerk: User) -> None:
        self.send(clerk, 25)
        client.force_login(clerk)
        page = client.get("/messages/")
        assert 'class="badge-count">25<' in page.content.decode()
        assert len(page.context["page"]) == 20
        first = page.context["page"][0]
        assert client.post(f"/messages/{first.pk}/")["Location"] == "/offices/"
        assert messages.unread_count(clerk) == 24
        messages.send_message(clerk, kind="test", title="后来的", key="later")
        client.post("/messages/read/", {"up_to": page.context["newest"]})
        assert [message.title for message in Notification.objects.to(clerk).unread()] == ["后来的"]
        assert len(client.get("/messages/?unread=1").context["page"]) == 1

    def test_somebody_elses_message_does_not_exist(
        self, client: Client, clerk: User, other_clerk: User
    ) -> None:
        self.send(clerk, 1)
        client.force_login(other_clerk)
        message = Notification.objects.get()
        assert client.post(f"/messages/{message.pk}/").status_code == 404
        client.post("/messages/read/", {"up_to": message.pk})
        assert messages.unread_count(clerk) == 1

    def test_a_foreign_address_is_not_followed(self, client: Client, clerk: User) -> None:
        messages.send_message(clerk, kind="test", title="题", key="k", url="https://example.org/")
        client.force_login(clerk)
        assert client.post(f"/messages/{Notification.objects.get().pk}/")["Location"] == "/messages/"


class TestAuditLog:
    def test_lines_are_only_ever_added(self, clerk: User) -> None:
        event = audit.record("signed_in", actor=clerk)
        for forbidden in (event.delete, AuditEvent.objects.all().delete):
            with pytest.raises(TypeError):
                forbidden()
        with pytest.raises(TypeError):
            AuditEvent.objects.update(succeeded=False)

    def test_an_unknown_kind_is_a_mistake_of_ours(self, db: None) -> None:
        with pytest.raises(ValueError, match="unknown kind"):
            audit.record("no_such_thing")

    def test_the_filter_narrows_and_refuses_the_impossible(
        self, client: Client, audit_admin: User, clerk: User
    ) -> None:
        audit.record("signed_in", actor=clerk)
        audit.record("sign_in_failed", actor_name="nobody", succeeded=False)
        client.force_login(audit_admin)

        def shown(query: str) -> list[str]:
            return [row["event"].event_type for row in client.get(f"/audit/?{query}").context["rows"]]

        today = clock.today()
        assert shown("") == ["sign_in_failed", "signed_in"]
        assert shown("succeeded=0") == ["sign_in_failed"]
        assert shown("event=signed_in") == ["signed_in"]
        assert shown("actor=clerk") == ["signed_in"]
        assert shown(f"since={today}&until={today}") == ["sign_in_failed", "signed_in"]
        assert shown(f"until={today - timedelta(days=1)}") == []
        for wrong in ("event=none", "since=2024-02-30", "succeeded=2"):
            assert shown(wrong) == []
            assert client.get(f"/audit/?{wrong}").status_code == 422

    def test_the_detail_is_read_in_words(self, client: Client, audit_admin: User) -> None:
        audit.record("role_granted", target="x", role="clerk")
        audit.record("offices_imported", offices={"new": 3, "changed": 0})
        client.force_login(audit_admin)
        text = client.get("/audit/").content.decode()
        assert "角色：处室经办人" in text
        assert "处室：新增：3" in text


def many_rows(count: int) -> None:
    """Offices, accounts, requests, messages and audit lines, ``count`` of each."""
    parent = make_office(f"上级{count}")
    position = make_position(f"职务{count}")
    for number in range(count):
        office = make_office(f"处{count}-{number}", parent=parent)
        OfficeAlias.objects.create(office=office, name=f"别名{count}-{number}")
        Portfolio.objects.create(office=office, position=position)
        user = make_user(Role.CLERK, office=office)
        user.role_requests.create(role=Role.OFFICE_HEAD)
        audit.record("signed_in", actor=user)
        for reader in User.objects.filter(username="ledger_admin"):
            messages.send_message(reader, kind="t", title="题", key=f"{count}-{number}")


@pytest.mark.parametrize(
    ("person", "address", "most"),
    [
        ("ledger_admin", "/offices/", 12),
        ("ledger_admin", "/positions/", 10),
        ("ledger_admin", "/messages/", 11),
        ("sys_admin", "/accounts/", 9),
        ("sec_admin", "/roles/", 11),
        ("audit_admin", "/audit/", 6),
    ],
)
def test_a_page_asks_as_much_for_fifty_rows_as_for_one(
    client: Client,
    people: dict[str, User],
    person: str,
    address: str,
    most: int,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    counts = []
    for rows in (1, 49):
        many_rows(rows)
        client.force_login(people[person])
        client.get(address)
        with django_assert_max_num_queries(most) as queries:
            client.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[1]
