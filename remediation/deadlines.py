"""Deadlines: the text is kept as written, this parser turns it into a kind and a date. Pure, no clock.

``domain.md`` 3.3 lists the forms; where the expected files in ``ledgers/`` read a word otherwise, they stand
(全年 is the end of the year). What cannot be read becomes kind ``none``; nothing is ever guessed silently.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum

from remediation.states import DeadlineKind

EXCEL_EPOCH = date(1899, 12, 30)
# Serial numbers of 1995 to 2100: anything else in a deadline cell is no serial.
EXCEL_SERIALS = range(34_700, 73_416)
YEARS = range(1990, 2101)


class DeadlineProblem(Enum):
    """Why a deadline has no date; the preview asks."""

    MISSING = "missing_deadline"
    IMPOSSIBLE = "impossible_date"
    AMBIGUOUS_MONTH = "ambiguous_month"
    NO_YEAR = "no_year"
    UNREADABLE = "unreadable_deadline"


# Inside the class the field of this name would hide the type.
Date = date


@dataclass(frozen=True)
class Deadline:
    """What a deadline text says.

    ``date`` is what the text itself gives (inclusive, the last day of a month, quarter or year); the working date of
    立行立改 is set when the row is written. ``within`` and ``unit`` tell a relative one (5, ``workday``).
    """

    text: str
    kind: DeadlineKind
    date: Date | None = None
    start: Date | None = None
    is_long_term: bool = False
    yearless: bool = False
    within: int | None = None
    unit: str = ""
    problem: DeadlineProblem | None = None


@dataclass(frozen=True)
class _Span:
    """A date expression found in the text: its first and last day, and where it stands."""

    first: date
    last: date
    begin: int
    end: int
    yearless: bool


class _ImpossibleDate(Exception):
    pass


class _NoYear(Exception):
    pass


NO_DEADLINE = {
    "",
    "-",
    "--",
    "---",
    "—",
    "——",
    "/",
    "\\",
    "无",
    "待定",
    "另行通知",
    "待明确",
    "暂无",
    "未定",
    "待确定",
    "另定",
}
IMMEDIATE = re.compile(
    r"立行立改|即知即改|立知立改|立即|即行|边[整查学]边改|立查立改|立整立改|立改|事不隔夜|随到随改|即改|马上改"
)
LONG_TERM = re.compile(r"长期|持续|常态化|常抓不懈|久久为功|经常性")
RECURRING = re.compile(
    r"每(?:个|逢)?(?:\d+|两|半)?个?(?:工作日|年|月|季度?|周|星期|日|天|旬|学期)|按(?:月|季度?|周|年)|逐(?:月|季|周|年)|^半年$|^季度$|^月度$|^年度$"
)
RELATIVE = re.compile(
    r"(?<!\d)(\d{1,3}|半)个?(工作日|自然日|日|天|周|星期|月|年)(?:之|以)?内|(\d+)个?(工作日)"
)
PERIOD = re.compile(r"(?:集中)?整改期(?:间|限)?内?")
RANGE_MARK = re.compile(r"^(?:起|开始|份|前)?(?:至|到|-+|—+|–|―|~|∼)(?:次年|翌年)?$")
UNITS = {
    "工作日": "workday",
    "自然日": "day",
    "日": "day",
    "天": "day",
    "周": "week",
    "星期": "week",
    "月": "month",
    "年": "year",
}

_YEAR = r"(?:(?P<y{0}>\d{{4}}|\d{{2}})年(?:度)?|(?P<r{0}>今年|本年度?|当年|明年|次年|翌年))?(?:的)?"
_SPAN = re.compile(
    "|".join(
        (
            r"(?P<iy>\d{4}|\d{2})(?P<sep>[-./])(?P<im>\d{1,2})(?P=sep)(?P<id>\d{1,2})(?!\d)",
            r"(?<!\d)(?P<cy>(?:19|20)\d{2})(?P<cm>\d{2})(?P<cd>\d{2})(?!\d)",
            _YEAR.format("d") + r"(?P<dm>\d{1,2})月(?:份)?(?P<dd>\d{1,2})(?:日|号)?",
            _YEAR.format("m") + r"(?<!\d)(?P<mm>\d{1,2})月(?:份)?(?P<mpart>上旬|中旬|下旬|初|中|底|末)?",
            _YEAR.format("q") + r"(?:第?(?P<q>\d)季度?|[Qq](?P<q2>\d))(?:末|底)?",
            r"(?P<q3y>\d{4}|\d{2})[Qq](?P<q3>\d)",
            _YEAR.format("h") + r"(?P<half>上半年|下半年)",
            r"(?P<gy>\d{4})[-./](?P<gm>\d{1,2})(?!\d)(?:月)?(?P<gpart>底|末)?",
            r"(?P<yy>\d{4})(?:年度?|(?=[至到\-—–~]))(?P<ypart>底|末|内|终|中)?",
            r"(?P<ry>今年|本年度?|当年|明年|次年|翌年|全年|年)(?P<rpart>底|末|内|终|中)?",
            r"(?<!\d)(?P<bare>\d{1,2})[日号]",
        )
    )
)
_MONTH_DAY = re.compile(r"^(\d{1,2})([-./])(\d{1,2})(?:日|号)?(?:之?前|底前)?$")
_CHINESE_DIGITS = {
    "〇": 0,
    "○": 0,
    "零": 0,
    "O": 0,
    "o": 0,
    "0": 0,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
}
_CHINESE_DIGITS |= {"六": 6, "七": 7, "八": 8, "九": 9}
_CHINESE_NUMBER = re.compile(r"[〇○零一二三四五六七八九十Oo0]+(?=年|月|日|号|季度|个|周内|天)")


def parse_deadline(value: str | float | date | None, *, year: int | None) -> Deadline:
    """The deadline that a cell states; ``year`` is the year of the ledger for texts that name none."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return _checked(value.isoformat(), value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value, year=year)
    text = str(value or "").strip()
    plain = _plain(text)
    if plain in NO_DEADLINE:
        return Deadline(text, DeadlineKind.NONE, problem=DeadlineProblem.MISSING)
    return replace(_from_text(plain, year=year), text=text)


def _from_number(value: float, *, year: int | None) -> Deadline:
    text = f"{value:g}" if value % 1 else str(int(value))
    if value % 1:
        # 2024.10 typed as a number is kept as 2024.1: January or October, nobody can tell.
        if round(value * 10) == round(value * 10, 6) and round(value * 10) % 10 == 1 and int(value) in YEARS:
            return Deadline(text, DeadlineKind.NONE, problem=DeadlineProblem.AMBIGUOUS_MONTH)
        return (
            replace(_from_text(f"{value:.6g}", year=year), text=text)
            if int(value) in YEARS
            else _unreadable(text)
        )
    if int(value) in EXCEL_SERIALS:
        day = EXCEL_EPOCH + timedelta(days=int(value))
        return _checked(day.isoformat(), day)
    return replace(_from_text(str(int(value)), year=year), text=text)


def _checked(text: str, day: date) -> Deadline:
    if day.year not in YEARS:
        return _unreadable(text)
    return Deadline(text, DeadlineKind.DATED, day)


def _unreadable(text: str, problem: DeadlineProblem = DeadlineProblem.UNREADABLE) -> Deadline:
    return Deadline(text, DeadlineKind.NONE, problem=problem)


def _plain(text: str) -> str:
    """NFKC, no time of day, no white space, Chinese numbers as digits."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"(?<=[\d日号])[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*$", "", text)
    text = re.sub(r"\s+", "", text)
    text = text.replace("两周", "2周").replace("两个", "2个").replace("年年", "年")
    return _CHINESE_NUMBER.sub(lambda match: str(_chinese_number(match.group())), text)


def _chinese_number(word: str) -> str:
    if "十" not in word:
        return "".join(str(_CHINESE_DIGITS[mark]) for mark in word)
    tens, _mark, ones = word.partition("十")
    return str(
        (_CHINESE_DIGITS.get(tens, 1) if tens else 1) * 10 + (_CHINESE_DIGITS.get(ones, 0) if ones else 0)
    )


def _from_text(plain: str, *, year: int | None) -> Deadline:
    if re.fullmatch(r"\d{4}", plain) and int(plain) in YEARS:
        plain += "年"
    elif re.fullmatch(r"\d{5}", plain) and int(plain) in EXCEL_SERIALS:
        return _checked(plain, EXCEL_EPOCH + timedelta(days=int(plain)))
    long_term, immediate = LONG_TERM.search(plain), IMMEDIATE.search(plain)
    try:
        spans, rest = _spans(plain, year=year)
    except _ImpossibleDate:
        return _unreadable(plain, DeadlineProblem.IMPOSSIBLE)
    except _NoYear:
        spans, rest = [], "?"
        if not long_term and not immediate and not RECURRING.search(plain) and not RELATIVE.search(plain):
            return _unreadable(plain, DeadlineProblem.NO_YEAR)
    recurring = RECURRING.search(plain)
    if recurring and (not spans or recurring.start() <= spans[0].begin):
        return Deadline(plain, DeadlineKind.RECURRING, is_long_term=bool(long_term))
    relative = RELATIVE.search(plain)
    if relative and all(relative.start() <= span.begin < relative.end() for span in spans):
        number, unit = relative.group(1) or relative.group(3), relative.group(2) or relative.group(4)
        within = 6 if number == "半" else int(number)
        unit_name = "month" if number == "半" else UNITS[unit]
        return Deadline(
            plain, DeadlineKind.RELATIVE, within=within, unit=unit_name, is_long_term=bool(long_term)
        )
    dated = _dated(plain, spans, rest)
    comes_first = immediate and (not long_term or immediate.start() < long_term.start())
    if immediate and comes_first and (not spans or immediate.start() < spans[0].begin):
        return Deadline(
            plain, DeadlineKind.IMMEDIATE, dated.date if dated else None, is_long_term=bool(long_term),
            yearless=dated.yearless if dated else False,
        )  # fmt: skip
    if long_term and (not spans or long_term.start() < spans[0].begin):
        day = dated.date if dated else None
        return Deadline(
            plain, DeadlineKind.LONG_TERM, day, is_long_term=True, yearless=dated.yearless if dated else False
        )
    if dated:
        return replace(dated, is_long_term=bool(long_term))
    if PERIOD.search(plain) and not spans:
        return Deadline(plain, DeadlineKind.RELATIVE, unit="period", is_long_term=bool(long_term))
    return _unreadable(plain)


def _dated(plain: str, spans: list[_Span], rest: str) -> Deadline | None:
    """One date, a range of two, or milestones; None when there is none or digits are left over."""
    if not spans or re.search(r"\d", rest):
        return None
    yearless = any(span.yearless for span in spans)
    last = spans[-1]
    if len(spans) == 1 and re.match(r"(?:起|开始)(?!至|到)", plain[last.end :]):
        return None  # a start without an end is no deadline
    if len(spans) == 1:
        return Deadline(plain, DeadlineKind.DATED, last.last, yearless=yearless)
    if len(spans) == 2 and RANGE_MARK.match(plain[spans[0].end : last.begin]):
        return Deadline(plain, DeadlineKind.RANGE, last.last, start=spans[0].first, yearless=yearless)
    latest = max(span.last for span in spans)
    return Deadline(plain, DeadlineKind.MILESTONES, latest, yearless=yearless)


def _spans(plain: str, *, year: int | None) -> tuple[list[_Span], str]:
    """The date expressions of the text in order, and what is left without them.

    A later expression without a year takes the year of the one before; in a range that would run backwards it is
    the next year.
    """
    if match := _MONTH_DAY.match(plain):
        if year is None:
            raise _NoYear
        day = _day(year, int(match[1]), int(match[3]))
        return [_Span(day, day, 0, len(plain), yearless=True)], ""
    spans: list[_Span] = []
    rest: list[str] = []
    position = 0
    for match in _SPAN.finditer(plain):
        previous = spans[-1] if spans else None
        first, last, yearless = _days(
            match, context=previous.last.year if previous else year, previous=previous
        )
        if previous and last < previous.first and yearless:
            first, last = _next_year(first), _next_year(last)
        rest.append(plain[position : match.start()])
        position = match.end()
        spans.append(
            _Span(first, last, match.start(), match.end(), yearless and not (spans and not spans[0].yearless))
        )
    rest.append(plain[position:])
    return spans, "".join(rest)


def _days(match: re.Match[str], *, context: int | None, previous: _Span | None) -> tuple[date, date, bool]:  # noqa: PLR0912 - a branch for each form
    """First day, last day, and whether the year came from elsewhere."""
    found = {key: value for key, value in match.groupdict().items() if value is not None}

    def resolved(key: str) -> tuple[int, bool]:
        if f"y{key}" in found:
            return _full_year(found[f"y{key}"]), False
        if context is None:
            raise _NoYear
        shift = found.get(f"r{key}", "") in {"明年", "次年", "翌年"}
        return context + shift, True

    if "iy" in found:
        day = _day(_full_year(found["iy"]), int(found["im"]), int(found["id"]))
        return day, day, False
    if "cy" in found:
        day = _day(int(found["cy"]), int(found["cm"]), int(found["cd"]))
        return day, day, False
    if "dm" in found:
        year, yearless = resolved("d")
        day = _day(year, int(found["dm"]), int(found["dd"]))
        return day, day, yearless
    if "mm" in found:
        year, yearless = resolved("m")
        return *_month(year, int(found["mm"]), found.get("mpart", "")), yearless
    if "gy" in found:
        return *_month(_full_year(found["gy"]), int(found["gm"]), found.get("gpart", "")), False
    if quarter := found.get("q") or found.get("q2") or found.get("q3"):
        year, yearless = (_full_year(found["q3y"]), False) if "q3y" in found else resolved("q")
        if quarter not in "1234":
            raise _ImpossibleDate
        number = int(quarter)
        return _month(year, number * 3 - 2, "")[0], _month(year, number * 3, "")[1], yearless
    if "half" in found:
        year, yearless = resolved("h")
        return (date(year, 1, 1), date(year, 6, 30), yearless) if found["half"] == "上半年" else (
            date(year, 7, 1), date(year, 12, 31), yearless)  # fmt: skip
    if "bare" in found:
        if previous is None:
            raise _NoYear
        day = _day(previous.last.year, previous.last.month, int(found["bare"]))
        return day, day, True
    if "yy" in found:
        year, yearless = _full_year(found["yy"]), False
    else:
        if context is None:
            raise _NoYear
        year, yearless = context + (found["ry"] in {"明年", "次年", "翌年"}), True
    part = found.get("ypart") or found.get("rpart") or ""
    if part == "中":
        return date(year, 1, 1), date(year, 6, 30), yearless
    return date(year, 1, 1), date(year, 12, 31), yearless


def _month(year: int, month: int, part: str) -> tuple[date, date]:
    first = _day(year, month, 1)
    end = monthrange(year, month)[1]
    begin_day, end_day = {
        "上旬": (1, 10), "初": (1, 10), "中旬": (11, 20), "中": (11, 20), "下旬": (21, end),
    }.get(part, (1, end))  # fmt: skip
    return first.replace(day=begin_day), first.replace(day=end_day)


def _day(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise _ImpossibleDate from error
    if found.year not in YEARS:
        raise _ImpossibleDate
    return found


def _full_year(written: str) -> int:
    return int(written) if len(written) == 4 else 2000 + int(written)


def _next_year(day: date) -> date:
    return day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def year_in(text: str) -> int | None:
    """The only year that a title or a date line names; None when it names none or several."""
    plain = _plain(text)
    years = {int(found) for found in re.findall(r"(?<!\d)((?:19|20)\d{2})(?=年|[-./]\d)", plain)}
    return years.pop() if len(years) == 1 else None


def dates_in(text: str) -> Iterator[date]:
    """The full dates (with a year) that a text names, such as 填报日期：2024年9月4日."""
    plain = _plain(text)
    for match in _SPAN.finditer(plain):
        try:
            _first, last, _yearless = _days(match, context=None, previous=None)
        except (_ImpossibleDate, _NoYear):
            continue
        yield last
