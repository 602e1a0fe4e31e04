"""The people whom all other tests use are what they claim to be."""

from accounts.models import User
from accounts.roles import Role


def test_each_person_sees_what_the_role_says(people: dict[str, User]) -> None:
    everything = {"supervision_officer", "ledger_admin", "discipline_member", "principal_leader"}
    assert {name for name, user in people.items() if user.sees_everything} == everything
    assert people["clerk"].own_office_ids == {people["clerk"].office_id}
    assert people["portfolio_leader"].portfolio_office_ids == {people["clerk"].office_id}
    assert people["sys_admin"].scope_office_ids == frozenset()
    assert people["office_head"].roles == {Role.OFFICE_HEAD}
