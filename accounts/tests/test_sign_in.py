"""Signing in and out, being held back, changing an initial password, the language."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from accounts.people import create_account, deactivate_account, reset_password
from core.models import AuditEvent
from tests.people import PASSWORD

WRONG = "账号或口令不对"
HELD_BACK = "失败次数太多"


def sign_in(client: Client, username: str, password: str, **extra: str) -> HttpResponse:
    """Send the form."""
    return client.post("/sign-in/", {"login": username, "password": password, **extra})  # type: ignore[return-value]


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def test_signing_in_goes_to_the_start_page_and_is_told_to_the_audit_log(client: Client, clerk: User) -> None:
    response = sign_in(client, "clerk", PASSWORD)
    assert (response.status_code, response["Location"]) == (302, "/")
    event = AuditEvent.objects.get()
    assert (event.event_type, event.actor, event.ip, event.succeeded) == (
        "signed_in",
        clerk,
        "127.0.0.1",
        True,
    )


def test_upper_and_lower_case_are_the_same_account(client: Client, clerk: User) -> None:
    assert sign_in(client, " CLERK ", PASSWORD).status_code == 302


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(client: Client, clerk: User) -> None:
    wrong_password = sign_in(client, "clerk", "no")
    wrong_name = sign_in(client, "nobody", PASSWORD)
    for response in (wrong_password, wrong_name):
        assert response.status_code == 200
        assert WRONG in text_of(response)
    failed = AuditEvent.objects.filter(event_type="sign_in_failed", succeeded=False)
    assert [event.actor_name for event in failed] == ["no…", "clerk"]
    assert PASSWORD not in "".join(str(event.detail) + event.target for event in failed)


def test_after_five_failures_even_the_right_password_waits(client: Client, clerk: User) -> None:
    for _attempt in range(5):
        assert WRONG in text_of(sign_in(client, "clerk", "no"))
    held_back = sign_in(client, "clerk", PASSWORD)
    assert held_back.status_code == 200
    assert HELD_BACK in text_of(held_back)
    assert AuditEvent.objects.filter(event_type="sign_in_limited", actor_name="clerk").count() == 1


def test_failures_of_one_account_do_not_hold_back_another(
    client: Client, clerk: User, office_head: User
) -> None:
    for _attempt in range(6):
        sign_in(client, "clerk", "no")
    assert sign_in(client, "office_head", PASSWORD).status_code == 302


def test_successful_sign_ins_are_not_counted(client: Client, clerk: User) -> None:
    for _attempt in range(7):
        assert sign_in(client, "clerk", PASSWORD).status_code == 302
        client.post("/sign-out/")


def test_a_deactivated_account_is_told_only_to_who_knows_its_password(
    client: Client, clerk: User, sys_admin: User
) -> None:
    deactivate_account(sys_admin, clerk)
    assert WRONG in text_of(sign_in(client, "clerk", "no"))
    response = sign_in(client, "clerk", PASSWORD)
    assert response["Location"] == reverse("account_inactive")
    assert client.get("/me/").status_code == 302


def test_an_open_session_ends_when_the_account_is_closed(
    client: Client, clerk: User, sys_admin: User
) -> None:
    client.force_login(clerk)
    assert client.get("/me/").status_code == 200
    deactivate_account(sys_admin, clerk)
    assert client.get("/me/").status_code == 302


@pytest.mark.parametrize("back", ["https://example.org/", "//example.org/x", "javascript:alert(1)"])
def test_nobody_is_sent_to_a_foreign_site(client: Client, clerk: User, back: str) -> None:
    assert sign_in(client, "clerk", PASSWORD, next=back)["Location"] == "/"


def test_sign_in_returns_to_where_the_reader_was(client: Client, clerk: User) -> None:
    asked = client.get("/messages/?unread=1")
    assert asked["Location"] == "/sign-in/?next=/messages/%3Funread%3D1"
    assert sign_in(client, "clerk", PASSWORD, next="/messages/?unread=1")["Location"] == "/messages/?unread=1"


def test_a_fragment_without_session_sends_the_whole_page_to_sign_in(client: Client, db: None) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/measures/?light=red"}
    answer = client.get("/messages/", headers=headers)
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/sign-in/?next=/measures/%3Flight%3Dred"


def test_signing_out_needs_a_post(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    assert "退出登录" in text_of(client.get("/sign-out/"))  # type: ignore[arg-type]
    assert client.get("/me/").status_code == 200
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/me/").status_code == 302
    assert AuditEvent.objects.filter(event_type="signed_out", actor=clerk).exists()


def test_nobody_signs_up_and_nothing_else_of_allauth_is_open(client: Client, db: None) -> None:
    for name in ("account_signup", "account_email", "account_set_password", "account_reset_password_done"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    assert "系统管理员" in text_of(client.get("/password/forgotten/"))  # type: ignore[arg-type]


def test_a_form_without_token_is_refused(clerk: User) -> None:
    assert sign_in(Client(enforce_csrf_checks=True), "clerk", PASSWORD).status_code == 403


class TestInitialPassword:
    """Whoever has one does nothing else before changing it."""

    NEW = "Entirely-mine-5"

    def test_everything_leads_to_the_change_page(self, client: Client, clerk: User) -> None:
        password = reset_password(clerk)
        assert sign_in(client, "clerk", password)["Location"] == "/"
        for address in ("/", "/messages/", "/me/", "/desk/"):
            assert client.get(address)["Location"] == "/password/", address
        fragment = client.get("/messages/", headers={"HX-Request": "true"})
        assert (fragment.status_code, fragment["HX-Redirect"]) == (401, "/password/")

    def test_changing_it_opens_the_rest_and_keeps_the_session(self, client: Client, clerk: User) -> None:
        password = reset_password(clerk)
        sign_in(client, "clerk", password)
        response = client.post(
            "/password/", {"oldpassword": password, "password1": self.NEW, "password2": self.NEW}
        )
        assert (response.status_code, response["Location"]) == (302, "/")
        assert client.get("/me/").status_code == 200
        clerk.refresh_from_db()
        assert not clerk.must_change_password
        assert clerk.password_changed_at is not None
        assert AuditEvent.objects.filter(event_type="password_changed", actor=clerk).count() == 1

    @pytest.mark.parametrize(
        ("new", "again", "said"),
        [
            ("short", "short", "太短"),
            ("123456789012", "123456789012", "全是数字"),
            ("password123", "password123", "太常见"),
            ("Entirely-mine-5", "Entirely-mine-6", "两次填的口令不一样"),
        ],
    )
    def test_a_weak_one_is_refused_in_words(
        self, client: Client, clerk: User, new: str, again: str, said: str
    ) -> None:
        password = reset_password(clerk)
        sign_in(client, "clerk", password)
        response = client.post("/password/", {"oldpassword": password, "password1": new, "password2": again})
        assert said in response.content.decode()
        clerk.refresh_from_db()
        assert clerk.must_change_password

    def test_the_same_one_again_is_refused(self, client: Client, clerk: User) -> None:
        password = reset_password(clerk)
        sign_in(client, "clerk", password)
        form = {"oldpassword": password, "password1": password, "password2": password}
        assert "换一个" in client.post("/password/", form).content.decode()

    def test_a_reset_ends_the_sessions_of_the_old_one(self, client: Client, clerk: User) -> None:
        client.force_login(clerk)
        reset_password(clerk)
        assert client.get("/me/").status_code == 302

    def test_it_is_random_and_hashed(self, db: None) -> None:
        first, password = create_account(username="one", display_name="甲", via="test")
        _second, other = create_account(username="two", display_name="乙", via="test")
        assert password != other
        assert len(password) == 19
        assert first.check_password(password)
        assert password not in first.password


def test_the_language_is_kept_in_the_account(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    assert 'lang="zh-hans"' in client.get("/me/", headers={"Accept-Language": "en"}).content.decode()
    client.post("/language/", {"language": "en", "next": "/me/"})
    assert 'lang="en"' in client.get("/me/").content.decode()
    client.cookies.pop(settings.LANGUAGE_COOKIE_NAME)
    assert 'lang="en"' in client.get("/me/").content.decode()
    assert client.post("/language/", {"language": "xx", "next": "//example.org"})["Location"] == "/"
    clerk.refresh_from_db()
    assert clerk.preferences["language"] == "en"


def test_the_menu_offers_the_other_language_and_comes_back(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    assert 'action="/language/en/"' in client.get("/me/").content.decode()
    back = client.post("/language/en/", headers={"Referer": "http://testserver/messages/?page=2"})
    assert back["Location"] == "http://testserver/messages/?page=2"
    page = client.get("/me/").content.decode()
    assert 'action="/language/zh/"' in page
    assert 'action="/language/en/"' not in page
    assert client.post("/language/zh/", headers={"Referer": "http://elsewhere/"})["Location"] == "/"


def test_too_many_sign_ins_from_one_address_are_told_to_wait(client: Client, settings: Any, db: None) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    for _attempt in range(2):
        sign_in(client, "nobody", "no")
    answer = sign_in(client, "nobody", "no")
    assert answer.status_code == 429
    assert "过一分钟再试" in text_of(answer)


@pytest.mark.parametrize(
    ("person", "home"),
    [
        ("clerk", "/work/"),
        ("office_head", "/work/"),
        ("ledger_admin", "/desk/"),
        ("supervision_officer", "/dashboard/"),
        ("principal_leader", "/dashboard/"),
        ("portfolio_leader", "/dashboard/"),
        ("discipline_member", "/dashboard/"),
        ("sys_admin", "/accounts/"),
        ("sec_admin", "/roles/"),
        ("audit_admin", "/audit/"),
    ],
)
def test_everybody_lands_on_the_page_of_the_role(
    client: Client, people: dict[str, User], person: str, home: str
) -> None:
    client.force_login(people[person])
    assert client.get("/")["Location"] == home


def test_without_a_role_the_start_page_says_whom_to_ask(client: Client, db: None) -> None:
    user, _password = create_account(username="new", display_name="新人", via="test")
    user.must_change_password = False
    user.save()
    client.force_login(user)
    assert "安全管理员" in client.get("/").content.decode()
