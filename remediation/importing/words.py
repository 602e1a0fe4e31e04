"""The words of a ledger's cells: status words, numbers of measures and problems, what cannot be seen. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from core.text import folded
from remediation.states import CompletionStatus, ItemKind, WorkflowState

# -- what a reader does not see ---------------------------------------------------------------------------------------

# Control characters but tab and line break; zero-width and direction marks; byte-order mark; soft hyphen.
UNSEEN = re.compile(
    ""
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
)
# How a spreadsheet stores a control character inside its XML.
ESCAPED = re.compile(r"_x00(?:0[0-8BbCcEeFf]|1[0-9A-Fa-f]|7[Ff])_")
# What a formula shows that has no result.
ERROR_CELLS = frozenset(
    [
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#N/A",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#CONNECT!",
        "#UNKNOWN!",
        "#BUSY!",
    ]
)
FORMULA_STARTS = "=+-@"
PLAIN_NUMBER = re.compile(r"^[+\-]?[\d\s\-.,%/:()]+$")
FORMULA_LIKE_MINUS = re.compile(r"^-.*[(|!*=&]")


def cleaned(text: str) -> tuple[str, int]:
    """``text`` without what cannot be seen, and how many such characters there were."""
    removed = 0
    if "_x00" in text:
        text, removed = ESCAPED.subn("", text)
    if UNSEEN.search(text):
        text, unseen = UNSEEN.subn("", text)
        removed += unseen
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip(), removed


def is_formula_text(text: str) -> bool:
    """Whether a text would be taken for a formula by a spreadsheet that opens an export (CWE-1236)."""
    if len(text) < 2 or text[0] not in FORMULA_STARTS or PLAIN_NUMBER.match(text):
        return False
    return text[0] != "-" or bool(FORMULA_LIKE_MINUS.match(text))


def one_line(text: str) -> str:
    """``text`` without the line breaks that a narrow cell needed; a space stays between Latin words."""
    if "\n" not in text:
        return text
    text = re.sub(r"(?<=[A-Za-z0-9])\s*\n\s*(?=[A-Za-z0-9])", " ", text)
    return re.sub(r"\s*\n\s*", "", text)


# -- status words -----------------------------------------------------------------------------------------------------

_COMPLETED = (
    "已完成 完成 已办结 办结 整改到位 已整改到位 已销号 销号 √ ✓ ✔ ☑ 已整改 完成整改 已完成整改 "
    "整改完成 已落实 落实到位 是 全部完成 "
    "已全部完成 待销号 对号 已结 y yes completed"
)
_IN_PROGRESS = (
    "正在推进 推进中 进行中 持续推进 整改中 按序时进度推进 序时任务 序时推进 阶段性完成 "
    "基本完成 基本整改到位 基本到位 正在整改 办理中 "
    "正在办理 落实中 正在落实 正在进行 部分完成 持续整改 长期坚持 持续坚持 滞后任务 滞后 "
    "超期未完 已超期 超期 逾期 待审核 整改验证 待验收 "
    "退回补充 已驳回 退办 已启动 未完成(推进中) 未完成(整改中) 未完成(正在推进) inprogress"
)
_NOT_STARTED = (
    "未启动 未开始 待整改 未完成 未整改 否 × ✗ ✘ "
    "x 未落实 尚未启动 尚未开展 未开展 待启动 未销号 n no notstarted"
)
STATUS_WORDS: dict[str, CompletionStatus] = {
    **{folded(word).lower(): CompletionStatus.COMPLETED for word in _COMPLETED.split()},
    **{folded(word).lower(): CompletionStatus.IN_PROGRESS for word in _IN_PROGRESS.split()},
    **{folded(word).lower(): CompletionStatus.NOT_STARTED for word in _NOT_STARTED.split()},
}
LONG_TERM_WORDS = frozenset({"长期坚持", "持续整改", "持续坚持"})
STATE_WORDS = {
    "已销号": WorkflowState.CLOSED,
    "销号": WorkflowState.CLOSED,
    "已办结": WorkflowState.CONCLUDED,
    "办结": WorkflowState.CONCLUDED,
}


@dataclass(frozen=True)
class ReadStatus:
    """A status cell: the word kept, what it means for the measure, and what it says beside that."""

    text: str
    status: CompletionStatus | None
    percent: int | None = None
    is_long_term: bool = False
    # The workflow state that the word names; counts only when every row of an item says so (product text 4).
    state: WorkflowState | None = None


@lru_cache(maxsize=4096)
def read_status(text: str) -> ReadStatus:
    """What a status word means for a measure; ``status`` is None for a word that nobody knows."""
    plain = folded(text).lower().strip("。.,;")
    outer = re.sub(r"\(.*?\)", "", plain)
    inner = "".join(re.findall(r"\((.*?)\)", plain))
    percent = re.fullmatch(r"(?:已完成|完成)?(\d{1,3})(?:\.\d+)?%", plain)
    if percent and int(percent[1]) <= 100:
        number = int(percent[1])
        # Percent 100 alone completes nothing (product text 9.1).
        return ReadStatus(
            text, CompletionStatus.IN_PROGRESS if number else CompletionStatus.NOT_STARTED, number
        )
    status = STATUS_WORDS.get(plain)
    if status is None:
        status = STATUS_WORDS.get(outer)
        said_inside = STATUS_WORDS.get(inner)
        if status == CompletionStatus.NOT_STARTED and said_inside == CompletionStatus.IN_PROGRESS:
            status = said_inside
    return ReadStatus(
        text,
        status,
        is_long_term=bool({plain, outer} & LONG_TERM_WORDS),
        state=STATE_WORDS.get(plain) or STATE_WORDS.get(outer)
        if status == CompletionStatus.COMPLETED
        else None,
    )


def read_percent(value: str | float) -> int | None:
    """A percent cell: 80%, 80, 0.8 (a cell formatted as percent keeps 0.8)."""
    if isinstance(value, str):
        match = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)%?", folded(value))
        if not match:
            return None
        number = float(match[1])
        number = number * 100 if "%" not in folded(value) and 0 < number < 1 else number
    else:
        number = value * 100 if 0 < value <= 1 else value
    return round(number) if 0 <= number <= 100 else None


# -- numbers in front of measures and problems ------------------------------------------------------------------------

_CHINESE = "一二三四五六七八九十"
_NUMBER = (
    r"(?P<dotted>\d{1,3})\s*[.．、)）]\s*(?![\d%])"
    r"|[(（]\s*(?P<bracketed>\d{1,3})\s*[)）]\s*[.、．]?\s*"
    r"|(?P<circled>[①-⑳])\s*[.、]?\s*"
    r"|(?P<first>[一二三四五六七八九十]{1,3})\s*是\s*[:：,，]?\s*"
    r"|(?P<listed>[一二三四五六七八九十]{1,3})\s*、\s*"
    r"|第(?P<ordinal>[一二三四五六七八九十]{1,3})\s*[,，、:：]\s*"
)
_MEASURE_NUMBER = re.compile(rf"^\s*(?:{_NUMBER})")
_LATER_NUMBER = re.compile(rf"(?P<mark>[。；;!！?？\n，,、\s])\s*(?:{_NUMBER})")
_WEAK_MARKS = "，,、 "  # they part 一是…，二是…, but in others stand inside a sentence


def chinese_number(word: str) -> int:
    """十二 is 12."""
    tens, mark, ones = word.partition("十")
    digit = {character: place for place, character in enumerate(_CHINESE, start=1)}
    if not mark:
        return digit.get(word[:1], 0)
    return digit.get(tens, 1) * 10 + digit.get(ones, 0)


def split_measure_number(text: str) -> tuple[int | None, str]:
    """``1、text``, ``(1)text`` or ``一是text`` as number and text; the number is None where none is written.

    A text that goes on counting (``一是…。二是…``) holds several measures and is kept whole.
    """
    match = _MEASURE_NUMBER.match(text)
    if not match or match.end() == len(text):
        return None, text
    style, number = _written_number(match)
    rest = text[match.end() :].strip()
    # In （1）一是…。二是… the bracket numbers the whole.
    if not _MEASURE_NUMBER.match(rest) and _goes_on(rest, style, number + 1):
        return None, text
    return number or None, rest


def _written_number(match: re.Match[str]) -> tuple[str, int]:
    """How a number is written, and the number."""
    style = next(
        name for name in ("dotted", "bracketed", "circled", "first", "listed", "ordinal") if match[name]
    )
    written = match[style]
    if style in ("dotted", "bracketed"):
        return style, int(unicodedata.normalize("NFKC", written))
    if style == "circled":
        return style, ord(written) - ord("①") + 1
    return style, chinese_number(written)


def _goes_on(rest: str, style: str, number: int) -> bool:
    """Whether ``number`` in the same style begins a later sentence."""
    return any(
        _written_number(match) == (style, number) and (style == "first" or match["mark"] not in _WEAK_MARKS)
        for match in _LATER_NUMBER.finditer(rest)
    )


def split_measures(text: str) -> list[str]:
    """The measures of one cell: several only when every line carries its number, counting up from one."""
    if "\n" not in text:
        return [text]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    numbers = [split_measure_number(line)[0] for line in lines]
    if len(lines) > 1 and numbers == list(range(1, len(lines) + 1)):
        return lines
    return [text]


_PROBLEM_NUMBER = re.compile(r"^\s*[(（]\s*([0-9０-９]{1,5}|[一二三四五六七八九十]{1,3})\s*[)）]\s*")
_INFERENCE_NUMBER = re.compile(
    r"^\s*[“\"]?举一反三[”\"]?\s*(?:问题|事项|整改事项)?\s*([0-9０-９]{1,5})\s*[:：、.．]?\s*"
)
_PLAIN_NUMBER = re.compile(r"^\s*([0-9０-９]{1,5})\s*[、.．]\s*(?![0-9])")


@dataclass(frozen=True)
class ProblemWords:
    """A problem cell: what kind it names (None: it does not say), its number, and its words."""

    kind: ItemKind | None
    number: str
    text: str


@lru_cache(maxsize=8192)
def read_problem(text: str) -> ProblemWords:
    """``(12)text`` is specific problem 12, ``举一反三3:text`` is inference item 3."""
    text = one_line(text)
    for pattern, kind in (
        (_INFERENCE_NUMBER, ItemKind.INFERENCE_ITEM),
        (_PROBLEM_NUMBER, ItemKind.SPECIFIC_PROBLEM),
        (_PLAIN_NUMBER, None),
    ):
        match = pattern.match(text)
        if match and match.end() < len(text):
            written = unicodedata.normalize("NFKC", match[1])
            number = written if written.isdigit() else str(chinese_number(written))
            return ProblemWords(kind, number, text[match.end() :].strip())
    return ProblemWords(None, "", text)


def kind_from_type(type_text: str) -> ItemKind | None:
    """The kind that the 整改类型 column names."""
    plain = folded(type_text)
    for word, kind in (
        ("举一反三", ItemKind.INFERENCE_ITEM),
        ("意见", ItemKind.OPINION),
        ("建议", ItemKind.SUGGESTION),
        ("项目", ItemKind.PROJECT),
        ("问题", ItemKind.SPECIFIC_PROBLEM),
    ):
        if word in plain:
            return kind
    return None


REFORM_MARK = "推动改革促进发展"
_INFERRED_FROM = re.compile(r"对应(?:的)?(?:具体)?问题[(（]?\s*([0-9０-９]{1,5})\s*[)）]?")


def inferred_from(note: str) -> str:
    """The number of the specific problem that 对应具体问题（5） names; empty when none."""
    match = _INFERRED_FROM.search(note)
    return unicodedata.normalize("NFKC", match[1]) if match else ""


@lru_cache(maxsize=8192)
def marks_reform(text: str) -> bool:
    """Whether a cell carries the mark 推动改革促进发展."""
    return REFORM_MARK in folded(text)
