"""``manage.py demo`` in an empty database, on any day, and where it refuses."""

from __future__ import annotations

import io
from datetime import date
from time import perf_counter
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Office
from core.clock import today
from core.models import CalendarDay
from remediation.counting.measures import measure_totals
from remediation.lights import LightRule
from remediation.models import ItemEvent, Ledger, Measure, ProgressReport
from supervision.demo import loading
from tests.ledgers import make_office


def run(*arguments: str) -> tuple[str, str]:
    """Run the command; what it wrote on stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    call_command("demo", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def rule_of(ledger: Ledger, day: date) -> LightRule:
    """The lights of a day."""
    return LightRule.build(day, CalendarDay.objects.work_calendar(), ledgers=[ledger])


@pytest.mark.parametrize(
    "day",
    [
        date(2024, 11, 25),
        date(2025, 1, 1),  # the first day of a year, and a holiday
        date(2025, 3, 1),  # the first day of a month, and a Saturday
        date(2025, 10, 5),  # in the middle of a long holiday
        date(2024, 2, 29),
        date(2026, 12, 31),
    ],
)
def test_every_light_is_there_whatever_the_day(db: None, day: date) -> None:
    ledger = loading.load(today=day)[0]
    totals = measure_totals(Measure.objects.filter(ledger=ledger), rule_of(ledger, day))
    assert (totals.red, totals.yellow, totals.blue, totals.green) == (6, 6, 5, 14)
    assert not ItemEvent.objects.filter(occurred_on__gt=day).exists()
    assert not ProgressReport.objects.filter(reported_at__date__gt=day).exists()
    assert not Measure.objects.filter(completed_on__gt=day).exists()


def test_it_loads_once_and_says_so(db: None) -> None:
    run()
    before = Measure.objects.count()
    _out, err = run()
    assert "没有改动" in err
    assert Measure.objects.count() == before


def test_it_is_quick(db: None) -> None:
    started = perf_counter()
    loading.load(today=today())
    assert perf_counter() - started < 10


def test_it_refuses_a_database_that_somebody_works_in(db: None) -> None:
    make_office("办公室")
    with pytest.raises(CommandError, match="空库"):
        run()
    assert not Ledger.objects.exists()


def test_it_refuses_an_installation_in_use(db: None, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO"):
        run()
    assert not Office.objects.exists()


def test_there_are_no_sign_ins_without_the_demo(db: None) -> None:
    out, err = run("--sign-ins", "--json")
    assert out.strip() == "{}"
    assert "manage.py demo" in err
    assert run("--sign-ins")[0] == ""


def test_a_scale_of_nothing_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="1"):
        run("--scale", "0")
