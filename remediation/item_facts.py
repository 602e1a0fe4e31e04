"""What the item page tells: facts that follow from the measures, the item's light, and the people behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from accounts.models import Position
from accounts.models import User as Account
from accounts.roles import Role
from remediation.counting.items import item_status
from remediation.lights import WORST_FIRST, Light, LightRule
from remediation.models import Item, Measure
from remediation.models.measure import UNLIT
from remediation.recording import Duties
from remediation.states import CompletionStatus, DutyRole

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PEOPLE_SHOWN = 12


@dataclass(frozen=True)
class ItemLight:
    """The item's light, with the measure that gives it and its reason."""

    light: Light
    measure: Measure | None
    reason: str
    is_late: bool


def light_of(item: Item, measures: Sequence[Measure], rule: LightRule) -> ItemLight:
    """The worst light of the open measures, the nearest date first; without measures the item's own deadline."""
    if not any(measure.is_counted for measure in measures):
        is_open = item.reported_status != CompletionStatus.COMPLETED and item.workflow_state not in UNLIT
        light = rule.light_of(is_open=is_open, watch_date=item.due_date, ledger_id=item.ledger_id)
        reason = rule.reason(is_open=is_open, watch_date=item.due_date)
        return ItemLight(light, None, reason, is_late=light == Light.RED)
    lit = [
        (
            WORST_FIRST.index(
                rule.light_of(is_open=True, watch_date=measure.watch_date, ledger_id=item.ledger_id)
            ),
            measure.watch_date or date.max,
            measure,
        )
        for measure in measures
        if measure.is_open
    ]
    if not lit:
        return ItemLight(Light.GREY, None, "", is_late=False)
    place, _day, worst = min(lit, key=lambda one: one[:2])
    light = WORST_FIRST[place]
    return ItemLight(
        light,
        worst,
        rule.reason(is_open=True, watch_date=worst.watch_date),
        is_late=light == Light.RED,
    )


def status_of(item: Item, measures: Iterable[Measure]) -> CompletionStatus:
    """The item's completion status (``item.ledger`` is read)."""
    return item_status(
        statuses=[measure.status for measure in measures if measure.is_counted],
        reported_status=item.reported_status,
        declared=item.declared_basically_completed,
        unfinished_as_basically=item.ledger.unfinished_counts_as_basically_completed,
    )


@dataclass(frozen=True)
class Deadline:
    """The latest of the measures' deadlines, what it was at first, and how the document writes it."""

    due: date | None
    first: date | None
    texts: tuple[str, ...]
    is_long_term: bool

    @property
    def was_moved(self) -> bool:
        """Whether the present deadline is not the first one."""
        return self.due is not None and self.first is not None and self.due != self.first


def deadline_of(item: Item, measures: Sequence[Measure]) -> Deadline:
    """The item's deadline (product text 2)."""
    counted = [measure for measure in measures if measure.is_counted]
    if not counted:
        return Deadline(item.due_date, item.due_date, tuple(filter(None, [item.deadline_text])), False)
    firsts = [measure.first_due_date for measure in counted if measure.first_due_date]
    texts = dict.fromkeys(measure.deadline_text for measure in counted if measure.deadline_text)
    return Deadline(
        due=max((measure.due_date for measure in counted if measure.due_date), default=None),
        first=max(firsts, default=None),
        texts=tuple(texts) or tuple(filter(None, [item.deadline_text])),
        is_long_term=any(measure.is_long_term for measure in counted),
    )


@dataclass(frozen=True)
class ItemOffices:
    """The offices of an item: the union of its measures', in the order first named; one that leads is not assisting."""

    lead: tuple[int, ...]
    assisting: tuple[int, ...]

    @property
    def every(self) -> tuple[int, ...]:
        """Lead offices, then the assisting ones."""
        return (*self.lead, *self.assisting)


def offices_of(duties: Iterable[Duties]) -> ItemOffices:
    """The union of ``duties``."""
    lead: dict[int, None] = {}
    assisting: dict[int, None] = {}
    for one in duties:
        lead.update(dict.fromkeys(one.lead))
        assisting.update(dict.fromkeys(one.assisting))
    return ItemOffices(tuple(lead), tuple(office for office in assisting if office not in lead))


@dataclass(frozen=True)
class PersonLine:
    """One line under 人员: the letter in the circle, the person, and as what they stand there."""

    initial: str
    name: str
    duty: StrOrPromise
    role: StrOrPromise


def leaders_of(item: Item, measures: Iterable[Measure]) -> list[Position]:
    """The posts that answer for the item and its measures, the item's own first."""
    found: dict[int, Position] = {}
    if item.leader is not None:
        found[item.leader.pk] = item.leader
    for measure in measures:
        if measure.leader is not None:
            found.setdefault(measure.leader.pk, measure.leader)
    return list(found.values())


def people_of(offices: ItemOffices, names: Mapping[int, str]) -> list[PersonLine]:
    """Heads and clerks of the offices, lead offices first, heads before clerks; one query."""
    roles = Account.groups.through.objects.filter(user=OuterRef("pk"))
    accounts = (
        Account.objects.filter(office__in=offices.every, is_active=True)
        .annotate(
            is_head=Exists(roles.filter(group__name=Role.OFFICE_HEAD.value)),
            is_clerk=Exists(roles.filter(group__name=Role.CLERK.value)),
        )
        .filter(Q(is_head=True) | Q(is_clerk=True))
    )
    lines: list[tuple[tuple[int, int, int], PersonLine]] = []
    for account in accounts:
        office = account.office_id or 0
        duty = DutyRole.LEAD if office in offices.lead else DutyRole.ASSISTING
        name = names[office]
        line = PersonLine(
            initial=name[:1],
            name=f"{name} · {account}",
            duty=duty.label,
            role=(Role.OFFICE_HEAD if account.is_head else Role.CLERK).label,
        )
        lines.append(((offices.every.index(office), not account.is_head, account.pk), line))
    return [line for _order, line in sorted(lines, key=lambda one: one[0])]
