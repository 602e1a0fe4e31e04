"""Snapshots: today counted live, past days rebuilt from the history, and that the two agree."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Office, office_tree
from accounts.roles import Role
from core import clock
from core.models import CalendarDay
from remediation.counting.measures import MeasureTotals
from remediation.editing import change_offices, edit_measure
from remediation.kept_figures import renewed
from remediation.lights import LightRule
from remediation.models import ChangeMark, EventKind, Item, Ledger, Measure
from remediation.recording import Change, Duties, mark_changed, record, record_item
from remediation.report_undo import undo_report
from remediation.reporting import Progress, correct_measure, report_progress
from remediation.states import CompletionStatus, DutyRole, WorkflowState
from supervision import rollup
from supervision.models import CompletionSnapshot
from supervision.rollup import Cell, figures_in, rebuilt_figures
from tests.ledgers import make_item, make_ledger, make_measure, make_office
from tests.people import make_user


def moment(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def begin(measure: Measure, *, day: date) -> Measure:
    """Write the first record of a measure, as its import would."""
    record(measure, kind=EventKind.BASELINE, actor=None, occurred_at=moment(day))
    return measure


class Story:
    """A ledger to which many kinds of change happen."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.organ = make_office("市卫生健康委", kind="organ")
        self.units = make_office("委属单位", parent=self.organ)
        self.first = make_office("第一医院", parent=self.units)
        self.second = make_office("第二医院", parent=self.units)
        self.office = make_office("医政医管处", parent=self.organ)
        self.clerk = make_user(Role.CLERK, office=self.organ)
        self.admin = make_user(Role.LEDGER_ADMIN, office=self.organ)
        self.ledger = make_ledger()
        self.item = make_item(self.ledger)
        self.closed_item = make_item(self.ledger, workflow_state=WorkflowState.CLOSED)

    def measure(
        self, *, lead: list[Office], day: date, item: Item | None = None, **fields: object
    ) -> Measure:
        measure = make_measure(item or self.item, lead=lead, **fields)  # type: ignore[arg-type]
        return begin(measure, day=day)

    def figures(self, day: date | None = None, *, live: bool = False) -> dict[Cell, MeasureTotals]:
        rule = LightRule.build(day or self.today, CalendarDay.objects.work_calendar(), ledgers=[self.ledger])
        if live:
            return figures_in(renewed(self.ledger, rule, anew=True).content, tree=office_tree())
        return rebuilt_figures(self.ledger, rule, tree=office_tree())


@pytest.fixture
def story(db: None) -> Story:
    return Story(clock.today())


def many_changes(story: Story) -> None:
    """Reports, an undo, a correction, new deadlines and offices, a void row, a suspended item, two lead offices."""
    before, today = story.today - timedelta(days=30), story.today
    shared = story.measure(lead=[story.first, story.second], day=before, due=today - timedelta(days=2))
    reported = story.measure(
        lead=[story.office], assisting=[story.first], day=before, due=today + timedelta(days=3)
    )
    undone = story.measure(lead=[story.office], day=before, due=today + timedelta(days=60))
    corrected = story.measure(lead=[story.second], day=before)
    moved = story.measure(
        lead=[story.first], assisting=[story.second], day=before, due=today - timedelta(days=5)
    )
    handed_over = story.measure(lead=[story.office], assisting=[story.units], day=before, due=today)
    voided = story.measure(lead=[story.office], day=before, due=today - timedelta(days=9))
    story.measure(lead=[story.units], day=before, is_long_term=True, review_date=today + timedelta(days=20))
    story.measure(lead=[story.organ], day=before, item=story.closed_item, status=CompletionStatus.COMPLETED)
    paused_item = make_item(story.ledger)
    paused = story.measure(lead=[story.second], day=before, item=paused_item, due=today - timedelta(days=1))
    story.measure(lead=[], day=before)

    report_progress(shared, progress=Progress("in_progress", 40, "正在推进"), actor=story.clerk)
    report_progress(reported, progress=Progress("completed"), actor=story.clerk)
    report = report_progress(undone, progress=Progress("completed"), actor=story.clerk)
    assert report is not None
    undo_report(report, actor=story.clerk)
    correct_measure(corrected, progress=Progress("in_progress", 70), reason="核对后更正", actor=story.admin)
    edit_measure(
        moved,
        values={"due_date": today + timedelta(days=90)},
        duties=Duties((story.second.pk,), (story.first.pk,)),
        actor=story.admin,
        reason="经批准延期",
    )
    change_offices([handed_over], lead=[story.first.pk], assisting=None, actor=story.admin, reason="职责调整")
    Measure.objects.filter(pk=voided.pk).update(workflow_state=WorkflowState.VOIDED)
    voided.refresh_from_db()
    record(voided, kind=EventKind.IMPORT_UNDONE, actor=story.admin)
    # A transition: the item's event stands for its measures.
    Item.objects.filter(pk=paused_item.pk).update(workflow_state=WorkflowState.SUSPENDED)
    Measure.objects.filter(pk=paused.pk).update(workflow_state=WorkflowState.SUSPENDED)
    paused_item.refresh_from_db()
    record_item(
        paused_item,
        kind=EventKind.STATE_CHANGED,
        actor=story.admin,
        changes=[Change("workflow_state", "handling", "suspended")],
    )


def test_the_figures_rebuilt_for_today_are_the_live_ones(story: Story) -> None:
    many_changes(story)
    live, rebuilt = story.figures(live=True), story.figures()
    assert rebuilt == live
    whole = live[rollup.WHOLE]
    assert (whole.total, whole.completed, whole.suspended, whole.long_term) == (10, 2, 1, 1)
    assert whole.red == 1
    assert whole.grey == 3  # suspended, corrected and officeless ones without a date


def test_an_office_with_those_below_counts_each_measure_once(story: Story) -> None:
    many_changes(story)
    figures = story.figures(live=True)
    lead, assisting = DutyRole.LEAD.value, DutyRole.ASSISTING.value
    assert figures[Cell(story.first.pk, lead, False)].total == 2
    assert figures[Cell(story.second.pk, lead, False)].total == 4
    assert figures[Cell(story.units.pk, lead, False)].total == 1
    # Two lead offices of one measure count it once for those above.
    assert figures[Cell(story.units.pk, lead, True)].total == 6
    assert figures[Cell(story.organ.pk, lead, True)].total == 9
    assert figures[Cell(story.units.pk, assisting, True)].total == 3
    assert Cell(story.first.pk, lead, True) not in figures


def test_past_days_are_what_they_were(story: Story) -> None:
    start = story.today - timedelta(days=20)
    one = story.measure(lead=[story.office], day=start, due=start + timedelta(days=5))
    story.measure(lead=[story.office], day=start + timedelta(days=10), due=story.today + timedelta(days=50))
    report_progress(
        one, progress=Progress("completed"), actor=story.clerk, moment=moment(start + timedelta(days=15))
    )
    assert story.figures(start - timedelta(days=1)) == {}
    lead = Cell(story.office.pk, DutyRole.LEAD.value, False)

    def on(days: int) -> MeasureTotals:
        return story.figures(start + timedelta(days=days))[lead]

    assert (on(0).total, on(0).completed, on(0).red) == (1, 0, 0)
    assert on(6).red == 1
    assert (on(10).total, on(14).completed, on(15).completed) == (2, 0, 1)
    assert on(15).percent_sum == 100


def test_a_roll_up_writes_each_row_once(story: Story) -> None:
    many_changes(story)
    calendar = CalendarDay.objects.work_calendar()
    first = rollup.roll_up(story.today, today=story.today, calendar=calendar)
    assert rollup.roll_up(story.today, today=story.today, calendar=calendar) == first
    assert CompletionSnapshot.objects.count() == first == len(story.figures(live=True))
    row = CompletionSnapshot.objects.get(ledger=story.ledger, office__isnull=True)
    assert row.total == 10
    assert row.day == story.today


def test_of_two_roll_ups_at_once_one_writes_and_no_mark_is_lost(story: Story) -> None:
    measure = story.measure(lead=[story.office], day=story.today)
    calendar = CalendarDay.objects.work_calendar()
    rule = LightRule.build(story.today, calendar, ledgers=[story.ledger])
    slow = renewed(story.ledger, rule)
    report_progress(measure, progress=Progress("completed"), actor=story.clerk)
    assert rollup.roll_up_changes(story.today, calendar=calendar) == 1
    report_progress(measure, progress=Progress("in_progress", 10), actor=story.clerk)
    # The one that began earlier comes too late: it keeps nothing and takes no mark away.
    assert not slow.keep()
    assert ChangeMark.objects.count() == 1
    assert CompletionSnapshot.objects.get(ledger=story.ledger, office__isnull=True).completed == 1
    rollup.roll_up_changes(story.today, calendar=calendar)
    assert CompletionSnapshot.objects.get(ledger=story.ledger, office__isnull=True).completed == 0


def test_an_older_count_of_a_past_day_does_not_replace_a_newer_one(story: Story) -> None:
    yesterday = story.today - timedelta(days=1)
    story.measure(lead=[story.office], day=yesterday)
    later = timezone.now() + timedelta(seconds=5)
    CompletionSnapshot.objects.create(ledger=story.ledger, day=yesterday, computed_at=later, total=7)
    calendar = CalendarDay.objects.work_calendar()
    rollup.roll_up_ledger(story.ledger.pk, yesterday, today=story.today, calendar=calendar)
    assert [row.total for row in CompletionSnapshot.objects.all()] == [7]


def test_changed_ledgers_are_rolled_up_and_their_marks_go(story: Story) -> None:
    measure = story.measure(lead=[story.office], day=story.today, due=story.today)
    other = make_ledger()
    calendar = CalendarDay.objects.work_calendar()
    assert rollup.roll_up_changes(story.today, calendar=calendar) == 1
    assert not ChangeMark.objects.exists()
    report_progress(measure, progress=Progress("completed"), actor=story.clerk)
    mark_changed(other.pk)
    assert rollup.roll_up_changes(story.today, calendar=calendar) == 2
    assert CompletionSnapshot.objects.get(ledger=story.ledger, office__isnull=True).completed == 1
    assert not CompletionSnapshot.objects.filter(ledger=other).exists()
    assert rollup.roll_up_changes(story.today, calendar=calendar) == 0


def test_the_night_settles_yesterday_and_the_days_on_which_nothing_ran(story: Story) -> None:
    start = story.today - timedelta(days=5)
    measure = story.measure(lead=[story.office], day=start)
    calendar = CalendarDay.objects.work_calendar()
    rollup.roll_up(story.today - timedelta(days=1), today=story.today - timedelta(days=1), calendar=calendar)
    report_progress(
        measure,
        progress=Progress("completed"),
        actor=story.clerk,
        moment=moment(story.today - timedelta(days=1), hour=23),
    )
    rollup.roll_up_night(story.today, calendar=calendar)
    rows = CompletionSnapshot.objects.filter(office__isnull=True).order_by("day")
    assert [(row.day - start).days for row in rows] == [0, 1, 2, 3, 4, 5]
    assert [row.completed for row in rows] == [0, 0, 0, 0, 1, 1]


def test_archived_ledgers_are_left_alone(story: Story) -> None:
    story.measure(lead=[story.office], day=story.today - timedelta(days=9))
    Ledger.objects.update(archived_at=moment(story.today - timedelta(days=3)))
    calendar = CalendarDay.objects.work_calendar()
    assert rollup.roll_up(story.today, today=story.today, calendar=calendar) == 0
    assert rollup.roll_up(story.today - timedelta(days=3), today=story.today, calendar=calendar) > 0


def test_the_command(story: Story) -> None:
    many_changes(story)
    out = StringIO()
    call_command("roll_up", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {
        "date": story.today.isoformat(),
        "snapshots": CompletionSnapshot.objects.count(),
    }
    past = (story.today - timedelta(days=7)).isoformat()
    out = StringIO()
    call_command("roll_up", "--date", past, "--json", stdout=out)
    assert json.loads(out.getvalue())["date"] == past
    assert CompletionSnapshot.objects.filter(day=past).exists()
    for wrong in ("2026-02-30", "昨天", (story.today + timedelta(days=1)).isoformat()):
        with pytest.raises(CommandError):
            call_command("roll_up", "--date", wrong)


def test_questions_do_not_grow_with_measures(story: Story) -> None:
    calendar = CalendarDay.objects.work_calendar()

    def questions(day: date) -> int:
        with CaptureQueriesContext(connection) as asked:
            rollup.roll_up_ledger(story.ledger.pk, day, today=story.today, calendar=calendar)
        return len(asked)

    yesterday = story.today - timedelta(days=1)
    story.measure(lead=[story.first], day=yesterday)
    few = questions(story.today), questions(yesterday)
    for _ in range(30):
        story.measure(lead=[story.first], assisting=[story.second], day=yesterday)
    many = questions(story.today), questions(yesterday)
    assert many[1] <= few[1]
    assert many[0] <= few[0] + 2  # the assisting side of the two offices above
