"""Who is to be reminded of what on a day: computed from the ledgers, written nowhere (product text 5).

``plan`` asks a fixed number of questions of the database, whatever the number of measures, people and ledgers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import F, Max, Q

from core.workdays import WorkCalendar
from remediation.models import Ledger, Measure, MeasureOffice
from remediation.states import DutyRole
from supervision.models import Channel, Reminder, ReminderRun
from supervision.recipients import Recipients
from supervision.stages import StagePolicy, distance, due_soon_ranges, is_overdue, overdue_until

# How many ids of what is still overdue a digest keeps; the text names some of them and links to the list of all.
OVERDUE_KEPT = 50

# A person by one channel.
Address = tuple[int, Channel]


class Subject(NamedTuple):
    """A measure that has reached a stage."""

    measure_id: int
    round: int
    due_date: date
    stage: int


@dataclass
class Contents:
    """What goes into one digest: what reached a stage, what is overdue beside it, and the summary if it has one."""

    new: list[Subject] = field(default_factory=list)
    overdue: list[int] = field(default_factory=list)
    summary: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """What the digest's row keeps; its reminders are rows of their own."""
        kept: dict[str, Any] = {
            "overdue": self.overdue[:OVERDUE_KEPT],
            "overdue_total": len(self.overdue),
        }
        return kept if self.summary is None else {**kept, "summary": self.summary}


@dataclass
class Plan:
    """The reminders of one day; empty on a rest day."""

    day: date
    reached: list[Subject] = field(default_factory=list)
    digests: dict[Address, Contents] = field(default_factory=dict)

    @property
    def due_soon(self) -> int:
        """How many measures reach a stage up to their deadline."""
        return sum(not is_overdue(subject.stage) for subject in self.reached)

    @property
    def overdue(self) -> int:
        """How many measures reach a stage after their deadline."""
        return len(self.reached) - self.due_soon

    @property
    def recipients(self) -> set[int]:
        """Everybody who gets a digest."""
        return {user_id for user_id, _ in self.digests}


def stage_policies() -> dict[StagePolicy, list[int]]:
    """The policies of the ledgers that remind, with the ids of their ledgers; archived ones never remind."""
    grouped: defaultdict[StagePolicy, list[int]] = defaultdict(list)
    for ledger in Ledger.objects.open().filter(reminders_on=True).order_by("pk"):
        policy = StagePolicy.of(
            before=ledger.remind_before_workdays,
            on_due_day=ledger.remind_on_due_day,
            overdue_from=ledger.remind_overdue_from_workdays,
            overdue_every=ledger.remind_overdue_every_workdays,
        )
        grouped[policy].append(ledger.pk)
    return dict(grouped)


def last_run_before(day: date) -> date | None:
    """The working day before ``day`` on which all reminders were last made; ``None`` when they never were."""
    runs = ReminderRun.objects.filter(day__lt=day, finished_at__isnull=False).order_by("-day")
    return runs.values_list("day", flat=True).first()


class Rule:
    """The stages of one day for each ledger, and the condition under which a measure has to be looked at."""

    def __init__(self, day: date, calendar: WorkCalendar, *, catch_up: bool) -> None:
        self.day = day
        self.calendar = calendar
        self.policies = stage_policies()
        last = last_run_before(day) if catch_up else None
        # The day of the last run belongs to it: what was imported after that run has not been reminded of yet.
        self.since = day if last is None else min(calendar.first_on_or_after(last), day)
        self._policy_of = {ledger: policy for policy, ledgers in self.policies.items() for ledger in ledgers}
        self._ranges = {
            policy: tuple(due_soon_ranges(policy, today=day, since=self.since, calendar=calendar))
            for policy in self.policies
        }
        self._overdue_until = {
            policy: overdue_until(policy, today=day, calendar=calendar) for policy in self.policies
        }
        self._stages: dict[tuple[StagePolicy, date], int | None] = {}

    def condition(self) -> Q:
        """Open measures that are overdue or stand in a range of a stage; bounded by one indexed range of dates."""
        if not self.policies:
            return Q(pk__in=[])
        last = max([self.day, *(item.last for ranges in self._ranges.values() for item in ranges)])
        parts = []
        for policy, ledgers in self.policies.items():
            dates = [Q(watch_date__lt=self.day)]
            dates += [Q(watch_date__range=(item.first, item.last)) for item in self._ranges[policy]]
            parts.append(Q(ledger__in=ledgers) & reduce(or_, dates))
        return Q(is_open=True, watch_date__lte=last) & reduce(or_, parts)

    def stage(self, ledger_id: int, due: date) -> int | None:
        """The stage that a deadline of this ledger has reached and of which, if of any, is to be reminded."""
        policy = self._policy_of.get(ledger_id)
        if policy is None:
            return None
        key = (policy, due)
        if key not in self._stages:
            self._stages[key] = self._find_stage(policy, due)
        return self._stages[key]

    def _find_stage(self, policy: StagePolicy, due: date) -> int | None:
        if due < self.day:
            if due > self._overdue_until[policy]:
                return None
            return policy.latest(distance(due, today=self.day, calendar=self.calendar))
        return next((item.stage for item in self._ranges[policy] if item.first <= due <= item.last), None)


@dataclass
class Duty:
    """The offices of one measure."""

    lead: set[int] = field(default_factory=set)
    assisting: set[int] = field(default_factory=set)


class Row(NamedTuple):
    """An open measure that is overdue or has reached a stage."""

    pk: int
    ledger_id: int
    round: int
    due_date: date


def plan(day: date, calendar: WorkCalendar, *, catch_up: bool = True) -> Plan:
    """The reminders of ``day``: what has reached a stage of which nobody was told before, and to whom it goes.

    Of an overdue measure it is the latest stage passed; of one still ahead the stages reached since the last run, so
    that days on which nothing ran are caught up once and an import never tells of every stage that went by. Without
    ``catch_up`` only the stages reached on ``day`` itself count before a deadline.
    """
    found = Plan(day)
    if not calendar.is_workday(day):
        return found
    rule = Rule(day, calendar, catch_up=catch_up)
    waiting = list(waiting_reminders())
    measures = Measure.objects.filter(rule.condition()).order_by("watch_date", "pk")
    rows = [Row(*row) for row in measures.values_list("pk", "ledger_id", "item__round", "watch_date")]
    ids = measures.order_by().values("pk")
    told = stages_told(ids, before=day)
    for row in rows:
        stage = rule.stage(row.ledger_id, row.due_date)
        if stage is not None and told.get(row.pk, stage - 1) < stage:
            found.reached.append(Subject(row.pk, row.round, row.due_date, stage))
    if not found.reached and not waiting:
        return found
    duties = duties_of(ids, waiting=bool(waiting))
    people = Recipients.read()
    add_new(found, waiting, duties, people)
    late = [row for row in rows if row.due_date < day]
    add_overdue(found, late, duties, people)
    if found.reached:
        summary = summarised(found.reached, late, duties)
        for supervisor in people.supervisors:
            for channel in people.channels_of(supervisor):
                found.digests.setdefault((supervisor, channel), Contents()).summary = summary
    return found


def add_new(
    found: Plan, waiting: list[tuple[Subject, Address]], duties: dict[int, Duty], people: Recipients
) -> None:
    """Give everybody concerned what has reached a stage, and what waited for their next digest."""
    interrupted = told_by_unfinished_runs(before=found.day)
    latest: dict[int, int] = {}
    for subject in found.reached:
        latest[subject.measure_id] = subject.stage
        for address in addresses(subject, duties[subject.measure_id], people):
            if (subject, address) not in interrupted:
                found.digests.setdefault(address, Contents()).new.append(subject)
    for subject, address in waiting:
        is_latest = latest.get(subject.measure_id, subject.stage - 1) < subject.stage
        if is_latest and address in addresses(subject, duties[subject.measure_id], people):
            found.digests.setdefault(address, Contents()).new.append(subject)


def waiting_reminders() -> Iterator[tuple[Subject, Address]]:
    """Reminders made when the person's digest had already gone, as long as the deadline is still the same."""
    rows = Reminder.objects.filter(
        digest__isnull=True,
        measure__is_open=True,
        measure__ledger__archived_at__isnull=True,
        measure__ledger__reminders_on=True,
        due_date=F("measure__watch_date"),
        round=F("measure__item__round"),
    ).order_by("pk")
    for measure_id, round_, due, stage, recipient, channel in rows.values_list(
        "measure_id", "round", "due_date", "stage", "recipient_id", "channel"
    ):
        yield Subject(measure_id, round_, due, stage), (recipient, Channel(channel))


def duties_of(measures: Any, *, waiting: bool) -> defaultdict[int, Duty]:
    """Measure -> its offices; ``waiting``: also for measures with a reminder that waits for a digest."""
    found: defaultdict[int, Duty] = defaultdict(Duty)
    sources = [measures]
    if waiting:
        sources.append(Reminder.objects.filter(digest__isnull=True).order_by().values("measure"))
    for source in sources:
        rows = MeasureOffice.objects.filter(measure__in=source).order_by()
        for measure_id, role, office_id in rows.values_list("measure_id", "role", "office_id"):
            (found[measure_id].lead if role == DutyRole.LEAD else found[measure_id].assisting).add(office_id)
    return found


def unfinished_days(before: date) -> list[date]:
    """Earlier days whose run died and was not taken up again on that day."""
    runs = ReminderRun.objects.filter(day__lt=before, finished_at__isnull=True)
    return list(runs.values_list("day", flat=True))


def told_by_unfinished_runs(before: date) -> set[tuple[Subject, Address]]:
    """What some people were told on a day on which others were not: the others are told now, these not again."""
    days = unfinished_days(before)
    if not days:
        return set()
    rows = Reminder.objects.filter(digest__day__in=days).order_by()
    return {
        (Subject(measure, round_, due, stage), (recipient, Channel(channel)))
        for measure, round_, due, stage, recipient, channel in rows.values_list(
            "measure_id", "round", "due_date", "stage", "recipient_id", "channel"
        )
    }


def stages_told(measures: Any, *, before: date) -> dict[int, int]:
    """Measure -> the latest stage of its present round and deadline of which everybody was told on an earlier day."""
    rows = (
        Reminder.objects.exclude(digest__day__in=unfinished_days(before))
        .filter(
            measure__in=measures,
            digest__day__lt=before,
            due_date=F("measure__watch_date"),
            round=F("measure__item__round"),
        )
        .order_by()
        .values("measure_id")
        .annotate(stage=Max("stage"))
    )
    return dict(rows.values_list("measure_id", "stage"))


def addresses(subject: Subject, duty: Duty, people: Recipients) -> set[Address]:
    """To whom and by which channels a measure at a stage is told; assisting offices in-site only."""
    found: set[Address] = set()
    for office in duty.lead:
        for user in people.of_lead_office(office, with_heads=is_overdue(subject.stage)):
            found.update((user, channel) for channel in people.channels_of(user))
    for office in duty.assisting:
        found.update((user, Channel.IN_SITE) for user in people.clerks_of(office))
    return found


def add_overdue(found: Plan, late: list[Row], duties: dict[int, Duty], people: Recipients) -> None:
    """Give every digest what else is overdue for the same person and channel, nearest deadline last."""
    told = {
        address: {subject.measure_id for subject in contents.new}
        for address, contents in found.digests.items()
    }
    for row in late:
        subject = Subject(row.pk, row.round, row.due_date, 1)
        for address in addresses(subject, duties[row.pk], people):
            if address in told and row.pk not in told[address]:
                found.digests[address].overdue.append(row.pk)


def summarised(reached: list[Subject], late: list[Row], duties: dict[int, Duty]) -> dict[str, Any]:
    """The supervision office's summary: in all, and by lead office (a measure with two counts for each)."""
    offices: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for subject in reached:
        for office in duties[subject.measure_id].lead:
            offices[office][is_overdue(subject.stage)] += 1
    for row in late:
        for office in duties[row.pk].lead:
            offices[office][2] += 1
    overdue = sum(is_overdue(subject.stage) for subject in reached)
    return {
        "due_soon": len(reached) - overdue,
        "overdue": overdue,
        "still_overdue": len(late),
        # Worst first: office id, due soon, overdue, all that is overdue there.
        "offices": sorted(
            ([office, *numbers] for office, numbers in offices.items()), key=lambda row: (-row[3], row[0])
        ),
    }
