"""The columns of a ledger: one declaration drives the template, the mapping, the checks and the export headings.

The words are those that real ledgers write (``domain.md`` 3.2). Headings are compared after NFKC without white space,
so 完成\\n时限 and 备 注 are found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from core.text import folded

MAX_CELL_CHARACTERS = 32_767  # Excel's own limit


@dataclass(frozen=True)
class Column:
    """A field that a ledger column can be written to.

    ``heading`` is the Chinese heading of templates and exports and is recognised as 同名; ``words`` are synonyms.
    ``longest`` is the longest text that the field takes.
    """

    field: str
    label: str | Promise
    heading: str
    words: tuple[str, ...] = ()
    longest: int = MAX_CELL_CHARACTERS
    example: str = ""
    in_template: bool = True
    width: int = 12


COLUMNS: tuple[Column, ...] = (
    Column(
        "serial",
        pgettext_lazy("column", "Serial number"),
        "序号",
        ("编号", "问题序号", "项目编号", "措施序号", "项目序号"),
        50,
        "1",
        width=6,
    ),
    Column(
        "type",
        pgettext_lazy("column", "Type"),
        "整改类型",
        ("类型", "事项类型", "问题来源类型", "反馈类型", "整改事项类型"),
        50,
        "巡视反馈问题",
        width=14,
    ),
    # What stands above 问题类别, a title a line: title rows, as an export writes them beside each row.
    Column(
        "outer_sections",
        pgettext_lazy("column", "Sections above"),
        "上级板块",
        longest=2000,
        in_template=False,
        width=24,
    ),
    Column(
        "category",
        pgettext_lazy("column", "Section"),
        "问题类别",
        (
            "板块",
            "类别",
            "问题类型",
            "整改专项",
            "任务类别",
            "巡视反馈意见",
            "所属板块",
            "方面",
            "问题方面",
            "整治类别",
        ),
        500,
        "（一）关于政治执行力方面",
        width=24,
    ),
    Column(
        "key_problem",
        pgettext_lazy("column", "Key problem"),
        "重点问题",
        ("主要问题", "重点任务", "任务组"),
        500,
        "1.关于政治站位不高的问题",
        width=24,
    ),
    Column(
        "problem",
        pgettext_lazy("column", "Problem"),
        "具体问题",
        (
            "问题",
            "反馈问题",
            "存在问题",
            "问题描述",
            "具体表现",
            "问题清单",
            "督办事项",
            "任务内容",
            "工作任务",
            "问题内容",
            "反馈的问题",
            "存在的问题",
            "查摆问题",
            "发现问题",
            "问题表述",
            "项目名称",
            "问题概述",
            "突出问题",
            "具体问题表述",
        ),
        example="（1）学习贯彻不及时问题",
        width=32,
    ),
    Column(
        "cause",
        pgettext_lazy("column", "Cause"),
        "原因分析",
        ("问题成因", "问题根源", "产生原因", "成因分析", "主要原因"),
        width=20,
    ),
    Column(
        "goal",
        pgettext_lazy("column", "Goal"),
        "整改目标",
        ("整改落实目标", "任务目标", "预期成效", "验收标准", "完成标准", "工作目标", "整改完成标准", "目标"),
        width=20,
    ),
    Column(
        "measure",
        pgettext_lazy("column", "Measure"),
        "整改措施",
        (
            "措施",
            "具体举措",
            "举措",
            "工作措施",
            "措施内容",
            "整改任务",
            "具体措施",
            "整改举措",
            "工作举措",
            "工作计划",
            "主要措施",
            "细化的整改措施",
            "整改计划",
            "具体整改措施",
            "推进措施",
        ),
        example="制定年度学习计划，每季度检查一次",
        width=44,
    ),
    Column(
        "leader",
        pgettext_lazy("column", "Responsible leader"),
        "责任领导",
        ("分管领导", "牵头领导", "包抓领导", "整改责任领导", "负责领导", "责任委领导", "主管领导"),
        100,
        "副主任（分管医政）",
        width=18,
    ),
    Column(
        "lead_offices",
        pgettext_lazy("column", "Lead offices"),
        "牵头处室",
        (
            "牵头部门",
            "牵头单位",
            "主办单位",
            "主责部门",
            "承办单位",
            "主责处室",
            "主办处室",
            "承办处室",
            "主责单位",
            "牵头责任单位",
            "牵头责任处室",
        ),
        2000,
        "办公室",
        width=18,
    ),
    Column(
        "assisting_offices",
        pgettext_lazy("column", "Assisting offices"),
        "协办处室",
        (
            "配合处室",
            "协办单位",
            "配合部门",
            "参与单位",
            "配合单位",
            "协办部门",
            "协助处室",
            "参与处室",
            "配合责任单位",
            "协同单位",
        ),
        2000,
        "财务处、宣传处",
        width=22,
    ),
    Column(
        "responsible_offices",
        pgettext_lazy("column", "Responsible offices"),
        "责任单位",
        ("责任部门", "责任处室", "具体责任单位", "责任科室"),
        2000,
        in_template=False,
    ),
    Column(
        "started_on",
        pgettext_lazy("column", "Started on"),
        "启动时间",
        ("开始时间", "启动日期", "开始日期", "交办时间", "发现时间"),
        100,
        width=12,
    ),
    Column(
        "deadline",
        pgettext_lazy("column", "Deadline"),
        "完成时限",
        (
            "整改时限",
            "完成时间",
            "计划完成时间",
            "预计完成时间",
            "办结时限",
            "时间节点",
            "时限",
            "完成期限",
            "整改期限",
            "办理时限",
            "对应的完成时间",
            "要求完成时间",
            "时限要求",
            "完成日期",
        ),
        200,
        "2024年6月底前",
        width=16,
    ),
    Column("due_date", pgettext_lazy("column", "Due date"), "到期日", ("到期日期",), 100, in_template=False),
    Column(
        "status",
        pgettext_lazy("column", "Completion status"),
        "完成状态",
        (
            "整改状态",
            "任务状态",
            "是否完成",
            "是否销号",
            "整改结果",
            "销号情况",
            "状态",
            "办理状态",
            "落实状态",
            "当前状态",
            "是否已完成整改",
            "整改完成情况",
            "是否完成整改",
        ),
        100,
        "正在推进",
        width=12,
    ),
    Column(
        "percent",
        pgettext_lazy("column", "Percent"),
        "完成比例",
        ("百分比", "完成百分比", "完成率", "完成进度", "进度百分比", "完成度"),
        50,
        width=10,
    ),
    Column(
        "progress",
        pgettext_lazy("column", "Progress"),
        "进展情况",
        (
            "完成情况",
            "整改情况",
            "实际完成情况",
            "整改成效",
            "整改进展",
            "工作进展",
            "落实情况",
            "进展",
            "整改落实情况",
            "整改进展情况",
            "工作进展情况",
            "办理情况",
            "推进情况",
            "办理进展",
        ),
        width=40,
    ),
    Column("note", pgettext_lazy("column", "Note"), "备注", ("说明", "备注说明", "延期说明", "注"), width=18),
)

BY_FIELD = {column.field: column for column in COLUMNS}
TEMPLATE_COLUMNS = tuple(column for column in COLUMNS if column.in_template)

# Headings that may mean one thing or another: the page asks, the command line decides by the values and says so.
AMBIGUOUS: dict[str, tuple[str, ...]] = {
    folded("进度"): ("status", "percent"),
    folded("完成进度情况"): ("status", "progress"),
    folded("整改事项"): ("problem", "type"),
}
# 整治重点 names the problem where no other column does (source 000), else the group of problems.
GROUP_OR_PROBLEM = frozenset({folded("整治重点"), folded("整改重点"), folded("任务名称")})
PROJECT_SERIALS = frozenset({folded("项目编号"), folded("项目序号")})

SERIAL_HEADING = re.compile(r"^(?:问题|措施|项目)?(?:序号|编号)$")


@dataclass(frozen=True)
class Match:
    """What a heading was taken for: ``field`` or None, why, and what to ask when it is not clear."""

    field: str | None
    reason: (
        str  # same | synonym | group | ambiguous | unknown | hidden | remembered | chosen | twice | values
    )
    choices: tuple[str, ...] = ()
    word: str = ""


# Heading (folded) -> field and whether it is the field's own heading; of two fields the first declared has the word.
_NAMES: dict[str, tuple[str, bool]] = {}
for _column in COLUMNS:
    for _word in (_column.heading, *_column.words):
        _NAMES.setdefault(folded(_word), (_column.field, _word == _column.heading))


def match_heading(heading: str) -> Match:
    """The field that a (leaf) heading names, by name or synonym; a bracket at its end does not count."""
    whole = folded(heading)
    for name in dict.fromkeys((whole, re.sub(r"[(（].*?[)）]$", "", whole) or whole)):
        if name in AMBIGUOUS:
            return Match(None, "ambiguous", AMBIGUOUS[name], heading)
        if name in GROUP_OR_PROBLEM:
            return Match("problem", "synonym", word=heading)
        if name in _NAMES:
            field, is_own = _NAMES[name]
            return Match(field, "same" if is_own else "synonym", word=heading)
    return Match(None, "unknown")
