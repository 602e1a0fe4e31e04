"""Actions on selected rows: asked once, answered row by row, nothing written for a row that is refused."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Office, User
from remediation.models import EventKind, ItemEvent, Ledger, Measure
from remediation.states import CompletionStatus, WorkflowState
from remediation.views import bulk
from tests.ledgers import make_item, make_ledger, make_measure
from tests.people import make_position

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger() -> Ledger:
    return make_ledger("甲台账")


@pytest.fixture
def rows(ledger: Ledger, office: Office, other_office: Office) -> dict[str, Measure]:
    closed = make_item(ledger, "已销号的", workflow_state=WorkflowState.CLOSED)
    return {
        "own": make_measure(make_item(ledger), "本处室的", lead=[office], percent=10, status="in_progress"),
        "second": make_measure(make_item(ledger), "本处室第二条", lead=[office]),
        "assisting": make_measure(make_item(ledger), "协办的", lead=[other_office], assisting=[office]),
        "closed": make_measure(closed, "已销号的措施", lead=[office]),
        "foreign": make_measure(make_item(ledger), "别人的", lead=[other_office]),
    }


def send(client: Client, **values: object) -> object:
    return client.post(reverse("remediation:measure_bulk"), values)


def frozen(*measures: Measure) -> str:
    return ",".join(f"{measure.pk}:{measure.version}" for measure in measures)


def outcome(client: Client) -> dict[str, tuple[bool, str]]:
    """Text of the row -> changed and reason, as the result page lists them."""
    page = client.get(reverse("remediation:measure_bulk_result"))
    assert page.status_code == 200
    return {line["measure"].text: (line["changed"], line["reason"]) for line in page.context["lines"]}


def test_reporting_is_answered_row_by_row(client: Client, clerk: User, rows: dict[str, Measure]) -> None:
    client.force_login(clerk)
    chosen = [rows[name] for name in ("own", "second", "assisting", "closed")]
    page = client.post(
        reverse("remediation:measure_bulk"),
        {"action": "report", "selected": [row.pk for row in chosen], "query": "light=red"},
    )
    assert page.status_code == 200
    assert not ItemEvent.objects.exists()
    assert page.context["rows"] == frozen(*chosen)
    answer = client.post(
        reverse("remediation:measure_bulk"),
        {"action": "report", "rows": page.context["rows"], "status": "completed", "percent": "", "text": ""},
    )
    assert answer.status_code == 302
    results = outcome(client)
    assert results["本处室的"] == (True, "")
    assert results["本处室第二条"][0]
    assert not results["协办的"][0]
    assert results["协办的"][1]
    assert not results["已销号的措施"][0]
    assert set(Measure.objects.filter(status="completed").values_list("text", flat=True)) == {
        "本处室的",
        "本处室第二条",
    }
    assert ItemEvent.objects.filter(kind=EventKind.REPORTED).count() == 2


def test_a_row_saved_meanwhile_is_left_and_says_so(
    client: Client, clerk: User, rows: dict[str, Measure]
) -> None:
    client.force_login(clerk)
    opened = frozen(rows["own"], rows["second"])
    Measure.objects.filter(pk=rows["own"].pk).update(version=7, percent=55)
    send(client, action="report", rows=opened, status="in_progress", percent="70", text="")
    results = outcome(client)
    assert not results["本处室的"][0]
    assert results["本处室第二条"][0]
    rows["own"].refresh_from_db()
    assert rows["own"].percent == 55


def test_what_is_out_of_scope_is_not_there(client: Client, clerk: User, rows: dict[str, Measure]) -> None:
    client.force_login(clerk)
    send(client, action="report", rows=frozen(rows["foreign"]), status="completed")
    rows["foreign"].refresh_from_db()
    assert rows["foreign"].status == CompletionStatus.NOT_STARTED


def test_a_wrong_form_is_shown_again_and_nothing_written(
    client: Client, clerk: User, rows: dict[str, Measure]
) -> None:
    client.force_login(clerk)
    page = client.post(
        reverse("remediation:measure_bulk"),
        {"action": "report", "rows": frozen(rows["own"]), "status": "in_progress", "percent": "130"},
    )
    assert page.status_code == 422
    assert not ItemEvent.objects.exists()


def test_all_rows_of_the_filter(client: Client, clerk: User, rows: dict[str, Measure]) -> None:
    client.force_login(clerk)
    page = client.post(
        reverse("remediation:measure_bulk"),
        {"action": "report", "every": "1", "query": "status=in_progress", "selected": [rows["second"].pk]},
    )
    assert page.context["rows"] == frozen(rows["own"])
    refused = client.post(
        reverse("remediation:measure_bulk"), {"action": "report", "every": "1", "query": "status=nonsense"}
    )
    assert refused.status_code == 302


def test_too_many_rows_are_refused_before_anything_is_written(
    client: Client, clerk: User, rows: dict[str, Measure], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_ROWS", 2)
    client.force_login(clerk)
    answer = client.post(reverse("remediation:measure_bulk"), {"action": "report", "every": "1", "query": ""})
    assert answer.status_code == 302
    assert "最多2条" in client.get(answer["Location"]).content.decode()


def test_the_ledger_administrator_changes_leaders_with_a_reason(
    client: Client, ledger_admin: User, rows: dict[str, Measure]
) -> None:
    client.force_login(ledger_admin)
    post = make_position("副主任（分管医政）")
    both = frozen(rows["own"], rows["second"])
    page = client.post(
        reverse("remediation:measure_bulk"),
        {"action": "leader", "rows": both, "leader": post.pk, "reason": ""},
    )
    assert page.status_code == 422
    send(client, action="leader", rows=both, leader=post.pk, reason="分工调整")
    assert all(changed for changed, _reason in outcome(client).values())
    assert Measure.objects.filter(leader=post).count() == 2
    event = ItemEvent.objects.filter(kind=EventKind.LEADER_CHANGED).first()
    assert event is not None
    assert event.reason == "分工调整"
    send(client, action="leader", rows=both.replace(":1", ":2"), leader=post.pk, reason="再改一次")
    assert not any(changed for changed, _reason in outcome(client).values())


def test_the_ledger_administrator_changes_offices_with_a_reason(
    client: Client, ledger_admin: User, rows: dict[str, Measure], office: Office, other_office: Office
) -> None:
    client.force_login(ledger_admin)
    send(client, action="offices", rows=frozen(rows["assisting"]), lead=[office.pk], reason="机构调整")
    assert list(rows["assisting"].duties.values_list("office", "role")) == [(office.pk, "lead")]
    empty = client.post(
        reverse("remediation:measure_bulk"),
        {"action": "offices", "rows": frozen(rows["own"]), "reason": "无"},
    )
    assert empty.status_code == 422


@pytest.mark.parametrize(
    ("person", "action", "allowed"),
    [
        ("clerk", "report", True),
        ("clerk", "leader", False),
        ("office_head", "report", True),
        ("supervision_officer", "report", False),
        ("supervision_officer", "offices", False),
        ("discipline_member", "report", False),
        ("ledger_admin", "leader", True),
        ("ledger_admin", "report", False),
        ("ledger_admin", "destroy", False),
    ],
)
def test_who_may_do_what_with_selected_rows(
    client: Client, people: dict[str, User], rows: dict[str, Measure], person: str, action: str, allowed: bool
) -> None:
    client.force_login(people[person])
    page = client.post(reverse("remediation:measure_bulk"), {"action": action, "selected": [rows["own"].pk]})
    assert page.status_code == (200 if allowed else 403)


def test_selected_rows_are_exported(
    client: Client, discipline_member: User, rows: dict[str, Measure]
) -> None:
    client.force_login(discipline_member)
    answer = client.post(
        reverse("remediation:measure_bulk"),
        {"action": "export", "selected": [rows["own"].pk, rows["foreign"].pk]},
    )
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")


def test_nothing_selected_goes_back_and_says_so(
    client: Client, clerk: User, rows: dict[str, Measure]
) -> None:
    client.force_login(clerk)
    answer = client.post(reverse("remediation:measure_bulk"), {"action": "report", "query": "light=red"})
    assert answer["Location"] == "/measures/?light=red"
    assert client.get(reverse("remediation:measure_bulk_result")).status_code == 302


def test_the_result_page_is_read_only(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    assert client.post(reverse("remediation:measure_bulk_result")).status_code == 405
    assert client.get(reverse("remediation:measure_bulk")).status_code == 405
