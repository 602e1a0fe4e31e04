"""Two texts that grew from one: what differs between them, and a proposal that holds both. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

# A clause with the mark that ends it; a number with the word that follows it stays in one piece.
CLAUSE = re.compile(r"[^，。；、,;\n]*[，。；、,;\n]|[^，。；、,;\n]+")
TOKEN = re.compile(r"\d+(?:\.\d+)?%?|[A-Za-z]+|\s+|.", re.DOTALL)
# Single equal characters between two differences are chance, not agreement.
AGREEMENT_MIN_CHARACTERS = 3


def clauses(text: str) -> list[str]:
    """``text`` in clauses; joined they give it back."""
    return CLAUSE.findall(text)


def merged(before: str, saved: str, mine: str) -> str:
    """A proposal that keeps what either side added and drops what either side took out of ``before``."""
    if saved == mine or not mine:
        return saved
    if not saved:
        return mine
    old = set(clauses(before))
    ours, theirs = _ended(clauses(mine)), _ended(clauses(saved))
    result: list[str] = []
    for tag, saved_from, saved_to, mine_from, mine_to in _opcodes(theirs, ours):
        if tag == "equal":
            result += theirs[saved_from:saved_to]
            continue
        result += [clause for clause in theirs[saved_from:saved_to] if clause not in old]
        result += [clause for clause in ours[mine_from:mine_to] if clause not in old]
    return "".join(result).strip()


def _ended(parts: list[str]) -> list[str]:
    """The clauses with a full stop at the end, so that what follows does not run into the last one."""
    if parts and parts[-1][-1] not in "，。；、,;\n":
        parts[-1] += "；"
    return parts


def marked(text: str, other: str) -> list[tuple[str, bool]]:
    """``text`` in pieces, each with whether it differs from ``other``."""
    ours, theirs = TOKEN.findall(text), TOKEN.findall(other)
    pieces: list[tuple[str, bool]] = []
    for tag, first, last, _from, _to in _opcodes(ours, theirs):
        piece = "".join(ours[first:last])
        if not piece:
            continue
        at_edge = first == 0 or last == len(ours)
        differs = tag != "equal" or (len(piece) < AGREEMENT_MIN_CHARACTERS and not at_edge)
        if pieces and pieces[-1][1] == differs:
            pieces[-1] = (pieces[-1][0] + piece, differs)
        else:
            pieces.append((piece, differs))
    return pieces


def _opcodes(first: Sequence[str], second: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    return [
        (tag, a, b, c, d)
        for tag, a, b, c, d in SequenceMatcher(a=first, b=second, autojunk=False).get_opcodes()
    ]
