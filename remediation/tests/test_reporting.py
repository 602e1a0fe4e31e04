"""Reports, notes, corrections and undo: what they write, whom they refuse, and what a second saver is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import Office, User
from accounts.roles import Role
from remediation.models import ChangeMark, EventKind, ItemEvent, Measure, ProgressReport, ReportKind
from remediation.permissions import can_correct_measure, can_note_assistance, can_report_progress
from remediation.report_undo import can_undo_report, undo_report
from remediation.reporting import (
    Progress,
    StaleMeasure,
    correct_measure,
    note_assistance,
    report_progress,
    report_together,
    shared_rows,
)
from remediation.states import CompletionStatus, WorkflowState
from remediation.timeline import entries
from tests.ledgers import make_item, make_ledger, make_measure, make_office

pytestmark = pytest.mark.django_db

DONE, GOING, NONE = CompletionStatus.COMPLETED, CompletionStatus.IN_PROGRESS, CompletionStatus.NOT_STARTED


def person(role: Role | None, office: Office | None = None) -> User:
    user = User.objects.create_user(username=f"u{User.objects.count()}", office=office)
    if role:
        user.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def above(db: None) -> Office:
    return make_office("委机关")


@pytest.fixture
def lead(above: Office) -> Office:
    return make_office("医政处", parent=above)


@pytest.fixture
def assisting(above: Office) -> Office:
    return make_office("药政处", parent=above)


@pytest.fixture
def measure(lead: Office, assisting: Office) -> Measure:
    item = make_item(make_ledger("台账"), "标准不统一", number="12")
    return make_measure(
        item,
        "制定目录",
        lead=[lead],
        assisting=[assisting],
        due=date(2026, 11, 30),
        status=GOING,
        percent=60,
        progress="完成初稿",
    )


@pytest.fixture
def clerk(lead: Office) -> User:
    return person(Role.CLERK, lead)


# -- reporting --------------------------------------------------------------------------------------------------------


def test_a_report_changes_the_measure_and_writes_both_histories(measure: Measure, clerk: User) -> None:
    moment = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)  # the 25th in Shanghai
    report = report_progress(
        measure,
        progress=Progress(GOING, 75, " 征求18家医院意见 "),
        actor=clerk,
        expected_version=1,
        moment=moment,
    )
    measure.refresh_from_db()
    assert (measure.status, measure.percent, measure.progress) == (GOING, 75, "征求18家医院意见")
    assert (measure.version, measure.reported_at, measure.reported_by) == (2, moment, clerk)
    assert report is not None
    assert (report.percent_before, report.percent, report.text_before) == (60, 75, "完成初稿")
    assert (report.kind, report.author, report.office) == (ReportKind.REPORT, clerk, clerk.office)
    event = ItemEvent.objects.get()
    assert (event.kind, event.actor, event.report) == (EventKind.REPORTED, clerk, report)
    assert event.changes == [
        {"field": "percent", "from": 60, "to": 75},
        {"field": "progress", "from": "完成初稿", "to": "征求18家医院意见"},
    ]
    assert (event.status_after, event.percent_after, event.due_after) == (GOING, 75, date(2026, 11, 30))
    assert event.occurred_on == date(2026, 11, 25)
    assert ChangeMark.objects.filter(ledger=measure.ledger).count() == 1


def test_completed_sets_100_and_the_day_and_leaving_it_clears_the_day(measure: Measure, clerk: User) -> None:
    moment = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    report_progress(measure, progress=Progress(DONE, 60), actor=clerk, moment=moment)
    measure.refresh_from_db()
    assert (measure.status, measure.percent, measure.completed_on) == (DONE, 100, date(2026, 11, 25))
    assert not measure.is_open
    report_progress(measure, progress=Progress(DONE, None, "补充说明"), actor=clerk)
    measure.refresh_from_db()
    assert measure.completed_on == date(2026, 11, 25)
    report_progress(measure, progress=Progress(GOING, 90), actor=clerk)
    measure.refresh_from_db()
    assert (measure.percent, measure.is_open) == (90, True)
    assert Measure.objects.filter(completed_on__isnull=True).exists()


def test_percent_100_alone_completes_nothing(measure: Measure, clerk: User) -> None:
    report_progress(measure, progress=Progress(GOING, 100), actor=clerk)
    measure.refresh_from_db()
    assert (measure.status, measure.percent, measure.completed_on) == (GOING, 100, None)


def test_not_started_is_0(measure: Measure, clerk: User) -> None:
    report_progress(measure, progress=Progress(NONE, 60), actor=clerk)
    measure.refresh_from_db()
    assert (measure.status, measure.percent) == (NONE, 0)


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_percent_out_of_range_is_refused(measure: Measure, clerk: User, percent: int) -> None:
    with pytest.raises(ValidationError) as refused:
        report_progress(measure, progress=Progress(GOING, percent), actor=clerk)
    assert "percent" in refused.value.message_dict
    assert not ProgressReport.objects.exists()


def test_saving_what_stands_already_writes_nothing(measure: Measure, clerk: User) -> None:
    assert report_progress(measure, progress=Progress(GOING, 60, "完成初稿"), actor=clerk) is None
    # Even from an old page: there is nothing to lose.
    assert report_progress(measure, progress=Progress(GOING), actor=clerk, expected_version=0) is None
    assert not ItemEvent.objects.exists()


def test_the_second_saver_is_told_and_nothing_is_written(measure: Measure, clerk: User) -> None:
    report_progress(measure, progress=Progress(GOING, 70), actor=clerk, expected_version=1)
    with pytest.raises(StaleMeasure) as stale:
        report_progress(measure, progress=Progress(GOING, 75), actor=clerk, expected_version=1)
    assert (stale.value.measure.percent, stale.value.measure.version) == (70, 2)
    assert ProgressReport.objects.count() == 1


# -- who may ----------------------------------------------------------------------------------------------------------

REPORT, NOTE, CORRECT = "report", "note", "correct"
LEAD, ASSISTING, ABOVE, OTHER, NOWHERE = "lead", "assisting", "above", "other", ""


def office_of(measure: Measure, role: str) -> Office:
    return measure.duties.get(role=role).office


def office_named(measure: Measure, where: str) -> Office | None:
    if where == ABOVE:
        return office_of(measure, LEAD).parent
    if where == OTHER:
        return make_office("宣传处")
    return office_of(measure, where) if where else None


PEOPLE: dict[str, tuple[Role | None, str, set[str]]] = {
    "clerk of the lead office": (Role.CLERK, LEAD, {REPORT}),
    "head of the lead office": (Role.OFFICE_HEAD, LEAD, {REPORT}),
    # The office above leads and assists through those below it.
    "clerk of the office above": (Role.CLERK, ABOVE, {REPORT, NOTE}),
    "clerk of the assisting office": (Role.CLERK, ASSISTING, {NOTE}),
    "head of the assisting office": (Role.OFFICE_HEAD, ASSISTING, {NOTE}),
    "clerk of another office": (Role.CLERK, OTHER, set()),
    "clerk without an office": (Role.CLERK, NOWHERE, set()),
    "no role, in the lead office": (None, LEAD, set()),
    "supervision office": (Role.SUPERVISION_OFFICE, NOWHERE, {CORRECT}),
    "ledger administrator": (Role.LEDGER_ADMIN, NOWHERE, {CORRECT}),
    "leader": (Role.LEADER, NOWHERE, set()),
    "discipline group": (Role.DISCIPLINE_GROUP, NOWHERE, set()),
    # The role handles nothing, in whatever office the account stands.
    "discipline group, in the lead office": (Role.DISCIPLINE_GROUP, LEAD, set()),
    "system administrator": (Role.SYS_ADMIN, NOWHERE, set()),
    "security administrator": (Role.SEC_ADMIN, NOWHERE, set()),
    "audit administrator": (Role.AUDIT_ADMIN, NOWHERE, set()),
}


def attempts(measure: Measure, user: User) -> dict[str, Callable[[], object]]:
    return {
        REPORT: lambda: report_progress(measure, progress=Progress(GOING, 61), actor=user),
        NOTE: lambda: note_assistance(measure, text="已配合", actor=user),
        CORRECT: lambda: correct_measure(measure, progress=Progress(GOING, 62), reason="笔误", actor=user),
    }


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_report_note_and_correct(measure: Measure, who: str) -> None:
    role, where, allowed = PEOPLE[who]
    user = person(role, office_named(measure, where))
    decisions = {
        REPORT: can_report_progress(user, measure),
        NOTE: can_note_assistance(user, measure),
        CORRECT: can_correct_measure(user, measure),
    }
    assert {action for action, decision in decisions.items() if decision} == allowed
    for action, attempt in attempts(measure, user).items():
        if action in allowed:
            attempt()
        else:
            assert decisions[action].reason
            with pytest.raises(PermissionDenied):
                attempt()
    assert ProgressReport.objects.count() == len(allowed)


@pytest.mark.parametrize("state", [WorkflowState.CLOSED, WorkflowState.TRANSFERRED, WorkflowState.VOIDED])
def test_nobody_reports_on_what_is_finished(measure: Measure, clerk: User, state: str) -> None:
    Measure.objects.filter(pk=measure.pk).update(workflow_state=state)
    with pytest.raises(PermissionDenied):
        report_progress(measure, progress=Progress(GOING, 70), actor=clerk)


def test_an_archived_ledger_is_read_only(measure: Measure, clerk: User) -> None:
    measure.ledger.archived_at = timezone.now()
    measure.ledger.save()
    for user in (clerk, person(Role.LEDGER_ADMIN), person(Role.CLERK, office_of(measure, "assisting"))):
        for attempt in attempts(measure, user).values():
            with pytest.raises(PermissionDenied):
                attempt()


def test_a_correction_needs_a_reason_and_keeps_it(measure: Measure) -> None:
    admin = person(Role.LEDGER_ADMIN)
    with pytest.raises(ValidationError):
        correct_measure(measure, progress=Progress(DONE), reason="  ", actor=admin)
    report = correct_measure(measure, progress=Progress(DONE), reason=" 会议确认 ", actor=admin)
    assert report is not None
    assert (report.kind, report.reason) == (ReportKind.CORRECTION, "会议确认")
    assert ItemEvent.objects.get().kind == EventKind.CORRECTED


def test_a_note_leaves_the_measure_alone(measure: Measure, assisting: Office) -> None:
    helper = person(Role.CLERK, assisting)
    with pytest.raises(ValidationError):
        note_assistance(measure, text=" ", actor=helper)
    report = note_assistance(measure, text="已补充12个基层常用药", actor=helper)
    measure.refresh_from_db()
    assert (measure.percent, measure.progress, measure.version) == (60, "完成初稿", 1)
    assert (report.kind, report.office) == (ReportKind.ASSISTING_NOTE, assisting)
    assert ItemEvent.objects.get().kind == EventKind.NOTED


# -- undo -------------------------------------------------------------------------------------------------------------


def saved(measure: Measure, actor: User, **values: object) -> ProgressReport:
    progress = Progress(**{"status": GOING, **values})  # type: ignore[arg-type]
    report = report_progress(measure, progress=progress, actor=actor)
    assert report is not None
    return report


def test_undo_puts_everything_back_and_stays_in_the_history(measure: Measure, clerk: User) -> None:
    first = saved(measure, clerk, percent=70, text="第一次")
    report = saved(measure, clerk, status=DONE, text="做完了")
    assert [answer.changed for answer in undo_report(report, actor=clerk)] == [True]
    measure.refresh_from_db()
    assert (measure.status, measure.percent, measure.progress) == (GOING, 70, "第一次")
    assert (measure.completed_on, measure.reported_at) == (None, first.reported_at)
    undo = ProgressReport.objects.get(kind=ReportKind.UNDO)
    assert (undo.undoes, undo.status_before, undo.status) == (report, DONE, GOING)
    assert list(ItemEvent.objects.values_list("kind", flat=True)) == ["report_undone", "reported", "reported"]


def test_the_word_of_the_sheet_goes_with_its_status_and_comes_back_with_the_undo(
    measure: Measure, clerk: User
) -> None:
    Measure.objects.filter(pk=measure.pk).update(status_text="有序推进")
    saved(measure, clerk, percent=70)
    measure.refresh_from_db()
    assert measure.status_text == "有序推进", "the status is what it was"
    report = saved(measure, clerk, status=DONE)
    measure.refresh_from_db()
    assert measure.status_text == ""
    event = report.events.get()
    assert {"field": "status_text", "from": "有序推进", "to": ""} in event.changes
    line = entries([event])[0]
    assert [(turn.before, turn.after) for turn in line.turns] == [
        ("正在推进", "已完成"),
        ("有序推进", "无"),
        ("70%", "100%"),
    ]
    undo_report(report, actor=clerk)
    measure.refresh_from_db()
    assert (measure.status, measure.status_text) == (GOING, "有序推进")
    # A word that is the status' own tells nothing twice.
    Measure.objects.filter(pk=measure.pk).update(status_text="正在推进")
    report = saved(measure, clerk, status=DONE)
    assert [turn.before for turn in entries([report.events.get()])[0].turns] == ["正在推进", "70%"]


def test_undo_restores_the_day_of_completion(measure: Measure, clerk: User) -> None:
    saved(measure, clerk, status=DONE)
    Measure.objects.filter(pk=measure.pk).update(completed_on=date(2026, 1, 5))
    report = saved(measure, clerk, status=GOING, percent=50)
    undo_report(report, actor=clerk)
    measure.refresh_from_db()
    assert (measure.status, measure.percent, measure.completed_on) == (DONE, 100, date(2026, 1, 5))


def test_only_the_author_takes_a_report_back_and_only_once(
    measure: Measure, clerk: User, lead: Office
) -> None:
    report = saved(measure, clerk, percent=70)
    colleague = person(Role.CLERK, lead)
    assert [answer.changed for answer in undo_report(report, actor=colleague)] == [False]
    undo_report(report, actor=clerk)
    answer = undo_report(report, actor=clerk)[0]
    assert not answer.changed
    assert answer.reason
    assert ProgressReport.objects.filter(kind=ReportKind.UNDO).count() == 1


def test_a_report_stays_once_somebody_reported_since(measure: Measure, clerk: User, lead: Office) -> None:
    report = saved(measure, clerk, percent=70)
    saved(measure, person(Role.OFFICE_HEAD, lead), percent=80)
    assert not can_undo_report(clerk, report)
    assert not undo_report(report, actor=clerk)[0].changed
    measure.refresh_from_db()
    assert measure.percent == 80


def test_a_note_or_a_new_deadline_does_not_hinder_undo(
    measure: Measure, clerk: User, assisting: Office
) -> None:
    report = saved(measure, clerk, percent=70)
    note_assistance(measure, text="已配合", actor=person(Role.CLERK, assisting))
    Measure.objects.filter(pk=measure.pk).update(version=9, due_date=date(2026, 12, 31))
    assert undo_report(report, actor=clerk)[0].changed
    measure.refresh_from_db()
    assert (measure.percent, measure.due_date, measure.version) == (60, date(2026, 12, 31), 10)


def test_a_report_stays_once_an_import_changed_the_row(measure: Measure, clerk: User) -> None:
    report = saved(measure, clerk, percent=70)
    Measure.objects.filter(pk=measure.pk).update(percent=90, version=3)
    assert not undo_report(report, actor=clerk)[0].changed


def test_a_note_is_taken_back_without_touching_the_measure(measure: Measure, assisting: Office) -> None:
    helper = person(Role.CLERK, assisting)
    note = note_assistance(measure, text="已配合", actor=helper)
    assert undo_report(note, actor=helper)[0].changed
    assert not can_undo_report(helper, note)
    measure.refresh_from_db()
    assert (measure.percent, measure.version) == (60, 1)


# -- several rows -----------------------------------------------------------------------------------------------------


@pytest.fixture
def twins(measure: Measure, lead: Office) -> list[Measure]:
    """``measure`` and two more rows of the same shared measure; the last is another office's."""
    Measure.objects.filter(pk=measure.pk).update(shared_key="k")
    measure.refresh_from_db()
    item = make_item(measure.ledger, "另一个问题", number="13")
    second = make_measure(item, "制定目录", lead=[lead], shared_key="k", status=GOING, percent=60)
    third = make_measure(item, "制定目录", lead=[make_office("规划处")], shared_key="k")
    return [measure, second, third]


@pytest.mark.requirement("S003-26")
def test_rows_of_one_shared_measure_are_offered_to_whom_they_belong(
    twins: list[Measure], clerk: User
) -> None:
    assert shared_rows(twins[0], actor=clerk) == [twins[1]]
    assert shared_rows(twins[1], actor=clerk) == [twins[0]]
    assert shared_rows(make_measure(twins[0].item, lead=[office_of(twins[0], "lead")]), actor=clerk) == []


def test_rows_saved_together_are_answered_one_by_one_and_undone_together(
    twins: list[Measure], clerk: User
) -> None:
    answers = report_together(twins, progress=Progress(DONE, None, "完成"), actor=clerk)
    assert [answer.changed for answer in answers] == [True, True, False]
    assert answers[2].reason
    report = ProgressReport.objects.filter(measure=twins[0]).get()
    assert [answer.changed for answer in undo_report(report, actor=clerk)] == [True, True]
    assert set(Measure.objects.values_list("status", flat=True)) == {GOING, NONE}


def test_a_row_that_somebody_else_saved_stays_and_says_so(twins: list[Measure], clerk: User) -> None:
    answers = report_together(
        twins[:2], progress=Progress(DONE), actor=clerk, expected_versions={twins[0].pk: 1, twins[1].pk: 0}
    )
    assert [answer.changed for answer in answers] == [True, False]
    assert answers[1].reason


def test_where_the_opened_row_is_stale_none_is_written(twins: list[Measure], clerk: User) -> None:
    with pytest.raises(StaleMeasure):
        report_together(
            twins[:2],
            progress=Progress(DONE),
            actor=clerk,
            expected_versions={twins[0].pk: 0, twins[1].pk: 1},
            first_decides=True,
        )
    assert not ProgressReport.objects.exists()


def test_undo_is_later_than_what_it_undoes(measure: Measure, clerk: User) -> None:
    moment = timezone.now() - timedelta(days=3)
    report = report_progress(measure, progress=Progress(GOING, 70), actor=clerk, moment=moment)
    assert report is not None
    undo_report(report, actor=clerk)
    assert ItemEvent.objects.order_by("-occurred_at").first().kind == EventKind.REPORT_UNDONE  # type: ignore[union-attr]
