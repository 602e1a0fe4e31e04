"""When things happened in the demo ledger: deadlines, reports and completions, laid around the day of loading.

Pure: today and the calendar are arguments, and chance is seeded, so a day always tells the same story.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from core.workdays import WorkCalendar
from remediation.states import CompletionStatus, DeadlineKind
from supervision.demo.words import Words

MONTHS_BACK = 7
IMPORTED_AFTER_DAYS = 7
IMMEDIATE_WORKDAYS = 10
# How many measures are completed at the import, and at the end of each month from then on (today's is the last).
COMPLETED_AT_IMPORT = 80
COMPLETED_AT_MONTH_ENDS = (116, 151, 176, 200, 222, 236, 246, 253)
BLUE_WORKDAYS_LEFT = (8, 11, 13, 16, 19)
GREEN_WORKDAYS_LEFT = (24, 27, 30, 33, 36, 40, 44, 48, 52, 56, 61, 66, 72, 80)
# Open measures of these items had their deadline moved once; those of the others stand as first set.
EXTENDED_ITEMS = frozenset({"J12", "S10", "S06", "S33", "S42", "S44", "J45"})
LONG_TERM = frozenset({("S02", 3), ("S02", 4), ("J03", 1), ("S14", 8)})
LONG_TERM_COMPLETED = frozenset({("S17", 1), ("J26", 1), ("S20", 2), ("S39", 3), ("S45", 3)})


def first_of_month(day: date, *, back: int = 0) -> date:
    """The first day of the month ``back`` months before ``day``'s."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def month_end(day: date) -> date:
    """The last day of ``day``'s month."""
    return first_of_month(day, back=-1) - timedelta(days=1)


def at(day: date, *, hour: int, minute: int = 0) -> datetime:
    """A moment of ``day`` in the organ's time zone."""
    return datetime.combine(day, time(hour, minute), tzinfo=timezone.get_default_timezone())


@dataclass
class Step:
    """One report: when, and what stood there afterwards."""

    at: datetime
    status: CompletionStatus
    percent: int
    text: str


@dataclass
class Story:
    """What happened to one measure."""

    key: tuple[str, int]
    light: str
    baseline_status: CompletionStatus = CompletionStatus.IN_PROGRESS
    baseline_percent: int = 0
    baseline_text: str = ""
    struck: bool = False  # the row said 已销号 when it was imported
    kind: DeadlineKind = DeadlineKind.DATED
    deadline_text: str = ""
    first_due: date | None = None
    due: date | None = None
    review: date | None = None
    extended_at: datetime | None = None
    steps: list[Step] = field(default_factory=list)

    @property
    def completed_on(self) -> date | None:
        """The day on which it was completed, if that was after the import."""
        done = [step.at for step in self.steps if step.status == CompletionStatus.COMPLETED]
        return timezone.localdate(done[-1]) if done else None


class Storyteller:
    """Writes a story for every measure of the demo ledger."""

    def __init__(self, *, today: date, calendar: WorkCalendar, words: Words) -> None:
        self.today = today
        self.calendar = calendar
        self.words = words
        self.chance = Random("story")  # noqa: S311
        self.started_on = first_of_month(today, back=MONTHS_BACK)
        self.imported_on = min(self.started_on + timedelta(days=IMPORTED_AFTER_DAYS), today)

    def stories(self, items: list[dict[str, Any]]) -> dict[tuple[str, int], Story]:
        """(item, measure number) -> story; a shared measure has the story of the one it repeats."""
        told = {
            (item["id"], number): Story((item["id"], number), light)
            for item in items
            for number, light in enumerate(item["lights"], start=1)
        }
        self.tell_completed(items, told)
        self.tell_open(items, told)
        for item in items:
            if "shared_with" in item:
                for number in range(1, len(item["lights"]) + 1):
                    told[item["id"], number] = told[item["shared_with"], number]
        return told

    # -- completed ------------------------------------------------------------------------------------------------

    def tell_completed(self, items: list[dict[str, Any]], told: dict[tuple[str, int], Story]) -> None:
        """Spread the completed measures over the import and the months since."""
        shared = {item["shared_with"] for item in items if "shared_with" in item}
        whole = [
            item for item in items if set(item["lights"]) == {"."} and item["id"] not in shared
            and "shared_with" not in item
        ]  # fmt: skip
        self.chance.shuffle(whole)
        left = COMPLETED_AT_IMPORT
        for item in whole:
            if len(item["lights"]) <= left:
                left -= len(item["lights"])
                for number in range(1, len(item["lights"]) + 1):
                    self.tell_completed_before(told[item["id"], number])
        rest = [
            story
            for story in told.values()
            if story.light == "." and story.baseline_status != CompletionStatus.COMPLETED
        ]
        self.chance.shuffle(rest)
        done = COMPLETED_AT_IMPORT - left
        for month, until in enumerate(COMPLETED_AT_MONTH_ENDS):
            for story in rest[: until - done]:
                self.tell_completed_in(story, month)
            rest, done = rest[until - done :], max(done, until)

    def tell_completed_before(self, story: Story) -> None:
        """Completed before the import."""
        story.baseline_status, story.baseline_percent, story.struck = CompletionStatus.COMPLETED, 100, True
        story.baseline_text = self.words.progress_done(self.chance)
        if self.chance.random() < 0.4:
            self.set_immediate(story)
        else:
            self.set_due(story, self.started_on + timedelta(days=self.chance.randint(-3, 24)))

    def tell_completed_in(self, story: Story, month: int) -> None:
        """Completed in the ``month``-th month of the ledger, a little before or after the deadline."""
        first = max(
            first_of_month(self.today, back=MONTHS_BACK - month), self.imported_on + timedelta(days=1)
        )
        last = min(month_end(first), self.today)
        first = min(first, last)  # the same where the ledger was imported today
        done = first + timedelta(days=self.chance.randint(0, (last - first).days))
        done = max(self.calendar.last_on_or_before(done), first)
        late = self.chance.randint(-7, 5) if month == MONTHS_BACK else self.chance.randint(-42, 5)
        self.set_due(
            story,
            max(done + timedelta(days=late), self.started_on + timedelta(days=self.chance.randint(3, 20))),
        )
        begun = month < 3 or self.chance.random() < 0.5
        story.baseline_status = CompletionStatus.IN_PROGRESS if begun else CompletionStatus.NOT_STARTED
        story.baseline_percent = self.chance.randrange(10, 60, 5) if begun else 0
        before = done - timedelta(days=self.chance.randint(9, 24))
        if before > self.imported_on:
            story.steps.append(self.on_the_way(before, self.chance.randrange(60, 95, 5)))
        story.steps.append(
            Step(
                at(done, hour=self.chance.randint(9, 16), minute=self.chance.randint(0, 59))
                if done < self.today
                else at(done, hour=0, minute=30),
                CompletionStatus.COMPLETED,
                100,
                self.words.progress_done(self.chance),
            )
        )

    # -- open -----------------------------------------------------------------------------------------------------

    def tell_open(self, items: list[dict[str, Any]], told: dict[tuple[str, int], Story]) -> None:
        """Lay the deadlines of the open measures so that each shows its light today."""
        blue, green = iter(BLUE_WORKDAYS_LEFT), iter(GREEN_WORKDAYS_LEFT)
        counted_from = self.calendar.last_on_or_before(self.today)
        for item in items:
            for number, light in enumerate(item["lights"], start=1):
                story = told[item["id"], number]
                if light == ".":
                    continue
                if light == "r":
                    due = self.calendar.add(counted_from, -item["overdue"][str(number)])
                else:
                    left = (
                        item["left"][str(number)] if light == "y" else next(blue if light == "b" else green)
                    )
                    due = self.calendar.add(counted_from, left)
                self.tell_open_until(story, due)

    def tell_open_until(self, story: Story, due: date) -> None:
        """An open measure with this deadline, or review date when it is a long-term one."""
        if story.key in LONG_TERM:
            story.kind, story.deadline_text, story.review = DeadlineKind.LONG_TERM, "长期坚持", due
        else:
            self.set_due(story, due, as_written=True)
        moved = story.key[0] in EXTENDED_ITEMS and story.light != "r"
        if moved and due > self.today:
            first = self.today - timedelta(days=self.chance.randint(25, 70))
            if first > self.imported_on + timedelta(days=8):
                story.first_due = first
                story.extended_at = at(first - timedelta(days=4), hour=10, minute=20)
        story.baseline_percent = self.chance.randrange(0, 30, 5)
        if not story.baseline_percent:
            story.baseline_status = CompletionStatus.NOT_STARTED
        percent = max(story.baseline_percent, 10)
        day = self.imported_on + timedelta(days=self.chance.randint(20, 45))
        most = 65 if story.light == "g" else 90
        while day < self.today and percent < most - 5:
            percent += self.chance.randrange(10, 25, 5)
            story.steps.append(self.on_the_way(day, min(percent, most)))
            day += timedelta(days=self.chance.randint(35, 60))
        if not story.steps and self.imported_on < self.today:
            story.steps.append(self.on_the_way(self.today - timedelta(days=1), percent))

    def on_the_way(self, day: date, percent: int) -> Step:
        """A report in between."""
        day = max(self.calendar.last_on_or_before(day), self.imported_on)
        moment = at(day, hour=self.chance.randint(11, 17), minute=self.chance.randint(0, 59))
        return Step(moment, CompletionStatus.IN_PROGRESS, percent, self.words.progress_half(self.chance))

    # -- deadlines ------------------------------------------------------------------------------------------------

    def set_due(self, story: Story, day: date, *, as_written: bool = False) -> None:
        """Give a story its deadline, in one of the ways in which offices write it."""
        if story.key in LONG_TERM_COMPLETED:
            story.kind, story.deadline_text = DeadlineKind.LONG_TERM, "长期坚持"
            return
        style = 0.0 if as_written else self.chance.random()
        story.deadline_text = f"{day:%Y-%m-%d}"
        if style > 0.6 and month_end(day) < self.today:
            day = month_end(day)
            story.deadline_text = f"{day.year}年{day.month}月底前"
        story.first_due = story.due = day

    def set_immediate(self, story: Story) -> None:
        """立行立改: the ledger's start and ten working days."""
        if story.key in LONG_TERM_COMPLETED:
            story.kind, story.deadline_text = DeadlineKind.LONG_TERM, "长期坚持"
            return
        story.kind, story.deadline_text = DeadlineKind.IMMEDIATE, "立行立改"
        story.first_due = story.due = self.calendar.add(self.started_on, IMMEDIATE_WORKDAYS)
