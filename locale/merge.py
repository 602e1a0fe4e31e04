"""Merge the catalogue parts into one committed catalogue and compile it.

`python locale/merge.py` reads `locale/parts/*.po`, writes `locale/zh_Hans/LC_MESSAGES/django.po` (sorted, without
dates and file references, so that a diff shows words alone) and compiles `django.mo` beside it. Where two parts
translate one message differently the first is taken, and the exit code is 1: a word has one translation. `--check`
writes nothing and fails when the committed catalogue is not what the parts say. `--compile` only compiles it.
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


def message_key(entry: polib.POEntry) -> Key:
    """Return what identifies a message inside a catalogue."""
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def merged(parts: list[Path]) -> tuple[polib.POFile, list[str]]:
    """Return one sorted catalogue with every message of the parts, and where two parts disagree.

    Of two different translations of one message the first part's is taken (parts in the order of their names).
    """
    entries: dict[Key, tuple[polib.POEntry, Path]] = {}
    disagreements: list[str] = []
    for part in parts:
        for entry in polib.pofile(str(part), wrapwidth=0):
            if entry.obsolete:
                continue
            clean = polib.POEntry(
                msgctxt=entry.msgctxt,
                msgid=entry.msgid,
                msgid_plural=entry.msgid_plural,
                msgstr=entry.msgstr,
                msgstr_plural=entry.msgstr_plural,
                flags=sorted(entry.flags),
            )
            first, source = entries.setdefault(message_key(entry), (clean, part))
            if translation(first) != translation(clean):
                disagreements.append(
                    f"{entry.msgid!r}: {source.name} says {translation(first)!r}, "
                    f"{part.name} says {translation(clean)!r}"
                )
    catalogue = polib.POFile(wrapwidth=0)
    catalogue.metadata = dict(METADATA)
    catalogue.extend(entries[key][0] for key in sorted(entries, key=lambda key: (key[1], key[0], key[2])))
    return catalogue, disagreements


def translation(entry: polib.POEntry) -> str:
    """Return the Chinese of an entry; Chinese has one form for every number."""
    return str(entry.msgstr or entry.msgstr_plural.get(0, ""))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description="Merge locale/parts/*.po into the one catalogue and compile it."
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail when the catalogue is stale"
    )
    parser.add_argument("--compile", action="store_true", help="only compile the committed catalogue")
    options = parser.parse_args(arguments)
    disagreements: list[str] = []
    if not options.compile:
        catalogue, disagreements = merged(sorted(PARTS.glob("*.po")))
        for line in disagreements:
            print(line, file=sys.stderr)
        text = str(catalogue)
        text = text if text.endswith("\n") else text + "\n"
        if options.check:
            if not CATALOGUE.exists() or CATALOGUE.read_text(encoding="utf-8") != text:
                print(f"{CATALOGUE.relative_to(LOCALE.parent)} is stale: run make messages", file=sys.stderr)
                return 1
            return 1 if disagreements else 0
        CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
        CATALOGUE.write_text(text, encoding="utf-8")
    polib.pofile(str(CATALOGUE)).save_as_mofile(str(CATALOGUE.with_suffix(".mo")))
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
