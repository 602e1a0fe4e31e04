"""Status words, numbers of measures and problems, invisible characters, names of offices and posts."""

from __future__ import annotations

import pytest

from remediation.importing.names import NameBook, read_leader
from remediation.importing.words import (
    cleaned,
    inferred_from,
    is_formula_text,
    marks_reform,
    read_percent,
    read_problem,
    read_status,
    split_measure_number,
    split_measures,
)

OFFICES = NameBook.of(
    [
        (1, "办公室", ["委办公室"]),
        (2, "党建工作处（机关党委办公室）", ["党建处", "机关党委办公室", "机关党委"]),
        (3, "财务处", []),
        (4, "体改处", ["医改处"]),
        (5, "医药学（协）会管理办公室", ["学（协）会管理办公室"]),
        (6, "规划发展与信息化处", ["规划处"]),
        (7, "市卫生健康委", ["委"]),
    ]
)


@pytest.mark.parametrize(
    "word",
    [
        "已完成",
        "完成",
        "已办结",
        "整改到位",
        "已销号",
        "√",
        "已整改",
        "完成整改",
        "已落实",
        "是",
        "已完成（2024年6月）",
    ],
)
def test_words_for_completed(word: str) -> None:
    assert read_status(word).status == "completed"


@pytest.mark.parametrize(
    "word",
    ["正在推进", "推进中", "进行中", "持续推进", "基本完成", "未完成（推进中）", "序时任务", "长期坚持"],
)
def test_words_for_in_progress(word: str) -> None:
    assert read_status(word).status == "in_progress"


@pytest.mark.parametrize("word", ["未启动", "未开始", "待整改", "未完成", "否"])
def test_words_for_not_started(word: str) -> None:
    assert read_status(word).status == "not_started"


def test_unknown_words_percents_and_what_stands_beside_a_status() -> None:
    assert read_status("差不多了").status is None
    assert (read_status("80%").status, read_status("80%").percent) == ("in_progress", 80)
    assert read_status("100%").status == "in_progress"
    assert read_status("长期坚持").is_long_term
    assert read_status("已销号").state == "closed"
    assert read_status("已办结").state == "concluded"
    assert read_status("已完成").state is None


def test_percents() -> None:
    assert [read_percent(value) for value in ("80%", "80", 0.8, 80, "0.5", "120", "多")] == [
        80,
        80,
        80,
        80,
        50,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("cell", "number", "text"),
    [
        ("1.开展检查", 1, "开展检查"),
        ("（2）开展检查", 2, "开展检查"),
        ("3、开展检查", 3, "开展检查"),
        ("一是开展检查", 1, "开展检查"),
        ("十二是开展检查", 12, "开展检查"),
        ("②开展检查", 2, "开展检查"),
        ("第12批：开展检查", None, "第12批：开展检查"),
        ("2024年开展检查", None, "2024年开展检查"),
        ("1.5亿元", None, "1.5亿元"),
        ("三医联动", None, "三医联动"),
    ],
)
def test_numbers_in_front_of_measures(cell: str, number: int | None, text: str) -> None:
    assert split_measure_number(cell) == (number, text)


def test_a_cell_of_numbered_lines_is_several_measures() -> None:
    assert split_measures("1.甲\n2.乙\n3.丙") == ["1.甲", "2.乙", "3.丙"]
    assert split_measures("一是甲，\n继续写；二是乙") == ["一是甲，\n继续写；二是乙"]


@pytest.mark.requirement("S003-22", "S003-82")
def test_numbers_of_problems() -> None:
    specific = read_problem("（12）问题")
    assert (specific.kind, specific.number, specific.text) == ("specific_problem", "12", "问题")
    inference = read_problem("举一反三2：\n对基层监督不到位")
    assert (inference.kind, inference.number, inference.text) == ("inference_item", "2", "对基层监督不到位")
    assert read_problem("没有编号").number == ""
    # A ledger of a hundred thousand measures has more than ten thousand problems.
    assert [
        read_problem(text).number for text in ("（21260）问题", "举一反三10000：问题", "12345、问题")
    ] == [
        "21260",
        "10000",
        "12345",
    ]
    assert inferred_from("对应具体问题（17）；与举一反三25共用措施") == "17"


@pytest.mark.requirement("S003-23", "S003-25")
def test_the_reform_mark() -> None:
    assert marks_reform("“推动改革促进发展”整改事项")
    assert not marks_reform("推动改革")


def test_characters_that_cannot_be_seen_are_removed_and_counted() -> None:
    assert cleaned("已完成\x07培训\x0b2场\x1f,参加\u200b人员\u202e350名\ufeff。") == (
        "已完成培训2场,参加人员350名。",
        6,
    )
    assert cleaned("培训_x0007_两场") == ("培训两场", 1)
    assert cleaned("甲\r\n乙") == ("甲\n乙", 0)


def test_texts_that_would_become_formulas() -> None:
    assert all(
        map(
            is_formula_text,
            ['=HYPERLINK("http://x","y")', "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0"],
        )
    )
    assert not any(
        map(is_formula_text, ["-", "—", "--", "+86 10 1234", "-3", "2024-06-30", "- 一项", "甲=乙"])
    )


@pytest.mark.requirement("S003-31", "S003-32")
@pytest.mark.parametrize(
    ("cell", "lead", "assisting"),
    [
        ("党建工作处（机关党委办公室）;委办公室", (2, 1), ()),
        ("党建工作处\n（机关党委办公室）、财务处", (2, 3), ()),
        ("财务处，医改处", (3, 4), ()),
        ("财务处\n体改处", (3, 4), ()),
        ("财务处 体改处", (3, 4), ()),
        ("规划发展与信息化处和财务处", (6, 3), ()),
        ("学(协)会管理办公室", (5,), ()),
        ("财务处牵头，体改处、办公室按职责分工负责", (3,), (4, 1)),
        ("牵头单位：财务处；配合单位：体改处", (3,), (4,)),
        ("财务处（牵头）、体改处", (3,), (4,)),
        ("无", (), ()),
        ("/", (), ()),
        ("—", (), ()),
    ],
)
def test_office_lists(cell: str, lead: tuple[int, ...], assisting: tuple[int, ...]) -> None:
    read = OFFICES.read_offices(cell, role="lead")
    assert (read.lead, read.assisting, read.unknown) == (lead, assisting, ())


def test_unknown_names_are_reported_whole_and_never_guessed() -> None:
    read = OFFICES.read_offices("党建工作部（党委宣传部、党委统战部）/财务处")
    assert (read.lead, read.unknown) == ((3,), ("党建工作部(党委宣传部、党委统战部)",))
    assert OFFICES.read_offices("办公室主任办").unknown == ("办公室主任办",)
    assert OFFICES.read_offices("综合处与财务处").unknown == ("综合处",)


@pytest.mark.parametrize("group", ["各处室", "有关处室", "各委属单位", "全委", "各区卫生健康委", "相关处室"])
def test_groups_are_no_offices(group: str) -> None:
    read = OFFICES.read_offices(f"财务处、{group}")
    assert (read.lead, read.groups, read.unknown) == ((3,), (group,), ())
    assert OFFICES.read_offices("财务处、体改处等").groups == ("等",)


def test_suggestions_come_best_first() -> None:
    assert OFFICES.suggestions("综合协调推进办公室")[0] == 1
    assert 3 in OFFICES.suggestions("财务审计处")


def test_a_title_with_a_comma_inside_is_one_post() -> None:
    posts = NameBook.of([(1, "党委书记、主任", []), (2, "副主任（分管医政）", [])])
    assert read_leader(posts, "党委书记、主任").position == 1
    assert read_leader(posts, "副主任(分管医政)").position == 2
    both = read_leader(posts, "党委书记、主任，副主任（分管医政）")
    assert (both.position, both.others) == (1, (2,))
    assert read_leader(posts, "副主任（分管法规）").unknown == "副主任(分管法规)"


def test_unknown_names_become_creations_where_asked() -> None:
    book = NameBook.of([(1, "办公室", [])])
    book.creates_unknown = True
    read = book.read_offices("办公室、新设处")
    assert read.lead == (1, -1)
    assert book.new_names == {-1: "新设处"}


@pytest.mark.parametrize(
    "text",
    [
        "一是建立制度。二是开展培训。三是加强检查。",
        "一是建立制度，二是开展培训",
        "1.建立制度；2.开展培训",
        "（1）建立制度。\n（2）开展培训，\n并通报",
        "①建立制度；②开展培训",
        "二是开展培训；三是加强检查",
    ],
)
def test_a_cell_of_several_measures_is_kept_whole(text: str) -> None:
    assert split_measure_number(text) == (None, text)
    # As an export writes it and an import reads it again.
    assert split_measure_number(f"（3）{text}") == (3, text)


@pytest.mark.parametrize("text", ["1.增长2.5个点。2.5亿元到位", "一是建立制度。这二是必须的", "1.甲、2、3项"])
def test_a_number_inside_a_sentence_is_no_second_measure(text: str) -> None:
    assert split_measure_number(text)[0] == 1
