"""亮灯: the light, computed from the deadline and today in working days, never stored (product text 2, state 3).

``BANDS`` is the one table. The Python function, the SQL conditions and the SQL annotation are all read from it; a test
proves that they agree at every edge. Pure but for ``LightRule.today``: the caller passes the day and the calendar.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, reduce
from operator import or_

from django.db import models
from django.db.models import Case, CharField, Q, Value, When
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.workdays import WorkCalendar
from remediation.models.ledger import Ledger

ONE_DAY = timedelta(days=1)


class Light(models.TextChoices):
    """The five lights, worst first. Colour never stands alone: the word and an icon go with it."""

    RED = "red", _("Red light")
    YELLOW = "yellow", _("Yellow light")
    BLUE = "blue", _("Blue light")
    GREEN = "green", _("Green light")
    GREY = "grey", _("Grey light")


WORST_FIRST = tuple(Light)


@dataclass(frozen=True)
class LightPolicy:
    """From how many working days before the deadline a light is yellow and blue (a ledger's thresholds)."""

    yellow_from_workdays: int = 5
    blue_from_workdays: int = 20


@dataclass(frozen=True)
class Band:
    """The watch dates from ``first`` to ``last`` (both included, ``None`` is open-ended) that give ``light``."""

    light: Light
    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        """Whether ``day`` lies in the band."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def condition(self, prefix: str = "") -> Q:
        """The same as a condition on ``watch_date``."""
        condition = Q(**{f"{prefix}watch_date__isnull": False})
        if self.first is not None:
            condition &= Q(**{f"{prefix}watch_date__gte": self.first})
        if self.last is not None:
            condition &= Q(**{f"{prefix}watch_date__lte": self.last})
        return condition


def bands(today: date, calendar: WorkCalendar, policy: LightPolicy) -> tuple[Band, ...]:
    """The table: red from the calendar day after the deadline; yellow and blue by working days left; green beyond."""
    yellow_until = calendar.last_within(today, policy.yellow_from_workdays)
    blue_until = calendar.last_within(today, policy.blue_from_workdays)
    return (
        Band(Light.RED, None, today - ONE_DAY),
        Band(Light.YELLOW, today, yellow_until),
        Band(Light.BLUE, yellow_until + ONE_DAY, blue_until),
        Band(Light.GREEN, blue_until + ONE_DAY, None),
    )


@dataclass(frozen=True)
class LightRule:
    """The rule for one day: which light a watch date has under each ledger's policy.

    ``policies`` maps a policy to the ids of its ledgers; ``None`` means every ledger not named by another policy.
    """

    today: date
    calendar: WorkCalendar
    policies: dict[LightPolicy, frozenset[int] | None]

    @classmethod
    def build(
        cls, today: date, calendar: WorkCalendar, *, ledgers: Iterable[Ledger] | None = None
    ) -> LightRule:
        """The rule for ``today``: one query for the ledgers' thresholds unless ``ledgers`` are given."""
        if ledgers is None:
            ledgers = Ledger.objects.order_by().only("pk", "yellow_from_workdays", "blue_from_workdays")
        grouped: dict[LightPolicy, set[int]] = {}
        for ledger in ledgers:
            policy = LightPolicy(ledger.yellow_from_workdays, ledger.blue_from_workdays)
            grouped.setdefault(policy, set()).add(ledger.pk)
        if len(grouped) <= 1:
            return cls(today, calendar, dict.fromkeys(grouped) or {LightPolicy(): None})
        return cls(today, calendar, {policy: frozenset(ids) for policy, ids in grouped.items()})

    @cached_property
    def _bands(self) -> dict[LightPolicy, tuple[Band, ...]]:
        """The bands of each policy: worked out once, for they count working days and every row asks for them."""
        return {
            policy: bands(self.today, self.calendar, policy) for policy in (LightPolicy(), *self.policies)
        }

    @cached_property
    def _lights(self) -> dict[tuple[int, date], Light]:
        """The lights that were asked for: ledger and date -> light."""
        return {}

    def bands_for(self, ledger_id: int) -> tuple[Band, ...]:
        """The bands of one ledger."""
        for policy, ids in self.policies.items():
            if ids is None or ledger_id in ids:
                return self._bands[policy]
        return self._bands[LightPolicy()]

    def lit_until(self) -> date:
        """The last day that is blue under any policy: nothing beyond it is red, yellow or blue."""
        found = [
            band.last
            for policy in self.policies
            for band in self._bands[policy]
            if band.light == Light.BLUE and band.last is not None
        ]
        return max(found, default=self.today)

    def is_late(self, *, is_open: bool, watch_date: date | None) -> bool:
        """Whether it is overdue: red under every policy."""
        return is_open and watch_date is not None and watch_date < self.today

    def light_of(self, *, is_open: bool, watch_date: date | None, ledger_id: int) -> Light:
        """The light of one measure."""
        if not is_open or watch_date is None:
            return Light.GREY
        # Of a million rows that are counted in Python very many share a date.
        known = self._lights.get((ledger_id, watch_date))
        if known is None:
            known = next(band.light for band in self.bands_for(ledger_id) if band.holds(watch_date))
            self._lights[ledger_id, watch_date] = known
        return known

    def condition(self, light: str, prefix: str = "") -> Q:
        """The measures that have ``light``, as a condition; ``prefix`` is the path to the measure (``measures__``)."""
        if light == Light.GREY:
            return Q(**{f"{prefix}is_open": False}) | Q(**{f"{prefix}watch_date__isnull": True})
        parts = []
        for policy, ids in self.policies.items():
            band = next(b for b in self._bands[policy] if b.light == light)
            part = band.condition(prefix)
            parts.append(part if ids is None else part & Q(**{f"{prefix}ledger__in": ids}))
        return Q(**{f"{prefix}is_open": True}) & reduce(or_, parts)

    def annotation(self) -> Case:
        """The light as an SQL expression on measures."""
        return Case(
            *(
                When(self.condition(light), then=Value(light.value))
                for light in WORST_FIRST
                if light != Light.GREY
            ),
            default=Value(Light.GREY.value),
            output_field=CharField(),
        )

    def reason(self, *, is_open: bool, watch_date: date | None) -> str:
        """What stands beside the light: 逾期36个工作日, 已过期, 还有4个工作日, 今天到期, 无时限 (empty when closed)."""
        if not is_open:
            return ""
        if watch_date is None:
            return _t("No deadline")
        days = self.workdays_left(watch_date)
        if watch_date < self.today:
            if days == 0:
                return _t("Past due")
            return ngettext("%(days)d working day overdue", "%(days)d working days overdue", -days) % {
                "days": -days
            }
        if watch_date == self.today:
            return _t("Due today")
        return ngettext("%(days)d working day left", "%(days)d working days left", days) % {"days": days}

    def workdays_left(self, watch_date: date) -> int:
        """Signed working days from today to the deadline; one on a rest day counts from the working day before."""
        return self.calendar.between(self.today, watch_date)
