"""The deadline parser: every form of domain.md 3.3, and what it refuses to guess."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from remediation.deadlines import DeadlineProblem, dates_in, parse_deadline, year_in

YEAR = 2024
DATED = [
    ("2024年6月底前", "2024-06-30"),
    ("6月底前", "2024-06-30"),
    ("6月底完成", "2024-06-30"),
    ("十月底", "2024-10-31"),
    ("十二月底前", "2024-12-31"),
    ("年底前", "2024-12-31"),
    ("2026年底前", "2026-12-31"),
    ("2024年年底前", "2024-12-31"),
    ("今年年底前", "2024-12-31"),
    ("明年6月底前", "2025-06-30"),
    ("12月底前", "2024-12-31"),
    ("年内", "2024-12-31"),
    ("全年", "2024-12-31"),
    ("2024年6月30日前", "2024-06-30"),
    ("2月3日前", "2024-02-03"),
    ("2024.6.30", "2024-06-30"),
    ("2024-06-30", "2024-06-30"),
    ("2024/6/30", "2024-06-30"),
    ("20240630", "2024-06-30"),
    ("24.6.30", "2024-06-30"),
    ("2024-06-30 00:00:00", "2024-06-30"),
    ("2024.6", "2024-06-30"),
    ("2024-06", "2024-06-30"),
    ("2024年2月", "2024-02-29"),
    ("6月", "2024-06-30"),
    ("6.30", "2024-06-30"),
    ("第三季度", "2024-09-30"),
    ("三季度末", "2024-09-30"),
    ("2024年第三季度", "2024-09-30"),
    ("Q3", "2024-09-30"),
    ("上半年", "2024-06-30"),
    ("2024年下半年", "2024-12-31"),
    ("2024年6月下旬", "2024-06-30"),
    ("6月上旬", "2024-06-10"),
    ("6月中旬", "2024-06-20"),
    ("二○○七年四月十三日", "2007-04-13"),
    ("二〇二四年六月底", "2024-06-30"),
    ("２０２４年６月", "2024-06-30"),
    ("2024年\n7月底前", "2024-07-31"),
    ("45473", "2024-06-30"),
]
OTHERS = [
    ("立行立改", "immediate", None),
    ("即知即改、立行立改", "immediate", None),
    ("立行立改（已完成）", "immediate", None),
    ("边整边改", "immediate", None),
    ("事不隔夜", "immediate", None),
    ("立行立改，2024年6月底前完成", "immediate", "2024-06-30"),
    ("长期坚持", "long_term", None),
    ("长期坚持，持续推进", "long_term", None),
    ("持续整改", "long_term", None),
    ("长期坚持\n（2024年12月底前取得阶段性成效）", "long_term", "2024-12-31"),
    ("7月中旬至8月下旬", "range", "2024-08-31"),
    ("8月2日—4日", "range", "2024-08-04"),
    ("2024至2026年", "range", "2026-12-31"),
    ("1月至5月", "range", "2024-05-31"),
    ("11月至次年2月", "range", "2025-02-28"),
    ("收到通知后5个工作日内", "relative", None),
    ("会后7日内", "relative", None),
    ("30个工作日内", "relative", None),
    ("三个月内", "relative", None),
    ("集中整改期内", "relative", None),
    ("每月5日前", "recurring", None),
    ("每季度", "recurring", None),
    ("每两周", "recurring", None),
    ("每周五", "recurring", None),
    ("半年", "recurring", None),
    ("6月底前出台方案，12月底前完成", "milestones", "2024-12-31"),
]


@pytest.mark.parametrize(("text", "day"), DATED)
def test_dated_forms_give_the_last_day(text: str, day: str) -> None:
    read = parse_deadline(text, year=YEAR)
    assert (read.kind, read.date) == ("dated", date.fromisoformat(day))
    assert read.text == text.strip()


@pytest.mark.requirement("S003-70", "S001-13", "S003-95", "S002-01")
@pytest.mark.parametrize(("text", "kind", "day"), OTHERS)
def test_other_forms_keep_their_kind(text: str, kind: str, day: str | None) -> None:
    read = parse_deadline(text, year=YEAR)
    assert (read.kind, read.date and read.date.isoformat()) == (kind, day)


@pytest.mark.parametrize("text", ["", "—", "/", "待定", "另行通知", "无", None])
def test_nothing_written_is_missing(text: str | None) -> None:
    read = parse_deadline(text, year=YEAR)
    assert (read.kind, read.problem) == ("none", DeadlineProblem.MISSING)


@pytest.mark.parametrize("text", ["2024-02-30", "6月31日", "2024年13月", "2024.13.1", "第五季度"])
def test_a_day_that_does_not_exist_is_named(text: str) -> None:
    assert parse_deadline(text, year=YEAR).problem == DeadlineProblem.IMPOSSIBLE


@pytest.mark.parametrize("text", ["尽快", "春节前", "2024.6-9", "自2024年3月起", "第12批2024年6月底"])
def test_what_it_cannot_read_is_not_guessed(text: str) -> None:
    read = parse_deadline(text, year=YEAR)
    assert (read.kind, read.date, read.problem) == ("none", None, DeadlineProblem.UNREADABLE)


def test_cells_that_are_dates_and_numbers() -> None:
    assert parse_deadline(date(2024, 6, 30), year=None).text == "2024-06-30"
    assert parse_deadline(datetime(2024, 6, 30), year=None).date == date(2024, 6, 30)  # noqa: DTZ001 - a cell has no zone
    assert parse_deadline(45473, year=None).date == date(2024, 6, 30)
    assert parse_deadline(2024.6, year=None).date == date(2024, 6, 30)
    assert parse_deadline(2024.12, year=None).date == date(2024, 12, 31)
    assert parse_deadline(2024, year=None).date == date(2024, 12, 31)


def test_october_typed_as_a_number_is_asked() -> None:
    assert parse_deadline(2024.1, year=None).problem == DeadlineProblem.AMBIGUOUS_MONTH


def test_the_year_comes_from_the_text_first_and_is_never_made_up() -> None:
    assert parse_deadline("2023年6月底前", year=2024).date == date(2023, 6, 30)
    yearless = parse_deadline("6月底前", year=2019)
    assert (yearless.date, yearless.yearless) == (date(2019, 6, 30), True)
    assert parse_deadline("6月底前", year=None).problem == DeadlineProblem.NO_YEAR
    assert parse_deadline("立行立改", year=None).kind == "immediate"


def test_long_term_beside_a_date_is_a_flag() -> None:
    read = parse_deadline("2024年底前，并长期坚持", year=None)
    assert (read.kind, read.date, read.is_long_term) == ("dated", date(2024, 12, 31), True)
    both = parse_deadline("立行立改，长期坚持", year=None)
    assert (both.kind, both.is_long_term) == ("immediate", True)


def test_a_range_keeps_its_start() -> None:
    assert parse_deadline("7月中旬至8月下旬", year=2024).start == date(2024, 7, 11)


def test_dates_and_years_of_titles() -> None:
    assert list(dates_in("填报日期：2024年9月4日")) == [date(2024, 9, 4)]
    assert year_in("专项治理台账(2019年)") == 2019
    assert year_in("2019年至2024年") is None
    assert year_in("巡视整改台账") is None
