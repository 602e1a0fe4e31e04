"""The workbooks that are imported: the large ones of the shared folder, else ones of the same shape made here."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Where the ledgers lie beside a checkout.
LEDGERS = ROOT.parent / "shared" / "ledgers"
NAMES = {10_000: "big-10k.xlsx", 100_000: "big-100k.xlsx"}
SHEET = "整改台账"
HEADINGS = (
    "序号", "整改类型", "问题类别", "重点问题", "具体问题", "整改措施", "责任领导", "牵头处室", "协办处室", "完成时限",
    "完成状态", "进展情况", "备注",
)  # fmt: skip
MEASURES_PER_ITEM = 5
WORDS = (
    "健全", "制度", "机制", "督导", "检查", "专项", "行动", "医疗", "基层", "公立", "医院", "改革", "整改", "落实",
    "研究", "部署", "约谈", "提醒", "审批", "流程", "清单", "台账", "培训", "通报",
)  # fmt: skip
OFFICES = ("医政医管处", "规划信息处", "办公室", "财务处", "法规监督处")
CHANGED_HEADING = "备注"
CHANGED_EVERY = 100


def workbook_of(rows: int, folder: Path) -> Path:
    """The workbook with so many rows of measures."""
    for place in (LEDGERS, ROOT / "shared" / "ledgers"):
        if rows in NAMES and (path := place / NAMES[rows]).exists():
            return path
    path = folder / f"made-{rows}.xlsx"
    if not path.exists():
        write_workbook(path, made_rows(rows))
    return path


def write_workbook(path: Path, lines: Iterator[list[Any]]) -> None:
    """One sheet with the headings and the lines; texts that repeat stand in the file once, as Excel writes them."""
    import xlsxwriter

    workbook = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    sheet = workbook.add_worksheet(SHEET)
    sheet.write_row(0, 0, HEADINGS)
    for number, line in enumerate(lines, start=1):
        sheet.write_row(number, 0, line)
    workbook.close()


def made_rows(rows: int) -> Iterator[list[Any]]:
    """Lines like those of the shared workbooks: two sections, problems of five measures, texts of like length."""
    chance = random.Random(rows)

    def text(words: int) -> str:
        return "".join(chance.choice(WORDS) for _ in range(words))

    problem = ""
    for number in range(rows):
        item, place = divmod(number, MEASURES_PER_ITEM)
        if place == 0:
            problem = f"({item + 1}){text(12)}"
        section = item % 2
        lead, assisting = chance.sample(OFFICES, 2)
        done = chance.random() < 0.88
        yield [
            number + 1,
            "巡视反馈问题",
            f"({'一二'[section]})关于板块{section + 1}的问题",
            f"{section + 1}.关于重点问题{section + 1}的问题",
            problem,
            f"第{number + 1}项:{text(30)}",
            "副主任(分管医政)",
            lead,
            assisting if place % 2 else None,
            date(2024, 3, 1) + timedelta(days=chance.randrange(270)),
            "已完成" if done else "正在推进",
            text(50),
            None,
        ]


def changed_copy(path: Path, folder: Path) -> Path:
    """The same workbook with another note on one row in a hundred."""
    copy = folder / f"changed-{path.name}"
    if not copy.exists():
        import python_calamine

        sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        _headings, *lines = sheet.to_python()
        note = HEADINGS.index(CHANGED_HEADING)
        write_workbook(copy, changed(lines, note))
    return copy


def changed(lines: list[list[Any]], note: int) -> Iterator[list[Any]]:
    """The lines, every hundredth with another note."""
    for number, line in enumerate(lines):
        cells = [None if cell == "" else cell for cell in line]
        if number % CHANGED_EVERY == 0:
            cells[note] = f"已核对（{number}）"
        yield cells
