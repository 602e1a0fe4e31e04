"""What looks like a number and is none, or is none that a database has, is answered and never a server error."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Office, User
from tests.ledgers import make_item, make_ledger, make_measure

pytestmark = pytest.mark.django_db
ODD = ["²", "①", "9" * 30, "-1"]


@pytest.mark.parametrize("odd", ODD)
def test_in_an_address(client: Client, ledger_admin: User, odd: str) -> None:
    ledger = make_ledger()
    make_measure(make_item(ledger))
    client.force_login(ledger_admin)
    assert client.get(f"/tree/?ledger={ledger.pk}&branches=s{odd}-i{odd}").status_code == 200
    assert client.get(f"/calendar/?year={odd}").status_code == 404
    for address in ("/measures/", "/items/"):
        assert client.get(f"{address}?ledger={odd}").status_code == 422
        assert client.get(f"{address}?page={odd}").status_code == 200
    assert client.get(f"/dashboard/?office={odd}").status_code == 422


@pytest.mark.parametrize("odd", ODD)
def test_in_a_form(client: Client, ledger_admin: User, clerk: User, office: Office, odd: str) -> None:
    ledger = make_ledger()
    measure = make_measure(make_item(ledger), lead=[office])
    client.force_login(ledger_admin)
    assert client.post("/calendar/days/delete/", {"day": odd}).status_code == 404
    policy = client.post(f"/ledgers/{ledger.pk}/policy/", {"remind_before": odd})
    assert policy.status_code in {200, 422}
    client.force_login(clerk)
    for data in ({"selected": odd, "action": "report"}, {"rows": f"{odd}:{odd}", "action": "report"}):
        assert client.post("/measures/bulk/", data).status_code < 500
    report = {"status": "completed", "percent": "100", "version": odd, "also": f"{measure.pk}:{odd}"}
    assert client.post(f"/measures/{measure.pk}/report/", report).status_code == 422
