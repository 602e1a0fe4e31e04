"""Merge the catalogue parts into one committed catalogue and compile it.

`python locale/merge.py` reads `locale/parts/*.po`, writes `locale/zh_Hans/LC_MESSAGES/django.po` (sorted, without
dates and file references, so that a diff shows words alone) and compiles `django.mo` beside it. Two parts that
translate one message differently stop it: a word has one translation. `--check` writes nothing and fails when the
committed catalogue is not what the parts say. `--compile` only compiles the committed catalogue.
"""

import argparse
import sys
from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parent
PARTS = LOCALE / "parts"
CATALOGUE = LOCALE / "zh_Hans" / "LC_MESSAGES" / "django.po"

METADATA = {
    "Project-Id-Version": "xiaohao",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}

# Context, singular and plural: what gettext itself looks a message up by.
Key = tuple[str, str, str]


class Disagreement(Exception):
    """Two parts translate one message differently."""


def message_key(entry: polib.POEntry) -> Key:
    """Return what identifies a message inside a catalogue."""
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def merged(parts: list[Path]) -> polib.POFile:
    """Return one catalogue with every message of the parts, sorted.

    Raises Disagreement, naming every message that two parts translate differently.
    """
    entries: dict[Key, tuple[polib.POEntry, Path]] = {}
    # gettext finds a message by context and singular: one word with and without a plural is one message.
    plurals: dict[tuple[str, str], Key] = {}
    conflicts: list[str] = []
    for part in parts:
        for entry in polib.pofile(str(part), wrapwidth=0):
            if entry.obsolete:
                continue
            key = message_key(entry)
            clean = polib.POEntry(
                msgctxt=entry.msgctxt,
                msgid=entry.msgid,
                msgid_plural=entry.msgid_plural,
                msgstr=entry.msgstr,
                msgstr_plural=entry.msgstr_plural,
                flags=sorted(flag for flag in entry.flags if flag != "fuzzy" or not entry.translated()),
            )
            if entry.fuzzy:
                clean.flags = sorted({*clean.flags, "fuzzy"})
            seen = entries.get(key)
            if seen is None:
                entries[key] = (clean, part)
                plurals.setdefault(key[:2], key)
            elif (seen[0].msgstr, seen[0].msgstr_plural) != (clean.msgstr, clean.msgstr_plural):
                conflicts.append(
                    f"{entry.msgid!r}: {seen[1].name} says {translation(seen[0])!r}, "
                    f"{part.name} says {translation(clean)!r}"
                )
    if conflicts:
        raise Disagreement("\n".join(conflicts))
    catalogue = polib.POFile(wrapwidth=0)
    catalogue.metadata = dict(METADATA)
    catalogue.extend(entries[key][0] for key in sorted(entries, key=lambda key: (key[1], key[0], key[2])))
    return catalogue


def translation(entry: polib.POEntry) -> str:
    """Return the Chinese of an entry; Chinese has one form for every number."""
    return entry.msgstr or entry.msgstr_plural.get(0, "")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Merge locale/parts/*.po into the one catalogue and compile it.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the catalogue is stale")
    parser.add_argument("--compile", action="store_true", help="only compile the committed catalogue")
    options = parser.parse_args(arguments)
    if not options.compile:
        try:
            catalogue = merged(sorted(PARTS.glob("*.po")))
        except Disagreement as disagreement:
            print(disagreement, file=sys.stderr)
            return 1
        text = str(catalogue)
        text = text if text.endswith("\n") else text + "\n"
        if options.check:
            if not CATALOGUE.exists() or CATALOGUE.read_text(encoding="utf-8") != text:
                print(f"{CATALOGUE.relative_to(LOCALE.parent)} is stale: run make messages", file=sys.stderr)
                return 1
            return 0
        CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
        CATALOGUE.write_text(text, encoding="utf-8")
    polib.pofile(str(CATALOGUE)).save_as_mofile(str(CATALOGUE.with_suffix(".mo")))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
