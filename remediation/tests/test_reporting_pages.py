"""Reporting in the browser: the form, its errors, a conflict, undo, with htmx and without."""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Office, User
from accounts.roles import Role
from core.clock import now
from remediation.models import Measure, ProgressReport, ReportKind
from remediation.reporting import Progress, report_progress
from remediation.states import CompletionStatus
from tests.ledgers import make_item, make_ledger, make_measure
from tests.people import make_user

pytestmark = pytest.mark.django_db

DONE, GOING, NONE = CompletionStatus.COMPLETED, CompletionStatus.IN_PROGRESS, CompletionStatus.NOT_STARTED
HTMX = {"HX-Request": "true"}


@pytest.fixture
def measure(office: Office, other_office: Office) -> Measure:
    item = make_item(make_ledger("台账"), "标准不统一", number="12")
    return make_measure(
        item,
        "制定目录",
        number=2,
        lead=[office],
        assisting=[other_office],
        due=date(2026, 11, 30),
        status=GOING,
        percent=60,
        progress="完成初稿。",
    )


def url(name: str, measure: Measure, place: str = "") -> str:
    address = reverse(f"remediation:measure_{name}", args=[measure.pk])
    return f"{address}?place={place}&next=/work/" if place else address


def opened(client: Client, address: str, **headers: str) -> dict[str, Any]:
    """The fields of the form as a browser would send them."""
    html = client.get(address, headers=headers).content.decode()
    return fields(html)


def fields(html: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    form = re.search(
        r"<form[^>]*(?:data-progress-form|data-conflict|progress-form).*?</form>", html, re.DOTALL
    )
    assert form, html
    for tag in re.findall(r"<input[^>]*>", form.group()):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if not name or name.group(1) == "csrfmiddlewaretoken":
            continue
        if re.search(r'type="(radio|checkbox)"', tag) and " checked" not in tag:
            continue
        known = found.setdefault(name.group(1), [])
        known.append(unescape(value.group(1)) if value else "")
    for name, text in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form.group(), re.DOTALL
    ):
        found[name] = [unescape(text.removeprefix("\n"))]
    return found


def post(client: Client, address: str, sent: dict[str, Any], **headers: str) -> Any:
    return client.post(address, sent, headers=headers)


# -- saving -----------------------------------------------------------------------------------------------------------


def test_without_htmx_the_form_is_a_page_and_saving_goes_back_to_the_row(
    client: Client, clerk: User, measure: Measure
) -> None:
    client.force_login(clerk)
    address = url("report", measure, "work")
    sent = opened(client, address)
    assert (sent["status"], sent["percent"], sent["version"]) == (["in_progress"], ["60"], ["1"])
    response = post(client, address, {**sent, "percent": "75", "text": "征求意见"})
    assert (response.status_code, response["Location"]) == (302, f"/work/#measure-{measure.pk}")
    measure.refresh_from_db()
    assert (measure.percent, measure.progress) == (75, "征求意见")
    report = ProgressReport.objects.get()
    page = client.get("/work/").content.decode()
    undo = reverse("remediation:report_undo", args=[report.pk])
    assert undo in page


def test_with_htmx_the_row_comes_back_with_the_toast_and_says_what_changed(
    client: Client, clerk: User, measure: Measure
) -> None:
    client.force_login(clerk)
    address = url("report", measure, "work")
    sent = opened(client, address, **HTMX)
    response = post(client, address, {**sent, "status": "completed"}, **HTMX)
    html = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in html
    assert f'id="measure-{measure.pk}"' in html
    assert "data-toast" in html
    assert "data-focus" in html
    assert json.loads(response["HX-Trigger"])["measures-changed"]["ids"] == [measure.pk]
    measure.refresh_from_db()
    assert (measure.status, measure.percent) == (DONE, 100)
    # An empty text keeps the last one.
    assert measure.progress == "完成初稿。"


def test_in_the_list_the_form_is_a_table_row(client: Client, clerk: User, measure: Measure) -> None:
    client.force_login(clerk)
    headers = {
        **HTMX,
        "HX-Target": f"row-{measure.pk}",
        "HX-Current-URL": "http://testserver/measures/?light=red",
    }
    html = client.get(url("report", measure), headers=headers).content.decode()
    assert html.lstrip().startswith(f'<tr class="open-row" id="open-{measure.pk}"')
    action = unescape(re.findall(r'hx-post="([^"]+)"', html)[0])
    assert "next=%2Fmeasures%2F%3Flight%3Dred" in action
    response = post(client, action, {**fields(html), "percent": "70"}, **HTMX)
    assert response.status_code == 200
    assert "measures-changed" in response["HX-Trigger"]
    assert "open-row" not in response.content.decode()
    closed = client.get(f"{url('row', measure)}?place=list&next=/measures/", headers=HTMX)
    assert closed.content == b""


def test_saving_nothing_new_says_so_and_offers_no_undo(client: Client, clerk: User, measure: Measure) -> None:
    client.force_login(clerk)
    address = url("report", measure, "work")
    response = post(client, address, opened(client, address), **HTMX)
    assert response.status_code == 200
    assert "undo" not in response.content.decode()
    assert not ProgressReport.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": "101"},
        {"percent": "-1"},
        {"percent": "viel"},
        {"percent": ""},
        {"status": "not_started", "percent": "40"},
        {"status": "basically_completed"},
        {"status": ""},
        {"text": "长" * 501},
        {"version": ""},
        {"version": "viel"},
        {"also": "999:1"},
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    client: Client, clerk: User, measure: Measure, wrong: dict[str, str], headers: dict[str, str]
) -> None:
    client.force_login(clerk)
    address = url("report", measure, "work")
    sent = {**opened(client, address), "text": "征求意见", **wrong}
    response = post(client, address, sent, **headers)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'class="form-errors"' in html
    assert fields(html)["text"] == [sent["text"]]
    assert fields(html)["version"] == [str(measure.version)]
    assert ("没有保存：表单没带上打开时的版本" in html) == ("version" in wrong)
    assert not ProgressReport.objects.exists()


def test_a_long_imported_text_may_be_kept_and_changed(client: Client, clerk: User, measure: Measure) -> None:
    Measure.objects.filter(pk=measure.pk).update(progress="长" * 800)
    client.force_login(clerk)
    address = url("report", measure, "work")
    sent = opened(client, address)
    assert post(client, address, {**sent, "text": "长" * 800, "percent": "70"}).status_code == 302


def test_line_breaks_of_the_browser_do_not_count_as_a_change(
    client: Client, clerk: User, measure: Measure
) -> None:
    Measure.objects.filter(pk=measure.pk).update(progress="一\n二")
    client.force_login(clerk)
    address = url("report", measure, "work")
    sent = {**opened(client, address), "text": "一\r\n二", "seen_text": "一\r\n二"}
    assert post(client, address, sent).status_code == 302
    assert not ProgressReport.objects.exists()


def test_the_way_back_stays_on_this_site(client: Client, clerk: User, measure: Measure) -> None:
    client.force_login(clerk)
    address = f"{url('report', measure)}?place=work&next=https://example.org/"
    response = post(client, address, {**opened(client, address), "percent": "70"})
    assert response["Location"] == f"/items/{measure.item_id}/#measure-{measure.pk}"


def test_the_row_without_htmx_is_the_page_it_stands_on(client: Client, clerk: User, measure: Measure) -> None:
    client.force_login(clerk)
    assert client.get(url("row", measure, "work"))["Location"] == f"/work/#measure-{measure.pk}"
    html = client.get(url("row", measure, "work"), headers=HTMX).content.decode()
    assert f'id="measure-{measure.pk}"' in html
    assert "<form" not in html.split('id="toasts"')[0]


# -- conflict ---------------------------------------------------------------------------------------------------------


def test_the_second_saver_sees_both_sides_and_decides(
    client: Client, clerk: User, office_head: User, measure: Measure
) -> None:
    client.force_login(clerk)
    address = url("report", measure, "work")
    sent = opened(client, address)
    report_progress(measure, progress=Progress(GOING, 70, "完成初稿。补充基层用药。"), actor=office_head)
    response = post(client, address, {**sent, "percent": "75", "text": "完成初稿。正在会签。"})
    html = unescape(response.content.decode())
    assert response.status_code == 409
    assert str(office_head) in html
    assert "<mark>" in html
    settled = fields(html)
    assert settled["version"] == ["2"]
    assert settled["pick_percent"] == ["mine"]
    assert (settled["pick_text"], settled["merged_text"]) == (
        ["merged"],
        ["完成初稿。补充基层用药。正在会签。"],
    )
    # The same field stands folded, and what stood before is shown.
    assert "pick_status" not in settled
    assert "完成初稿。</span>" in html
    assert ProgressReport.objects.count() == 1
    assert post(client, address, {**settled, "pick_percent": "saved"}).status_code == 302
    measure.refresh_from_db()
    assert (measure.percent, measure.progress) == (70, "完成初稿。补充基层用药。正在会签。")


def test_with_htmx_the_conflict_stands_in_the_row(
    client: Client, clerk: User, office_head: User, measure: Measure
) -> None:
    client.force_login(clerk)
    address = url("report", measure, "item")
    sent = opened(client, address, **HTMX)
    report_progress(measure, progress=Progress(DONE), actor=office_head)
    response = post(client, address, {**sent, "percent": "75"}, **HTMX)
    html = response.content.decode()
    assert response.status_code == 409
    assert html.lstrip().startswith("<li")
    # 正在推进 was not touched here, so the saved 已完成 is proposed; the percent was.
    assert fields(html)["pick_status"] == ["saved"]


def test_a_third_save_asks_again_and_keeps_what_was_chosen(
    client: Client, clerk: User, office_head: User, measure: Measure
) -> None:
    client.force_login(clerk)
    address = url("report", measure, "work")
    sent = opened(client, address)
    report_progress(measure, progress=Progress(GOING, 70), actor=office_head)
    settled = fields(post(client, address, {**sent, "percent": "75", "text": "甲。"}).content.decode())
    report_progress(measure, progress=Progress(GOING, 80), actor=office_head)
    again = post(client, address, settled)
    assert again.status_code == 409
    third = fields(again.content.decode())
    assert (third["percent"], third["seen_percent"], third["version"]) == (["75"], ["80"], ["3"])
    assert post(client, address, third).status_code == 302
    measure.refresh_from_db()
    assert measure.percent == 75


def test_a_new_deadline_is_no_conflict_with_a_report(client: Client, clerk: User, measure: Measure) -> None:
    client.force_login(clerk)
    address = url("report", measure, "work")
    sent = opened(client, address)
    Measure.objects.filter(pk=measure.pk).update(version=7, due_date=date(2026, 12, 31))
    assert post(client, address, {**sent, "percent": "75"}).status_code == 302
    measure.refresh_from_db()
    assert (measure.percent, measure.due_date, measure.version) == (75, date(2026, 12, 31), 8)


def test_a_merged_text_that_is_too_long_is_not_lost(
    client: Client, clerk: User, office_head: User, measure: Measure
) -> None:
    client.force_login(clerk)
    address = url("report", measure, "work")
    sent = opened(client, address)
    report_progress(measure, progress=Progress(GOING, 70, "甲" * 400), actor=office_head)
    conflict = post(client, address, {**sent, "text": "乙" * 400})
    settled = {**fields(conflict.content.decode()), "pick_text": "merged", "merged_text": "丙" * 801}
    refused = post(client, address, settled)
    assert refused.status_code == 422
    assert fields(refused.content.decode())["merged_text"] == ["丙" * 801]


# -- shared, note, correction, undo -----------------------------------------------------------------------------------


def test_rows_of_one_shared_measure_are_saved_together(
    client: Client, clerk: User, office: Office, measure: Measure
) -> None:
    Measure.objects.filter(pk=measure.pk).update(shared_key="k")
    item = make_item(measure.ledger, "另一个", number="13")
    twin = make_measure(
        item, "制定目录", lead=[office], shared_key="k", status=GOING, percent=60, progress="完成初稿。"
    )
    apart = make_measure(item, "制定目录", lead=[office], shared_key="k", status=DONE)
    client.force_login(clerk)
    address = url("report", measure, "work")
    sent = opened(client, address)
    # What stands alike is proposed, what went its own way is not.
    assert sent["also"] == [f"{twin.pk}:1"]
    response = post(client, address, {**sent, "percent": "90"}, **HTMX)
    assert json.loads(response["HX-Trigger"])["measures-changed"]["ids"] == [measure.pk, twin.pk]
    twin.refresh_from_db()
    apart.refresh_from_db()
    assert (twin.percent, apart.percent) == (90, 100)
    report = ProgressReport.objects.filter(measure=measure).get()
    client.post(reverse("remediation:report_undo", args=[report.pk]))
    twin.refresh_from_db()
    assert twin.percent == 60


def test_an_assisting_office_adds_a_note(client: Client, other_clerk: User, measure: Measure) -> None:
    client.force_login(other_clerk)
    address = url("note", measure, "item")
    assert post(client, address, {"text": " "}).status_code == 422
    response = post(client, address, {"text": "已补充用药"}, **HTMX)
    assert response.status_code == 200
    assert ProgressReport.objects.get().kind == ReportKind.ASSISTING_NOTE
    assert "已补充用药" in client.get(f"/items/{measure.item_id}/").content.decode()
    assert client.get(url("report", measure)).status_code == 403


def test_a_correction_asks_for_a_reason(client: Client, supervision_officer: User, measure: Measure) -> None:
    client.force_login(supervision_officer)
    address = url("correct", measure, "item")
    sent = {**opened(client, address), "percent": "50"}
    assert post(client, address, {**sent, "reason": ""}).status_code == 422
    assert post(client, address, {**sent, "reason": "核查后更正"}).status_code == 302
    assert ProgressReport.objects.get().reason == "核查后更正"


def test_undo_goes_back_and_says_why_it_cannot(
    client: Client, clerk: User, office_head: User, measure: Measure
) -> None:
    report = report_progress(measure, progress=Progress(GOING, 70), actor=clerk)
    assert report is not None
    undo = reverse("remediation:report_undo", args=[report.pk])
    client.force_login(office_head)
    assert client.post(undo).status_code == 404
    client.force_login(clerk)
    assert client.get(undo).status_code == 405
    assert client.post(f"{undo}?next=/work/")["Location"] == "/work/"
    measure.refresh_from_db()
    assert measure.percent == 60
    client.post(undo)
    assert 'class="note note-error"' in client.get("/work/").content.decode()


def test_an_empty_post_is_refused_by_the_form(client: Client, clerk: User, measure: Measure) -> None:
    client.force_login(clerk)
    assert client.post(url("report", measure)).status_code == 422


@pytest.mark.parametrize("name", ["report", "note", "correct", "row"])
def test_what_is_not_in_scope_does_not_exist(
    client: Client, name: str, measure: Measure, sys_admin: User, other_office: Office
) -> None:
    measure.duties.filter(office=other_office).delete()
    client.force_login(make_user(Role.CLERK, office=other_office))
    assert client.get(url(name, measure)).status_code == 404
    client.force_login(sys_admin)
    assert client.get(url(name, measure)).status_code == 404
    client.logout()
    assert client.get(url(name, measure)).status_code == 302


def test_an_archived_ledger_refuses_with_its_reason(client: Client, clerk: User, measure: Measure) -> None:
    measure.ledger.archived_at = now()
    measure.ledger.save()
    client.force_login(clerk)
    assert client.get(url("report", measure)).status_code == 403
    page = client.get(f"/items/{measure.item_id}/").content.decode()
    assert 'aria-disabled="true"' in page
    assert f'id="measure-{measure.pk}-why"' in page
