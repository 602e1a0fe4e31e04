"""What differs between two texts, and the proposal that holds both."""

from __future__ import annotations

import pytest

from remediation.text_merge import clauses, marked, merged


@pytest.mark.parametrize("text", ["", "一句", "一句。", "一，二；三。\n四", "，，"])
def test_clauses_lose_nothing(text: str) -> None:
    assert "".join(clauses(text)) == text


@pytest.mark.parametrize(
    ("before", "saved", "mine", "result"),
    [
        ("", "甲。", "乙。", "甲。乙。"),
        ("", "甲", "乙", "甲；乙；"),
        ("", "甲。", "甲。", "甲。"),
        ("", "甲。", "甲。乙。", "甲。乙。"),
        ("", "甲。乙。", "甲。丙。", "甲。乙。丙。"),
        ("初稿。", "初稿。印发。", "初稿。征求意见。", "初稿。印发。征求意见。"),
        # What one side took out stays out.
        ("初稿。", "印发。", "初稿。征求意见。", "印发。征求意见。"),
        ("初稿。", "初稿。印发。", "", "初稿。印发。"),
        ("初稿。", "", "征求意见。", "征求意见。"),
    ],
)
def test_the_proposal_holds_what_either_side_added(before: str, saved: str, mine: str, result: str) -> None:
    assert merged(before, saved, mine) == result


def test_pieces_join_to_the_text_and_mark_what_differs() -> None:
    text, other = "已征求18家医院意见，采纳19条", "已征求18家医院意见，采纳23条"
    pieces = marked(text, other)
    assert "".join(piece for piece, _differs in pieces) == text
    assert ("19", True) in pieces
    assert pieces[0] == ("已征求18家医院意见，采纳", False)


def test_equal_texts_have_no_marks() -> None:
    assert marked("一样", "一样") == [("一样", False)]
    assert marked("", "有") == []
