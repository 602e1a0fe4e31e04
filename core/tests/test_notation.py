"""Numbers and days are written in one form each."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from core import notation


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (2847, "2847"),
        (9999, "9999"),
        (10_000, "10,000"),
        (1_000_000, "1,000,000"),
        (-12_345, "-12,345"),
    ],
)
def test_commas_begin_at_five_digits(value: int, written: str) -> None:
    assert notation.number(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0%"),
        (100, "100%"),
        (Decimal(253) * 100 / 284, "89.1%"),
        (66.6667, "66.7%"),
        (50, "50.0%"),
        # Neither end is reached by rounding: 1 of 284 open is not 100%.
        (99.99, "99.9%"),
        (0.01, "0.1%"),
        (Decimal("74.25"), "74.3%"),
    ],
)
def test_percentages_have_one_decimal_but_at_the_ends(value: float | Decimal, written: str) -> None:
    assert notation.percent(value) == written


@pytest.mark.parametrize(("value", "written"), [(2, "+2"), (-4, "−4"), (0, "0"), (12_000, "+12,000")])
def test_changes_carry_their_sign(value: int, written: str) -> None:
    assert notation.change(value) == written


@pytest.mark.parametrize(
    ("days", "written"),
    [(-36, "逾期36个工作日"), (-1, "逾期1个工作日"), (0, "今天到期"), (4, "还有4个工作日")],
)
def test_the_reason_of_a_light_is_in_working_days(days: int, written: str) -> None:
    assert notation.days_left_words(days) == written


def test_the_year_is_written_when_it_is_another_one() -> None:
    today = date(2024, 11, 25)
    assert notation.day(date(2024, 11, 3)) == "2024-11-03"
    assert notation.day_words(date(2024, 11, 3), today=today) == "11月3日"
    assert notation.day_words(date(2025, 1, 9), today=today) == "2025年1月9日"
    assert notation.day_words(date(2024, 11, 3), today=None) == "2024年11月3日"
    assert notation.moment(datetime(2024, 11, 22, 9, 5), today=today) == "11-22 09:05"  # noqa: DTZ001
    assert notation.moment(datetime(2023, 11, 22, 9, 5), today=today) == "2023-11-22 09:05"  # noqa: DTZ001
