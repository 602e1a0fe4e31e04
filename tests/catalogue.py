"""Whether every text of the sources has its Chinese: what makemessages would find, beside what the catalogue says."""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polib
from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
SOURCES = ("config", "core", "accounts", "remediation", "supervision")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
HAN = "\u3400-\u9fff"
# What the writing rules of the product forbid in Chinese: pattern -> what is wrong.
WRITING = {
    re.compile(rf"[{HAN}] +[\d%{{]|[\d}}] +[{HAN}]|%\(\w+\)[sd] +[{HAN}]"): "a typed space beside Chinese",
    re.compile(rf"[{HAN}] *[;:?!]|[;?!] *[{HAN}]|[{HAN}], "): "half-width punctuation beside Chinese",
    re.compile("您"): "您 instead of 你",
    re.compile("[!！]$"): "an exclamation mark",
}


@dataclass(frozen=True)
class Message:
    """A text in the sources: gettext's key of it, and where it stands."""

    context: str
    singular: str
    plural: str
    place: str

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.context, self.singular, self.plural)


def sources() -> Iterator[Path]:
    """Yield every file with texts for people; tests and migrations speak to nobody."""
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts):
                yield path
    for folder in ("templates", *SOURCES):
        for suffix in ("*.html", "*.txt"):
            yield from sorted((ROOT / folder).rglob(suffix))


def messages_of(path: Path) -> Iterator[Message]:
    """Yield the messages of one Python file or template."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # What it makes of a template is Python but for the indentation.
        source = "\n".join(line.lstrip() for line in templatize(source, origin=str(path)).splitlines())
    found: Iterable[tuple[int, Any, Any, Any]] = extract("python", io.BytesIO(source.encode()), KEYWORDS)
    for line, text, _comments, context in found:
        singular, plural = text if isinstance(text, tuple) else (text, "")
        yield Message(context or "", singular, plural, f"{path.relative_to(ROOT)}:{line}")


def problems() -> list[str]:
    """Return a line for each text without its Chinese, and for each translation that cannot be right."""
    catalogue = polib.pofile(str(CATALOGUE), wrapwidth=0)
    entries = {(entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""): entry for entry in catalogue}
    found: list[str] = []
    missing: set[tuple[str, str, str]] = set()
    for path in sources():
        for message in messages_of(path):
            if message.singular and message.key not in entries and message.key not in missing:
                missing.add(message.key)
                found.append(f"{message.place}: no Chinese for {message.singular!r}")
    for entry in entries.values():
        found += [f"{entry.msgid!r}: {problem}" for problem in wrong_with(entry)]
    return found


def wrong_with(entry: polib.POEntry) -> Iterator[str]:
    """Say what cannot be right about one translation."""
    chinese = str(entry.msgstr_plural.get(0, "") if entry.msgid_plural else entry.msgstr)
    if entry.fuzzy:
        yield "its translation is marked fuzzy"
    if not chinese:
        yield "its translation is empty"
        return
    given = set(PLACEHOLDER.findall(entry.msgid + (entry.msgid_plural or "")))
    used = set(PLACEHOLDER.findall(chinese))
    if given != used:
        yield f"placeholders {sorted(given)} became {sorted(used)}"
    for pattern, what in WRITING.items():
        if pattern.search(chinese):
            yield f"{what} in {chinese!r}"


if __name__ == "__main__":
    lines = problems()
    for line in lines:
        print(line)
    sys.exit(1 if lines else 0)
