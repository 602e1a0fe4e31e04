"""Roles: asked for by one, granted by another, never mixed."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts import granting
from accounts.models import RoleRequest, User
from accounts.people import can_deactivate_account
from accounts.roles import ADMINISTRATOR_ROLES, BUSINESS_ROLES, Role, is_lawful
from core.models import AuditEvent
from tests.people import make_office, make_user


def test_an_administrators_role_stands_alone() -> None:
    for administrator in ADMINISTRATOR_ROLES:
        assert is_lawful([administrator])
        for other in set(Role) - {administrator}:
            assert not is_lawful([administrator, other])
    assert is_lawful(BUSINESS_ROLES)
    assert is_lawful([])


@pytest.mark.parametrize("role", sorted(ADMINISTRATOR_ROLES))
def test_a_business_account_never_becomes_an_administrators(sec_admin: User, clerk: User, role: Role) -> None:
    with pytest.raises(PermissionDenied, match="另建一个账号"):
        granting.grant_role(sec_admin, clerk, role)
    with pytest.raises(ValidationError):
        granting.give_role(clerk, role)
    assert clerk.roles == {Role.CLERK}


def test_an_administrators_account_gets_no_other_role(sec_admin: User, sys_admin: User) -> None:
    for role in set(Role) - {Role.SYS_ADMIN}:
        assert not granting.can_grant_role(sec_admin, sys_admin, role)


def test_a_mixture_that_came_another_way_opens_nothing(clerk: User, sys_admin: User) -> None:
    clerk.groups.add(*sys_admin.groups.all())
    mixed = User.objects.get(pk=clerk.pk)
    assert mixed.roles == frozenset()
    assert not mixed.scope_office_ids


def test_only_the_security_administrator_grants(people: dict[str, User]) -> None:
    target = make_user(office=make_office())
    allowed = {name for name, user in people.items() if granting.can_grant_role(user, target, Role.CLERK)}
    assert allowed == {"sec_admin"}


def test_nobody_changes_their_own_roles(sec_admin: User) -> None:
    assert not granting.can_grant_role(sec_admin, sec_admin, Role.CLERK)
    assert not granting.can_revoke_role(sec_admin, sec_admin, Role.SEC_ADMIN)


def test_a_clerk_needs_an_office(sec_admin: User, db: None) -> None:
    decision = granting.can_grant_role(sec_admin, make_user(), Role.CLERK)
    assert not decision
    assert "处室" in decision.reason


def test_granting_and_revoking_take_effect_at_once_and_are_audited(sec_admin: User, clerk: User) -> None:
    granting.grant_role(sec_admin, clerk, Role.OFFICE_HEAD)
    assert clerk.roles == {Role.CLERK, Role.OFFICE_HEAD}
    granting.revoke_role(sec_admin, clerk, Role.CLERK)
    assert clerk.roles == {Role.OFFICE_HEAD}
    lines = AuditEvent.objects.order_by("pk").values_list("event_type", "actor", "target", "detail__role")
    assert list(lines) == [
        ("role_granted", sec_admin.pk, "clerk", "office_head"),
        ("role_revoked", sec_admin.pk, "clerk", "clerk"),
    ]


def test_all_requests_are_granted_with_one_click_and_the_impossible_one_says_why(
    client: Client, sec_admin: User, sys_admin: User, clerk: User
) -> None:
    fresh = make_user(office=make_office(), username="fresh")
    granting.request_role(fresh, Role.CLERK, actor=sys_admin)
    granting.request_role(clerk, Role.AUDIT_ADMIN, actor=sys_admin)
    assert not granting.request_role(clerk, Role.AUDIT_ADMIN, actor=sys_admin)
    client.force_login(sec_admin)
    page = client.post("/roles/requests/", {"every": "1"}, follow=True).content.decode()
    assert "另建一个账号" in page
    assert User.objects.get(pk=fresh.pk).roles == {Role.CLERK}
    assert [asked.user for asked in RoleRequest.objects.all()] == [clerk]
    client.post("/roles/requests/", {"decision": "refuse", "selected": RoleRequest.objects.get().pk})
    assert not RoleRequest.objects.exists()
    assert AuditEvent.objects.filter(event_type="role_refused", target="clerk").exists()


def test_the_last_administrator_of_a_kind_stays(sys_admin: User, sec_admin: User) -> None:
    decision = can_deactivate_account(sys_admin, sec_admin)
    assert not decision
    assert "安全管理员" in decision.reason
    make_user(Role.SEC_ADMIN)
    assert can_deactivate_account(sys_admin, sec_admin)
    assert not can_deactivate_account(sys_admin, sys_admin)


@pytest.mark.django_db(transaction=True)
def test_two_grants_at_the_same_moment_never_make_a_mixture() -> None:
    user = make_user(office=make_office())
    start, refused = Barrier(2), []

    def give(role: Role) -> None:
        start.wait()
        try:
            granting.give_role(User.objects.get(pk=user.pk), role)
        except ValidationError:
            refused.append(role)
        finally:
            connection.close()

    threads = [Thread(target=give, args=[role]) for role in (Role.SYS_ADMIN, Role.CLERK)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert len(User.objects.get(pk=user.pk).roles) == 1


def test_the_first_administrators_are_made_once(capsys: pytest.CaptureFixture[str], db: None) -> None:
    call_command("create_administrators")
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()[1:]]
    assert [line[0] for line in lines] == ["sysadmin", "secadmin", "auditadmin"]
    for username, password, _label in lines:
        user = User.objects.get(username=username)
        assert user.check_password(password)
        assert user.must_change_password
        assert len(user.roles) == 1
        assert not user.is_superuser
    with pytest.raises(CommandError, match="已经有管理员") as refusal:
        call_command("create_administrators")
    assert refusal.value.returncode == 2
    assert User.objects.count() == 3
