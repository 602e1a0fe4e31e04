"""The two sheets of the office register: 机构 and 领导职务."""

from __future__ import annotations

from accounts.importing.tables import Column, TableLayout
from accounts.models import OfficeKind
from core.text import folded

KIND_WORDS: dict[str, OfficeKind] = {
    "机关": OfficeKind.ORGAN,
    "内设处室": OfficeKind.INTERNAL,
    "委属单位": OfficeKind.AFFILIATED,
    "派驻机构": OfficeKind.RESIDENT,
    "外单位": OfficeKind.EXTERNAL,
}
OTHER_KIND_WORDS: dict[str, OfficeKind] = {
    "本机关": OfficeKind.ORGAN,
    "处室": OfficeKind.INTERNAL,
    "机关处室": OfficeKind.INTERNAL,
    "内设机构": OfficeKind.INTERNAL,
    "直属单位": OfficeKind.AFFILIATED,
    "委直属单位": OfficeKind.AFFILIATED,
    "基层单位": OfficeKind.AFFILIATED,
    "派驻": OfficeKind.RESIDENT,
    "外部单位": OfficeKind.EXTERNAL,
}
YES_WORDS = {"是", "√", "yes", "y", "1", "true"}
NO_WORDS = {"", "否", "×", "no", "n", "0", "false", "-", "—", "无", "/"}

OFFICES = TableLayout(
    sheet="机构",
    other_sheets=("处室", "机构名录", "单位", "offices"),
    columns=(
        Column("order", "排序", ("序号", "顺序"), example="1", width=8, hint="数字，小的在前"),
        Column("name", "名称", ("机构名称", "处室名称", "单位名称"), required=True, example="医政医管处", width=26),
        Column("kind", "类型", ("机构类型", "性质"), options=tuple(KIND_WORDS), example="内设处室", width=12),
        Column("parent", "上级单位", ("上级", "上级机构"), example="市卫生健康委", width=20),
        Column("aliases", "别名", ("简称", "其他名称"), example="医政处、医管处", width=28, hint="几个用“、”隔开"),
        Column("former", "曾用名", ("原名", "原名称"), example="医政处(旧)", width=24, hint="几个用“、”隔开"),
        Column("former_until", "曾用名停用日期", ("停用日期", "曾用名截止日期"), example="2022-12-31", width=16,
               hint="曾用名用到哪一天；几个曾用名用“、”对应隔开"),
        Column("leader", "分管领导", ("分管委领导",), example="副主任(分管医政)", width=28,
               hint="写“领导职务”表里的职务"),
        Column("remark", "备注", ("说明",), example="示例，导入时不读", width=20),
    ),
)  # fmt: skip
POSITIONS = TableLayout(
    sheet="领导职务",
    other_sheets=("职务", "领导", "positions"),
    columns=(
        Column("order", "排序", ("序号", "顺序"), example="1", width=8, hint="数字，小的在前"),
        Column("title", "职务", ("职务名称", "领导职务"), required=True, example="副主任(分管医政)", width=32),
        Column("principal", "主要领导", ("是否主要领导",), options=("是", "否"), example="否", width=12),
        Column("former", "曾用职务", ("原职务",), example="", width=28, hint="几个用“；”隔开"),
        Column("remark", "备注", ("说明",), example="示例，导入时不读", width=20),
    ),
)  # fmt: skip


def kind_of(text: str) -> OfficeKind | None:
    """The kind that a word or an identifier names."""
    words = {folded(word): kind for word, kind in {**KIND_WORDS, **OTHER_KIND_WORDS}.items()}
    words |= {str(kind.value): kind for kind in OfficeKind}
    return words.get(folded(text).lower())


def yes_or_no(text: str) -> bool | None:
    """Whether a cell says yes; None when it says neither."""
    word = folded(text).lower()
    if word in YES_WORDS:
        return True
    return False if word in NO_WORDS else None
