"""What the audit log keeps of a ledger's facts, policy, stated totals and sections: what was and what is now."""

from __future__ import annotations

from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import AuditEvent
from remediation.forms.ledger import LedgerForm, PolicyForm
from remediation.models import Ledger, Section
from tests.ledgers import make_ledger, make_section

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger() -> Ledger:
    return make_ledger("巡视整改台账", year=2024)


def sent(ledger: Ledger, form: Any, **changed: Any) -> dict[str, Any]:
    """What the browser sends of a form on ``ledger`` with these fields changed."""
    values = {**model_to_dict(ledger, form.Meta.fields), "remind_before": "10、5、1", **changed}
    return {name: value for name, value in values.items() if value not in (None, False)}


def save(client: Client, user: User, url: str, values: dict[str, Any]) -> AuditEvent | None:
    """Post a form that is accepted, and return the line that it left."""
    client.force_login(user)
    known = set(AuditEvent.objects.values_list("pk", flat=True))
    assert client.post(url, values).status_code == 302
    return AuditEvent.objects.exclude(pk__in=known).first()


def shown(client: Client, audit_admin: User) -> str:
    """The detail of the newest line as the audit administrator reads it."""
    client.force_login(audit_admin)
    rows = client.get("/audit/?event=").context["rows"]
    return str(next(row["detail"] for row in rows if row["event"].event_type != "signed_in"))


def test_a_policy_says_from_and_to(
    client: Client, ledger_admin: User, audit_admin: User, ledger: Ledger
) -> None:
    url = reverse("remediation:ledger_policy", args=[ledger.pk])
    values = sent(
        ledger,
        PolicyForm,
        yellow_from_workdays=3,
        unfinished_counts_as_basically_completed=True,
        rates_visibility="scope",
        remind_before="10、3",
    )
    event = save(client, ledger_admin, url, values)
    assert event is not None
    assert event.detail == {
        "changes": {
            "ledger.yellow_from_workdays": ["5", "3"],
            "ledger.unfinished_counts_as_basically_completed": ["否", "是"],
            "ledger.rates_visibility": ["全委可见", "仅限能看到台账的人"],
            "ledger.remind_before_workdays": ["10、5、1", "10、3"],
        }
    }
    assert "黄灯起点（工作日）：5 → 3" in shown(client, audit_admin)
    ledger.refresh_from_db()
    assert save(client, ledger_admin, url, values) is None, "nothing changed, nothing is told"


def test_the_facts_of_a_ledger_say_from_and_to(client: Client, ledger_admin: User, ledger: Ledger) -> None:
    url = reverse("remediation:ledger_edit", args=[ledger.pk])
    event = save(
        client, ledger_admin, url, sent(ledger, LedgerForm, title="巡视台账", started_on="2024-03-01")
    )
    assert event is not None
    assert (event.event_type, event.target) == ("ledger_edited", "巡视台账")
    assert event.detail["changes"] == {
        "ledger.title": ["巡视整改台账", "巡视台账"],
        "ledger.started_on": ["无", "2024-03-01"],
    }


def test_a_section_says_from_and_to(
    client: Client, ledger_admin: User, audit_admin: User, ledger: Ledger
) -> None:
    top = make_section(ledger, "政治建设")
    url = reverse("remediation:section_create", args=[ledger.pk])
    event = save(client, ledger_admin, url, {"title": "站位不高", "kind": "key_problem", "order": 1})
    assert event is not None
    assert (event.event_type, event.target) == ("section_created", "巡视整改台账 · 站位不高")
    section = Section.objects.get(title="站位不高")
    url = reverse("remediation:section_edit", args=[ledger.pk, section.pk])
    values = {"title": "站位不够高", "kind": "key_problem", "order": 1, "parent": top.pk}
    event = save(client, ledger_admin, url, values)
    assert event is not None
    assert event.detail["changes"] == {
        "section.title": ["站位不高", "站位不够高"],
        "section.parent": ["无", "政治建设"],
    }
    assert "上级板块：无 → 政治建设" in shown(client, audit_admin)


def test_stated_totals_say_from_and_to(
    client: Client, ledger_admin: User, audit_admin: User, ledger: Ledger
) -> None:
    url = reverse("remediation:ledger_stated", args=[ledger.pk])
    event = save(client, ledger_admin, url, {"measures-total": "263", "measures-completed": "234"})
    assert event is not None
    event = save(client, ledger_admin, url, {"measures-total": "278", "measures-completed": "234"})
    assert event is not None
    assert event.detail["changes"] == {"stated.measures": {"statedtotal.total": ["263", "278"]}}
    assert "整改措施：总数：263 → 278" in shown(client, audit_admin)
    event = save(client, ledger_admin, url, {})
    assert event is not None
    assert event.detail["changes"]["stated.measures"]["statedtotal.total"] == ["278", "无"]
