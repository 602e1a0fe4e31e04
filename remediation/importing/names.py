"""Offices and leaders' posts in cells: known names matched longest first, nothing guessed. Pure.

``domain.md`` 3.5 gives the separators and traps. A name that no list knows is reported with suggestions and is never
created or matched silently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches

from core.text import folded

HARD_SEPARATORS = "、,;/|"
SOFT_SEPARATORS = " \n\t"
CONJUNCTIONS = "和及与"
NOBODY = frozenset({"", "无", "/", "-", "--", "---", "—", "——", "\\", "空", "暂无", "不涉及"})
LEAD_LABEL = re.compile(
    r"(?:主?牵头(?:责任)?(?:单位|处室|部门)?|主办(?:单位|处室)?|主责(?:单位|处室|部门)?):"
)
ASSIST_LABEL = re.compile(
    r"(?:配合(?:责任)?(?:单位|处室|部门)?|协办(?:单位|处室)?|参与(?:单位|处室)?|协助(?:单位|处室)?):"
)
PLAIN_LABEL = re.compile(r"(?:责任(?:单位|处室|部门)|承办(?:单位|处室)|单位|处室):")
LEAD_SUFFIX = re.compile(r"(?:\((?:主?牵头|主办)(?:单位|处室)?\)|(?:负责)?牵头)(?:负责|办理|落实)?")
ASSIST_SUFFIX = re.compile(
    r"(?:\((?:配合|协办|参与)(?:单位|处室)?\)|(?:按(?:照)?职责(?:分工)?(?:负责|落实|配合)?|分工负责|(?:积极)?配合|协助|参与|协办))"
)
GROUP = re.compile(
    r"^(?:委|全委|市|机关|委机关|委直属|委属|系统)?(?:各|有关|相关|全体|所有|其他|其它)"
    r"|^(?:全委|全系统|成员单位|委属单位|委直属单位|直属单位|基层单位|委机关|机关处室|牵头单位|责任单位|配合单位)$"
)
AND_OTHERS = re.compile(
    r"^等(?:单位|部门|处室|有关(?:单位|部门|处室)|相关(?:单位|部门|处室)|\d+个(?:单位|部门|处室))?"
)


@dataclass(frozen=True)
class OfficeList:
    """What a cell of offices says: ids in the order written, and what could not be read."""

    lead: tuple[int, ...] = ()
    assisting: tuple[int, ...] = ()
    unknown: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass
class NameBook:
    """Known names of one sort (offices or posts) under all their writings."""

    # Writing (folded) -> id.
    ids: dict[str, int] = field(default_factory=dict)
    # id -> the name that stands in the ledger's year.
    shown: dict[int, str] = field(default_factory=dict)
    # id -> who took over, of entries that are in force no more; empty where nobody did.
    gone: dict[int, str] = field(default_factory=dict)
    # Names to be created are entered under negative ids; all unknown ones when the caller said so.
    creates_unknown: bool = False
    _by_first: dict[str, list[str]] = field(default_factory=dict, repr=False)
    _read: dict[tuple[str, str], OfficeList] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, names: Iterable[tuple[int, str, Iterable[str]]]) -> NameBook:
        """From (id, shown name, all writings)."""
        book = cls()
        for identity, shown, writings in names:
            book.add(identity, shown, writings)
        return book

    def add(self, identity: int, shown: str, writings: Iterable[str]) -> None:
        """One more entry; a writing that is already known stays where it is."""
        self.shown[identity] = shown
        for writing in (shown, *writings):
            plain = folded(writing)
            if plain and plain not in self.ids:
                self.ids[plain] = identity
                known = self._by_first.setdefault(plain[0], [])
                known.append(plain)
                known.sort(key=len, reverse=True)
        self._read.clear()

    def add_new(self, name: str) -> int:
        """Enter a name that will be created; its id is negative until then."""
        plain = folded(name)
        if plain not in self.ids:
            self.add(min([0, *self.shown]) - 1, " ".join(name.split()), ())
        return self.ids[plain]

    @property
    def new_names(self) -> dict[int, str]:
        """Negative id -> name, of the entries that are to be created."""
        return {identity: name for identity, name in self.shown.items() if identity < 0}

    def find(self, text: str) -> int | None:
        """The id of exactly this name."""
        return self.ids.get(folded(text))

    def suggestions(self, text: str, *, count: int = 3) -> list[int]:
        """The most similar known entries, best first; each id once."""
        plain = folded(text)
        close = get_close_matches(plain, self.ids, n=count * 3, cutoff=0.34)
        inside = [name for name in self.ids if len(name) > 1 and (name in plain or plain in name)]
        ranked = sorted(
            {*close, *inside},
            key=lambda name: (name in inside, SequenceMatcher(None, plain, name).ratio(), name),
            reverse=True,
        )
        return list(dict.fromkeys(self.ids[name] for name in ranked))[:count]

    def longest_at(self, text: str, position: int) -> tuple[str, int] | None:
        """The longest known name at ``position``, white space inside it ignored, and where it ends."""
        if position >= len(text):
            return None
        for name in self._by_first.get(text[position], ()):
            end = _matched(text, position, name)
            if end is not None and _ends_name(text, end):
                return name, end
        return None

    def read_offices(self, cell: str, *, role: str = "lead") -> OfficeList:
        """The offices of a cell; ``role`` is that of its column (``lead`` or ``assisting``)."""
        key = (cell, role)
        if key not in self._read:
            self._read[key] = _read_offices(self, cell, role=role)
        return self._read[key]


def _matched(text: str, position: int, name: str) -> int | None:
    for character in name:
        while position < len(text) and text[position] in SOFT_SEPARATORS:
            position += 1
        if position >= len(text) or text[position] != character:
            return None
        position += 1
    return position


def _ends_name(text: str, end: int) -> bool:
    """Whether a name may end here: at a separator, a conjunction, a role word, or the end."""
    rest = text[end:].lstrip(SOFT_SEPARATORS)
    if not rest or text[end] in SOFT_SEPARATORS + HARD_SEPARATORS + ".。:":
        # A line break before a bracket belongs to the name, which is then not known.
        return not rest.startswith("(") or bool(LEAD_SUFFIX.match(rest) or ASSIST_SUFFIX.match(rest))
    if rest[0] in HARD_SEPARATORS + ".。":
        return True
    if rest[0] in CONJUNCTIONS:
        return True
    return bool(LEAD_SUFFIX.match(rest) or ASSIST_SUFFIX.match(rest) or AND_OTHERS.match(rest))


def _normalized(cell: str) -> str:
    """Half-width forms; white space kept, for it may separate."""
    text = (
        unicodedata.normalize("NFKC", cell)
        .replace("\r", "\n")
        .replace("・", "、")
        .replace("﹑", "、")
        .replace("､", "、")
    )
    return text.strip()


def _read_offices(book: NameBook, cell: str, *, role: str) -> OfficeList:  # noqa: PLR0912, PLR0915 - a small scanner
    text = _normalized(cell)
    if folded(text) in NOBODY:
        return OfficeList()
    found: list[tuple[int, str]] = []
    unknown: list[str] = []
    groups: list[str] = []
    position, current, lead_is_named = 0, role, False
    while position < len(text):
        if text[position] in HARD_SEPARATORS + SOFT_SEPARATORS + ".。":
            position += 1
            continue
        if label := LEAD_LABEL.match(text, position):
            current, position = "lead", label.end()
            continue
        if label := ASSIST_LABEL.match(text, position):
            current, position = "assisting", label.end()
            continue
        if label := PLAIN_LABEL.match(text, position):
            position = label.end()
            continue
        if (found or unknown or groups) and text[position] in CONJUNCTIONS:
            position += 1
            continue
        if (
            found
            and (others := AND_OTHERS.match(text[position:]))
            and (others.end() > 1 or _at_end(text, position + 1))
        ):
            groups.append(others.group())
            position += others.end()
            continue
        if found and (suffix := LEAD_SUFFIX.match(text, position)):
            found[-1] = (found[-1][0], "lead!")
            lead_is_named, position = True, suffix.end()
            continue
        if found and (suffix := ASSIST_SUFFIX.match(text, position)):
            position = suffix.end()
            continue
        match = book.longest_at(text, position)
        if match:
            found.append((book.ids[match[0]], current))
            position = match[1]
            continue
        token, position = _token(book, text, position)
        plain = folded(token)
        if plain in NOBODY:
            continue
        if GROUP.match(plain):
            groups.append(plain)
        elif book.creates_unknown:
            found.append((book.add_new(plain), current))
        else:
            unknown.append(plain)
    if lead_is_named:
        # 甲牵头，乙、丙配合: who is not named as leading assists.
        found = [(office, "lead" if said == "lead!" else "assisting") for office, said in found]
    lead = tuple(dict.fromkeys(office for office, said in found if said == "lead"))
    assisting = tuple(
        dict.fromkeys(office for office, said in found if said != "lead" and office not in lead)
    )
    return OfficeList(lead, assisting, tuple(dict.fromkeys(unknown)), tuple(dict.fromkeys(groups)))


def _at_end(text: str, position: int) -> bool:
    return position >= len(text) or text[position] in HARD_SEPARATORS + SOFT_SEPARATORS + ".。"


def _token(book: NameBook, text: str, position: int) -> tuple[str, int]:
    """An unknown name: up to the next separator outside of brackets; cut before a known name after 和, 及 or 与."""
    depth = 0
    start = position
    while position < len(text):
        character = text[position]
        if character == "(":
            depth += 1
        elif character == ")":
            depth = max(0, depth - 1)
        elif depth == 0:
            if character in HARD_SEPARATORS + "。":
                break
            if character in SOFT_SEPARATORS and not text[position:].lstrip(SOFT_SEPARATORS).startswith("("):
                break
            if character in CONJUNCTIONS and position > start and book.longest_at(text, position + 1):
                break
        position += 1
    return text[start:position], position


# -- leaders' posts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LeaderRead:
    """A leader's cell: the post's id where known, the others named beside it, and what is not known."""

    position: int | None = None
    others: tuple[int, ...] = ()
    unknown: str = ""


def read_leader(book: NameBook, cell: str) -> LeaderRead:
    """The post that a cell names. 党委书记、主任 is one title, so the whole cell is looked up first."""
    plain = folded(cell)
    if plain in NOBODY:
        return LeaderRead()
    whole = book.ids.get(plain)
    if whole is not None:
        return LeaderRead(whole)
    text = _normalized(cell)
    found: list[int] = []
    position = 0
    while position < len(text):
        if text[position] in HARD_SEPARATORS + SOFT_SEPARATORS:
            position += 1
            continue
        match = book.longest_at(text, position)
        if match is None:
            return LeaderRead(book.add_new(cell)) if book.creates_unknown else LeaderRead(unknown=plain)
        found.append(book.ids[match[0]])
        position = match[1]
    return LeaderRead(found[0], tuple(found[1:])) if found else LeaderRead(unknown=plain)
