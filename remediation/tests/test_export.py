"""Downloads: the same rows as the page, formulas disarmed, real dates, and back in as unchanged."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import date, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import Office, User
from core import xlsx_writing
from core.clock import today
from core.csv_writing import streamed_csv
from core.models import AuditEvent
from core.xlsx_writing import Heading, Percent, column_letters, streamed_xlsx
from remediation.exporting import measure_headings
from remediation.links import measures_url
from remediation.models import EventKind, ItemEvent, Ledger, Measure, Section
from remediation.states import CompletionStatus
from tests.ledgers import make_item, make_ledger, make_measure, make_section
from tests.people import make_position

pytestmark = pytest.mark.django_db

FORMULAS = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0"]


def sheet_of(client: Client, url: str) -> list[tuple[Any, ...]]:
    """All rows of a downloaded workbook, its headings first."""
    response = client.get(url)
    assert response.status_code == 200
    body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    workbook = openpyxl.load_workbook(BytesIO(body))
    assert workbook.active is not None
    return list(workbook.active.iter_rows(values_only=True))


@pytest.fixture
def ledger(office: Office, other_office: Office) -> Ledger:
    """A ledger with one row of every sort that an export has to carry."""
    day = today()
    ledger = make_ledger("甲台账", year=day.year)
    top = make_section(ledger, "（一）政治执行力方面")
    key = make_section(ledger, "1.站位不高的问题", parent=top, kind="key_problem")
    leader = make_position("副主任（分管医政）")
    item = make_item(
        ledger, "学习贯彻不及时", section=key, number="1", type_text="巡视反馈问题", cause="认识不足", goal="整改到位",
        leader=leader,
    )  # fmt: skip
    inferred = make_item(ledger, "督办不够", section=key, number="3", kind="inference_item", leader=leader)
    project = make_item(ledger, "新建院区", section=top, number="2", kind="project", type_text="重点项目")
    make_measure(
        item, "完成评估\n分两步", lead=[office, other_office], number=1, leader=leader, due=day + timedelta(days=9),
        deadline_text="限期完成", status="in_progress", percent=60, progress="已做六成", note="备注一",
    )  # fmt: skip
    make_measure(
        item, "出台办法", lead=[office], assisting=[other_office], number=2, leader=leader, deadline_text="长期坚持",
        deadline_kind="long_term", is_long_term=True, review_date=day + timedelta(days=90), status="in_progress",
        percent=1,
    )  # fmt: skip
    make_measure(
        inferred, "建立机制", lead=[other_office], number=1, due=date(2024, 6, 30), deadline_text="2024年6月底前",
        deadline_kind="dated", status="completed", status_text="已整改到位",
    )  # fmt: skip
    make_measure(project, "主体封顶", lead=[office], number=1, started_on=date(2024, 1, 2))
    return ledger


# -- the writers -------------------------------------------------------------------------------------------------------


def test_a_streamed_workbook_is_read_back_as_it_was() -> None:
    rows: list[list[Any]] = [
        ["第一行\n第二行", 3, date(2024, 11, 30), Percent(60), None],
        ["&<>\"' \x0b", 10.5, None, Percent(100), ""],
        *[[text, 0, None, Percent(1), " 前后空格 "] for text in FORMULAS],
    ]
    headings = [
        Heading("文字", 20, wraps=True),
        Heading("数"),
        Heading("日"),
        Heading("百分比"),
        Heading("空"),
    ]
    body = b"".join(streamed_xlsx(headings, rows, sheet_name="a/b:c"))
    workbook = openpyxl.load_workbook(BytesIO(body))
    sheet = workbook["a b c"]
    read: list[Any] = list(sheet.iter_rows(values_only=True))
    assert read[0] == ("文字", "数", "日", "百分比", "空")
    assert read[1][:4] == ("第一行\n第二行", 3, read[1][2], 0.6)
    assert read[1][2].date() == date(2024, 11, 30)
    assert read[2][0] == "&<>\"' "
    assert [row[0] for row in read[3:]] == FORMULAS
    assert read[3][4] == " 前后空格 "
    for row in sheet.iter_rows(min_row=4, max_col=1):
        assert row[0].data_type == "s"
        assert row[0].quotePrefix
    assert sheet.freeze_panes == "A2"
    assert sheet["D2"].number_format == "0%"


def test_a_workbook_begins_to_arrive_before_its_last_row_is_made() -> None:
    made = []

    def rows() -> Any:
        for serial in range(5000):
            made.append(serial)
            yield [f"行{serial}"]

    pieces = streamed_xlsx([Heading("文字")], rows(), sheet_name="x")
    assert len(next(pieces)) > 100
    assert made == []
    assert len(b"".join(pieces)) > 1000


def test_too_long_a_text_is_cut_at_the_limit_of_a_cell() -> None:
    headings = [Heading("文字"), Heading("自由", is_free_text=True)]
    body = b"".join(streamed_xlsx(headings, [["长" * 40_000, "远" * 40_000]], sheet_name="x"))
    parts = zipfile.ZipFile(BytesIO(body))
    assert parts.read("xl/sharedStrings.xml").decode().count("长") == 32_767
    assert parts.read("xl/worksheets/sheet1.xml").decode().count("远") == 32_767


def test_a_text_that_repeats_is_stored_once_until_the_table_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_writing, "MAX_SHARED_CHARACTERS", 6 + 3 * xlsx_writing.SHARED_TEXT_COST)
    rows = [
        ["办公室", "=1", "同"],
        ["办公室", "=1", "同"],
        ["财务处处", "=1", "同"],
        ["财务处处", "甲", "同"],
    ]
    headings = [Heading("处室"), Heading("式", wraps=True), Heading("自由", is_free_text=True)]
    body = b"".join(streamed_xlsx(headings, rows, sheet_name="x"))
    sheet = openpyxl.load_workbook(BytesIO(body))["x"]
    assert [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)] == rows
    assert all(sheet.cell(row, 2).quotePrefix for row in (2, 3, 4))
    parts = zipfile.ZipFile(BytesIO(body))
    shared, own = parts.read("xl/sharedStrings.xml").decode(), parts.read("xl/worksheets/sheet1.xml").decode()
    assert [shared.count(text) for text in ("办公室", "=1", "甲", "财务处处", "同")] == [1, 1, 1, 0, 0]
    assert [own.count(text) for text in ("办公室", "财务处处", "<t>同")] == [0, 2, 4]


def test_csv_disarms_formulas_and_carries_its_mark() -> None:
    body = b"".join(
        streamed_csv(["=标题"], [[text] for text in FORMULAS] + [[date(2024, 1, 2)], [None], [Percent(5)]])
    )
    assert body.startswith(b"\xef\xbb\xbf")
    read = [row[0] for row in csv.reader(StringIO(body.decode("utf-8-sig")))]
    assert read[0] == "'=标题"
    assert read[1 : len(FORMULAS) + 1] == [f"'{text}" for text in FORMULAS]
    assert read[-3:] == ["2024-01-02", "", "5%"]


def test_letters_of_columns() -> None:
    assert [column_letters(number) for number in (1, 26, 27, 702, 703)] == ["A", "Z", "AA", "ZZ", "AAA"]


# -- downloads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["", "status=in_progress", "status=in_progress&sort=-due", "q=没有的字", "office={office}"]
)
@pytest.mark.parametrize("person", ["ledger_admin", "clerk", "other_clerk"])
def test_the_rows_of_the_page_are_the_rows_of_the_download(
    client: Client, people: dict[str, User], ledger: Ledger, office: Office, person: str, query: str
) -> None:
    client.force_login(people[person])
    query = query.format(office=office.pk)
    page = client.get(f"/measures/?{query}")
    texts = {f"（{row.number}）{row.text}" for row in page.context["rows"]}
    column = [heading.text for heading in measure_headings()].index("整改措施")
    book = sheet_of(client, f"/measures/?{query}&format=xlsx")
    assert {row[column] for row in book[1:]} == texts
    assert len(book) - 1 == page.context["counts"].total
    answer = client.get(f"/measures/?{query}&format=csv")
    body = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert {row[column] for row in list(csv.reader(StringIO(body)))[1:]} == texts


def test_headings_and_values_are_those_of_an_import(
    client: Client, ledger_admin: User, ledger: Ledger
) -> None:
    client.force_login(ledger_admin)
    book = sheet_of(client, f"{measures_url(ledger=ledger.pk)}&format=xlsx")
    lines = [dict(zip(book[0], row, strict=True)) for row in book[1:]]
    first = lines[0]
    assert first["序号"] == 1
    assert first["问题类别"] == "（一）政治执行力方面"
    assert first["重点问题"] == "1.站位不高的问题"
    assert first["具体问题"] == "（1）学习贯彻不及时"
    assert first["牵头处室"] == "医政医管处、规划信息处"
    assert first["完成时限"] == "限期完成"
    assert first["到期日"].date() == today() + timedelta(days=9)
    assert first["完成比例"] == 0.6
    assert lines[2]["具体问题"] == "举一反三3：督办不够"
    assert lines[2]["完成状态"] == "已整改到位"
    assert lines[3]["具体问题"] == "2、新建院区"


def test_items_are_exported_with_what_follows_from_their_measures(
    client: Client, ledger_admin: User, ledger: Ledger
) -> None:
    client.force_login(ledger_admin)
    book = sheet_of(client, f"/items/?ledger={ledger.pk}&format=xlsx")
    lines = [dict(zip(book[0], row, strict=True)) for row in book[1:]]
    assert [line["完成状态"] for line in lines] == ["正在推进", "已完成", "未启动"]
    assert lines[0]["措施数"] == 2


def test_a_download_is_told_to_the_audit_log(client: Client, clerk: User, ledger: Ledger) -> None:
    client.force_login(clerk)
    client.get("/measures/?format=csv&status=in_progress")
    event = AuditEvent.objects.get(event_type="list_exported")
    assert event.actor == clerk
    assert event.detail["query"] == "format=csv&status=in_progress"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_download_is_not_compressed_on_its_way(
    client: Client, clerk: User, ledger: Ledger, kind: str
) -> None:
    client.force_login(clerk)
    answer = client.get(f"/measures/?format={kind}", headers={"Accept-Encoding": "gzip"})
    assert answer.streaming
    assert "Content-Encoding" not in answer
    begin = next(iter(answer))
    assert begin.startswith({"xlsx": b"PK", "csv": b"\xef\xbb\xbf"}[kind])


def test_queries_of_a_download_do_not_grow_with_rows(
    client: Client, ledger_admin: User, ledger: Ledger, django_assert_max_num_queries: Any
) -> None:
    item = ledger.items.first()
    assert item is not None
    for _serial in range(60):
        make_measure(item)
    client.force_login(ledger_admin)
    with django_assert_max_num_queries(12):
        assert len(sheet_of(client, f"{measures_url(ledger=ledger.pk)}&format=xlsx")) == 65


# -- and back in -------------------------------------------------------------------------------------------------------


def reimported(path: Path, title: str) -> dict[str, Any]:
    """What the import says of a file for the ledger ``title``."""
    out = StringIO()
    call_command("import_ledger", str(path), "--title", title, "--json", stdout=out, stderr=StringIO())
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_exported_ledger_comes_back_as_unchanged(
    client: Client, ledger_admin: User, ledger: Ledger, tmp_path: Path, kind: str
) -> None:
    client.force_login(ledger_admin)
    answer = client.get(f"{measures_url(ledger=ledger.pk)}&format={kind}")
    path = tmp_path / f"ledger.{kind}"
    path.write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    before = list(Measure.objects.order_by("pk").values())
    result = reimported(path, ledger.title)
    assert result["errors"] == []
    assert (result["created"], result["updated"], result["unchanged"], result["missing"]) == (0, 0, 4, 0)
    assert list(Measure.objects.order_by("pk").values()) == before
    assert not ItemEvent.objects.filter(kind=EventKind.IMPORT_CHANGED).exists()


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_texts_like_formulas_come_back_as_unchanged(
    client: Client, ledger_admin: User, office: Office, tmp_path: Path, kind: str
) -> None:
    ledger = make_ledger("公式台账", year=2024)
    item = make_item(ledger, "-问题", number="")
    for serial, text in enumerate([*FORMULAS, "-", "'-1", "''=x", "'引用'"], start=1):
        make_measure(
            item, f"措施{serial}", number=serial, lead=[office], note=text, deadline_text="-", progress=text
        )
    client.force_login(ledger_admin)
    answer = client.get(f"{measures_url(ledger=ledger.pk)}&format={kind}")
    path = tmp_path / f"ledger.{kind}"
    path.write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    result = reimported(path, ledger.title)
    assert (result["errors"], result["created"], result["updated"]) == ([], 0, 0)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_sections_of_any_depth_come_back_as_unchanged(
    client: Client, ledger_admin: User, office: Office, tmp_path: Path, kind: str
) -> None:
    ledger = make_ledger("深台账", year=2024)
    section = None
    for depth, title in enumerate(["一、巡视反馈问题", "（一）政治方面", "1.学习方面", "重点问题"]):
        section = make_section(ledger, title, parent=section, kind="category" if depth < 3 else "key_problem")
        item = make_item(ledger, f"问题{depth}", section=section, number=str(depth + 1))
        make_measure(item, number=1, lead=[office])
    client.force_login(ledger_admin)
    answer = client.get(f"{measures_url(ledger=ledger.pk)}&format={kind}")
    path = tmp_path / f"ledger.{kind}"
    path.write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    result = reimported(path, ledger.title)
    assert (result["errors"], result["created"], result["updated"], result["unchanged"]) == ([], 0, 0, 4)
    copied = reimported(path, "抄件")
    assert (copied["errors"], copied["created"]) == ([], 4)
    titles = Section.objects.order_by("title").values_list("title", "parent__title")
    assert list(titles.filter(ledger__title="抄件")) == list(titles.filter(ledger=ledger))


def test_a_reported_status_comes_back_as_unchanged(
    client: Client, clerk: User, ledger_admin: User, ledger: Ledger, tmp_path: Path
) -> None:
    from remediation.reporting import Progress, report_progress

    measure = Measure.objects.get(text__startswith="完成评估")
    # What the import wrote, and what no longer holds once the office has reported.
    Measure.objects.filter(pk=measure.pk).update(status_text="正在推进")
    report_progress(measure, progress=Progress(CompletionStatus.COMPLETED, text="做完了"), actor=clerk)
    client.force_login(ledger_admin)
    answer = client.get(f"{measures_url(ledger=ledger.pk)}&format=xlsx")
    path = tmp_path / "ledger.xlsx"
    path.write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    result = reimported(path, ledger.title)
    assert (result["updated"], result["unchanged"]) == (0, 4)
    assert not [issue for issue in result["warnings"] if issue["kind"] == "not_taken_back"]


def test_a_file_from_before_an_office_was_renamed_comes_back_as_unchanged(
    client: Client, ledger_admin: User, ledger: Ledger, office: Office, tmp_path: Path
) -> None:
    client.force_login(ledger_admin)
    answer = client.get(f"{measures_url(ledger=ledger.pk)}&format=xlsx")
    path = tmp_path / "ledger.xlsx"
    path.write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    sent = {"name": "医政处", "kind": "internal", "order": "0", "is_active": "on", "parent": office.parent_id}
    former = {"former-TOTAL_FORMS": "0", "former-INITIAL_FORMS": "0"}
    assert client.post(f"/offices/{office.pk}/", {**sent, **former}).status_code == 302
    result = reimported(path, ledger.title)
    assert result["errors"] == []
    assert (result["updated"], result["unchanged"]) == (0, 4)


def test_rows_made_in_the_browser_come_back_as_unchanged(
    client: Client, ledger_admin: User, ledger: Ledger, office: Office, tmp_path: Path
) -> None:
    """No type as written, a reform mark that no note carries, a date without its text, no office at all."""
    kinds = ("opinion", "suggestion", "project", "specific_problem", "inference_item")
    for serial, kind in enumerate(kinds, start=20):
        item = make_item(
            ledger, f"浏览器里新建的{serial}", number=str(serial), kind=kind, is_reform_item=True
        )
        make_measure(item, "做一件事", lead=[office], number=1, due=date(2025, 3, 31))
    make_measure(make_item(ledger, "没有编号", number=""), "没有处室的措施", number=1)
    client.force_login(ledger_admin)
    answer = client.get(f"{measures_url(ledger=ledger.pk)}&format=xlsx")
    path = tmp_path / "ledger.xlsx"
    path.write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    result = reimported(path, ledger.title)
    assert result["errors"] == []
    assert (result["created"], result["updated"], result["unchanged"], result["missing"]) == (0, 0, 10, 0)
