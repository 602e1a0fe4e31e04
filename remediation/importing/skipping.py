"""Rows that are no measures: blank ones, notes, totals, signatures, repeated headers, section titles."""

from __future__ import annotations

import re
from functools import lru_cache

from core.text import folded
from core.workbooks.grid import Cell, Sheet
from remediation.importing.layout import Layout, cell_text
from remediation.importing.words import cleaned, one_line

NOTE = re.compile(r"^(?:注|说明|备注|附注|填表说明|填报说明)(?:\d|[:.、]|$)")
TOTAL = re.compile(r"^(?:本[页表])?(?:合计|总计|小计|共计|累计|总数|汇总)")
# What stands in a totals row beside its label, after NFKC: 45, 88.9%, 45个问题, 完成250条.
COUNT_WORDS = (
    "共|计|其中|已|未|正在|基本|完成|推进|整改|销号|办结|率|数|个|项|条|件|家"
    "|具体|重点|问题|措施|事项|任务|项目"
)
BARE_LABEL = re.compile(r"数?(?:\([^()]*\))?:?")
LABEL_CHARACTERS = 20
COUNTS = re.compile(rf"(?:{COUNT_WORDS}|[\d.%/:,;、()-])*")
SIGNATURE = re.compile(
    r"^(?:审核|审批|审定|填报|填表|制表|编制|签字|签名|盖章|联系|负责人|经办|复核|单位|日期|报送|分管领导|主要领导|责任领导).{0,14}:"
)
SECTION_STYLES = (
    re.compile(r"^第[一二三四五六七八九十\d]+[章部分篇]"),
    re.compile(r"^[一二三四五六七八九十]{1,3}、"),
    re.compile(r"^\([一二三四五六七八九十]{1,3}\)"),
    re.compile(r"^\d{1,3}[.、]"),
)
WIDE_MERGE_COLUMNS = 3
MAX_TITLE_CHARACTERS = 120


@lru_cache(maxsize=4096)
def _begins_total(text: str) -> bool:
    """Whether a text begins like the label of a totals row; the cells looked at repeat each other."""
    return bool(TOTAL.match(folded(text)))


class RowFilter:
    """Tells why a row is skipped, and keeps the section titles that are in force."""

    def __init__(self, sheet: Sheet, layout: Layout) -> None:
        measure, problem = layout.column("measure"), layout.column("problem")
        self.measure_column = measure.index if measure else None
        self.problem_column = problem.index if problem else None
        self.header_words = {folded(word) for column in layout.columns for word in column.path}
        # Section-title rows in force, outermost first: style of their number, title.
        self.titles: list[tuple[int, str]] = []
        # Row -> columns that its widest merged cell spans.
        self.wide: dict[int, int] = {}
        for merge in sheet.merges:
            if merge.top == merge.bottom:
                self.wide[merge.top] = max(self.wide.get(merge.top, 0), merge.right - merge.left + 1)

    def reason(self, row: int, own: list[tuple[int, Cell]]) -> str:
        """Why ``row`` is no measure row (``blank``, ``note``, ``total``, ...); empty when it is one."""
        own = [(index, value) for index, value in own if type(value) is not str or not value.isspace()]
        if not own:
            return "blank"
        if self._is_total(own):
            return "total"
        measure = self.measure_column
        text = next((value for index, value in own if index == measure), None)
        if text is not None and len(own) > 1:
            looks_like_heading = type(text) is str and len(text) < 40 and folded(text) in self.header_words
            return "repeated_header" if looks_like_heading and self._is_header(own) else ""
        first = folded(cell_text(own[0][1]))
        if self._is_header(own):
            return "repeated_header"
        if len(own) == 1:
            return self._lone_cell(row, own[0][0], cell_text(own[0][1]), measure=measure)
        if all(SIGNATURE.match(folded(cell_text(value))) for _index, value in own):
            return "signature"
        return "note" if NOTE.match(first) else ""

    def _is_total(self, own: list[tuple[int, Cell]]) -> bool:
        """A label such as 合计, with counts beside it; a problem or measure may begin so too (总计划, 汇总)."""
        # A serial number may stand before the label.
        index, value = own[1] if len(own) > 1 and cell_text(own[0][1]).strip().isdigit() else own[0]
        if type(value) is not str or not _begins_total(value[:LABEL_CHARACTERS]):
            return False
        label = folded(value)
        rest = TOTAL.sub("", label)
        if BARE_LABEL.fullmatch(rest) or (COUNTS.fullmatch(rest) and any(map(str.isdigit, rest))):
            return True
        beside = [folded(cell_text(other)) for column, other in own if column != index]
        if index == self.measure_column or (index == self.problem_column and not beside):
            return False
        return all(COUNTS.fullmatch(text) for text in beside)

    def _is_header(self, own: list[tuple[int, Cell]]) -> bool:
        same = sum(
            1
            for _index, value in own
            if type(value) is str and len(value) < 40 and folded(value) in self.header_words
        )
        return same >= 2 and same * 2 > len(own)

    def _lone_cell(self, row: int, index: int, text: str, *, measure: int | None) -> str:
        plain = folded(text)
        if NOTE.match(plain):
            return "note"
        if SIGNATURE.match(plain):
            return "signature"
        wide = self.wide.get(row, 1) >= WIDE_MERGE_COLUMNS
        style = next((place for place, pattern in enumerate(SECTION_STYLES) if pattern.match(plain)), None)
        if index == measure and not wide:
            return ""
        if len(plain) <= MAX_TITLE_CHARACTERS and (wide or (style is not None and index != measure)):
            self._open_section(one_line(cleaned(text)[0]), len(SECTION_STYLES) if style is None else style)
            return "section"
        return "note"

    def _open_section(self, title: str, style: int) -> None:
        while self.titles and self.titles[-1][0] >= style:
            self.titles.pop()
        self.titles.append((style, title))
