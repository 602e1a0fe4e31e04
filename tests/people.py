"""People, offices and posts for tests: plain functions, and one fixture for each kind of person.

Functions: ``make_user(Role.CLERK, office=...)``, ``make_position("副主任", holder=..., offices=[...])``,
``make_office`` (``tests.ledgers``). Everybody signs in with ``PASSWORD``; in a test client ``client.force_login(user)``
is enough.

Fixtures, all in one small organ (``organ`` with ``office`` and ``other_office`` below it):

=====================  =================================================================================
clerk, office_head     of ``office``
other_clerk            of ``other_office``: the stranger
supervision_officer    整改办, reads everything
ledger_admin           台账管理员
discipline_member      驻委纪检监察组
principal_leader       holds the principal leader's post: sees everything
portfolio_leader       holds a post in charge of ``office`` alone
sys_admin, sec_admin, audit_admin   the three administrators
people                 all of them by name, for access tables
=====================  =================================================================================

The fixtures are known everywhere: the root ``conftest.py`` names this module in ``pytest_plugins``.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import Group

from accounts.models import Office, OfficeKind, Portfolio, Position, User
from accounts.roles import Role
from tests.ledgers import make_office

__all__ = ["PASSWORD", "make_office", "make_position", "make_user"]

PASSWORD = "Test-sign-in-7"

_serial = count(1)


def make_user(
    *roles: Role,
    office: Office | None = None,
    position: Position | None = None,
    username: str = "",
    password: str = PASSWORD,
    **fields: Any,
) -> User:
    """A person with ``roles``, who has already chosen a password; ``position`` is given to them to hold."""
    username = username or f"{roles[0] if roles else 'person'}_{next(_serial)}"
    user = User.objects.create_user(
        username, password=password, office=office, **{"display_name": f"人员{next(_serial)}", **fields}
    )
    # A test with real transactions empties the tables, also of what migrations made.
    user.groups.set([Group.objects.get_or_create(name=role.value)[0] for role in roles])
    if position is not None:
        position.holder = user
        position.save()
    return user


def make_position(
    title: str = "",
    *,
    holder: User | None = None,
    is_principal: bool = False,
    offices: Iterable[Office] = (),
    **fields: Any,
) -> Position:
    """A leader's post in charge of ``offices`` without limit of time; nameless ones are numbered."""
    position = Position.objects.create(
        title=title or f"副主任{next(_serial)}", holder=holder, is_principal=is_principal, **fields
    )
    for office in offices:
        Portfolio.objects.create(position=position, office=office)
    return position


@pytest.fixture
def organ(db: None) -> Office:
    """The organ itself, root of the tree."""
    return make_office("市卫生健康委", kind=OfficeKind.ORGAN, order=90)


@pytest.fixture
def office(organ: Office) -> Office:
    """An office of the organ: that of clerk and office_head."""
    return make_office("医政医管处", parent=organ, order=1)


@pytest.fixture
def other_office(organ: Office) -> Office:
    """Another office of the organ: that of other_clerk."""
    return make_office("规划信息处", parent=organ, order=2)


@pytest.fixture
def clerk(office: Office) -> User:
    """经办人 of ``office``."""
    return make_user(Role.CLERK, office=office, username="clerk")


@pytest.fixture
def other_clerk(other_office: Office) -> User:
    """经办人 of ``other_office``."""
    return make_user(Role.CLERK, office=other_office, username="other_clerk")


@pytest.fixture
def office_head(office: Office) -> User:
    """处室负责人 of ``office``."""
    return make_user(Role.OFFICE_HEAD, office=office, username="office_head")


@pytest.fixture
def supervision_officer(organ: Office) -> User:
    """整改办."""
    return make_user(Role.SUPERVISION_OFFICE, office=organ, username="supervision_officer")


@pytest.fixture
def ledger_admin(organ: Office) -> User:
    """台账管理员."""
    return make_user(Role.LEDGER_ADMIN, office=organ, username="ledger_admin")


@pytest.fixture
def discipline_member(organ: Office) -> User:
    """A member of the resident discipline group, as a role: reads everything."""
    group = make_office("驻委纪检监察组", parent=organ, kind=OfficeKind.RESIDENT, order=23)
    return make_user(Role.DISCIPLINE_GROUP, office=group, username="discipline_member")


@pytest.fixture
def principal_leader(organ: Office) -> User:
    """委主要领导."""
    position = make_position("党委书记、主任", is_principal=True)
    return make_user(Role.LEADER, office=organ, position=position, username="principal_leader")


@pytest.fixture
def portfolio_leader(organ: Office, office: Office) -> User:
    """分管领导, in charge of ``office`` alone."""
    position = make_position("副主任(分管医政)", offices=[office])
    return make_user(Role.LEADER, office=organ, position=position, username="portfolio_leader")


@pytest.fixture
def sys_admin(db: None) -> User:
    """系统管理员."""
    return make_user(Role.SYS_ADMIN, username="sys_admin")


@pytest.fixture
def sec_admin(db: None) -> User:
    """安全管理员."""
    return make_user(Role.SEC_ADMIN, username="sec_admin")


@pytest.fixture
def audit_admin(db: None) -> User:
    """审计管理员."""
    return make_user(Role.AUDIT_ADMIN, username="audit_admin")


@pytest.fixture
def people(
    clerk: User,
    other_clerk: User,
    office_head: User,
    supervision_officer: User,
    ledger_admin: User,
    discipline_member: User,
    principal_leader: User,
    portfolio_leader: User,
    sys_admin: User,
    sec_admin: User,
    audit_admin: User,
) -> dict[str, User]:
    """Everybody by the name of the fixture."""
    return {
        user.username: user
        for user in (
            clerk,
            other_clerk,
            office_head,
            supervision_officer,
            ledger_admin,
            discipline_member,
            principal_leader,
            portfolio_leader,
            sys_admin,
            sec_admin,
            audit_admin,
        )
    }
