"""How texts are compared: NFKC, without white space and invisible characters."""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_DIGITS = 18  # more do not fit into a column of any database

# White space, control characters, zero-width and direction marks, byte-order mark: nothing that a reader sees.
_UNSEEN = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff]+"
)


def folded(text: str) -> str:
    """``text`` for comparison: full-width and half-width forms are the same, white space does not count."""
    if text.isascii() and text.isalnum():
        return text  # most serial numbers, and nothing in them to fold
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text))


def text_key(text: str) -> str:
    """A key of 64 characters under which ``text`` is recognised again, however it was typed."""
    return hashlib.sha256(folded(text).encode()).hexdigest()


def whole_number(text: str) -> int | None:
    """The number that plain digits write; None for all else: ``²`` and ``①`` are digits to ``str.isdigit`` alone."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None


def printable(text: str) -> str:
    """``text`` as people typed it: NFKC, invisible characters gone, runs of white space as one space."""
    visible = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFKC", text)
        if character.isspace() or not _UNSEEN.match(character)
    )
    return " ".join(visible.split())
