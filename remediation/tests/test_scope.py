"""Who sees what: one fixed cast, each with a row of their own and one of a stranger."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Office, Portfolio, User
from accounts.roles import Role
from core.clock import today
from remediation.models import EventKind, Item, ItemEvent, Ledger, Measure, RatesVisibility
from remediation.recording import record
from tests.ledgers import make_item, make_ledger, make_measure, make_office
from tests.people import make_position, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(office: Office, other_office: Office) -> dict[str, Measure]:
    """Three items: led by office, assisted by office, and a stranger's."""
    ledger = make_ledger("甲台账")
    stranger = make_ledger("乙台账")
    return {
        "led": make_measure(make_item(ledger), lead=[office]),
        "assisted": make_measure(make_item(ledger), lead=[other_office], assisting=[office]),
        "foreign": make_measure(make_item(stranger), lead=[other_office]),
    }


def seen(user: User, rows: dict[str, Measure]) -> set[str]:
    visible = set(Measure.objects.visible_to(user).values_list("pk", flat=True))
    items = set(Item.objects.visible_to(user).values_list("pk", flat=True))
    names = {name for name, row in rows.items() if row.pk in visible}
    assert items == {rows[name].item_id for name in names}
    return names


@pytest.mark.parametrize(
    ("person", "names"),
    [
        ("clerk", {"led", "assisted"}),
        ("office_head", {"led", "assisted"}),
        ("other_clerk", {"assisted", "foreign"}),
        ("portfolio_leader", {"led", "assisted"}),
        ("principal_leader", {"led", "assisted", "foreign"}),
        ("supervision_officer", {"led", "assisted", "foreign"}),
        ("ledger_admin", {"led", "assisted", "foreign"}),
        ("discipline_member", {"led", "assisted", "foreign"}),
        ("sys_admin", set()),
        ("sec_admin", set()),
        ("audit_admin", set()),
    ],
)
def test_rows_by_person(
    people: dict[str, User], rows: dict[str, Measure], person: str, names: set[str]
) -> None:
    assert seen(people[person], rows) == names


@pytest.mark.parametrize(
    ("person", "titles"), [("clerk", {"甲台账"}), ("ledger_admin", {"甲台账", "乙台账"})]
)
def test_ledgers_by_person(
    people: dict[str, User], rows: dict[str, Measure], person: str, titles: set[str]
) -> None:
    assert set(Ledger.objects.visible_to(people[person]).values_list("title", flat=True)) == titles


@pytest.mark.requirement("S003-61")
def test_the_resident_group_as_an_office_works_its_own_rows(organ: Office) -> None:
    group = make_office("驻委组", parent=organ)
    worker = make_user(Role.CLERK, office=group)
    row = make_measure(make_item(make_ledger()), lead=[group])
    assert list(Measure.objects.visible_to(worker)) == [row]


def test_an_office_sees_what_those_below_it_owe(organ: Office) -> None:
    hospital = make_office("市第一医院", parent=organ)
    ward = make_office("医务科", parent=hospital)
    row = make_measure(make_item(make_ledger()), lead=[ward])
    above, below = make_user(Role.CLERK, office=hospital), make_user(Role.CLERK, office=ward)
    assert list(Measure.objects.visible_to(above)) == list(Measure.objects.visible_to(below)) == [row]
    make_measure(make_item(make_ledger()), lead=[hospital])
    assert Measure.objects.visible_to(below).count() == 1


@pytest.mark.requirement("S004-04")
def test_a_leader_sees_what_the_post_answers_for(other_office: Office) -> None:
    leader = make_user(Role.LEADER)
    post = make_position("副主任（甲）", holder=leader)
    by_measure = make_measure(make_item(make_ledger()), lead=[other_office], leader=post)
    by_item = make_measure(make_item(make_ledger(), leader=post), lead=[other_office])
    make_measure(make_item(make_ledger()), lead=[other_office])
    assert set(Measure.objects.visible_to(leader)) == {by_measure, by_item}


@pytest.mark.parametrize(
    ("first", "last", "sees"), [(None, None, True), (None, -1, False), (1, None, False), (0, 0, True)]
)
def test_a_portfolio_is_dated(office: Office, first: int | None, last: int | None, *, sees: bool) -> None:
    leader = make_user(Role.LEADER)
    post = make_position("副主任（乙）", holder=leader)
    day = today()
    Portfolio.objects.create(
        position=post,
        office=office,
        valid_from=None if first is None else day + timedelta(days=first),
        valid_to=None if last is None else day + timedelta(days=last),
    )
    make_measure(make_item(make_ledger()), lead=[office])
    assert Measure.objects.visible_to(leader).exists() is sees


def test_a_post_without_the_leaders_role_gives_nothing(office: Office) -> None:
    person = make_user(Role.CLERK)
    make_position("主任", holder=person, is_principal=True)
    make_measure(make_item(make_ledger()), lead=[office])
    assert not Measure.objects.visible_to(person).exists()


def test_visible_to_narrows_what_came_before(clerk: User, rows: dict[str, Measure]) -> None:
    assert not Measure.objects.filter(pk=rows["foreign"].pk).visible_to(clerk).exists()
    assert list(Measure.objects.filter(pk=rows["led"].pk).visible_to(clerk)) == [rows["led"]]


def test_history_follows_its_item(clerk: User, ledger_admin: User, rows: dict[str, Measure]) -> None:
    for row in rows.values():
        record(row, kind=EventKind.CREATED, actor=ledger_admin)
    assert ItemEvent.objects.visible_to(clerk).count() == 2
    assert ItemEvent.objects.visible_to(ledger_admin).count() == 3


def test_rates_for_everybody_by_policy(people: dict[str, User], rows: dict[str, Measure]) -> None:
    Ledger.objects.filter(title="乙台账").update(rates_visibility=RatesVisibility.SCOPE)

    def titles(name: str) -> set[str]:
        return set(Ledger.objects.with_rates_for(people[name]).values_list("title", flat=True))

    assert titles("clerk") == {"甲台账"}
    assert titles("principal_leader") == {"甲台账", "乙台账"}
    assert titles("sys_admin") == set()
