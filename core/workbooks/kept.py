"""What was read of a workbook, kept as lines in a file of its own, so that a large one is opened once.

Only a whole reading is kept: it is written beside its name and renamed at the end.
"""

from __future__ import annotations

import gzip
import time
import uuid
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

# Part of the name: a reading is not used by a release that reads more out of a file than the one that kept it.
FORM = 1
SUFFIX = f".{FORM}.gz"
PART_SUFFIX = ".part"


def kept_lines(path: Path) -> Iterator[bytes]:
    """The lines kept in ``path``; none, or not all of them, where there is no such file or it is damaged."""
    try:
        with gzip.open(path) as file:
            yield from file
    except (OSError, EOFError, zlib.error):
        return


@contextmanager
def keeping(lines: Iterable[bytes], path: Path) -> Iterator[Iterator[bytes]]:
    """The same lines, kept in ``path`` if the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}{PART_SUFFIX}")
    try:
        # The fastest level: a better one would take longer than reading the workbook again.
        with gzip.open(part, "wb", compresslevel=1) as file:
            yield _written(lines, file)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _written(lines: Iterable[bytes], file: gzip.GzipFile) -> Iterator[bytes]:
    for line in lines:
        file.write(line)
        yield line


def forget_older(folder: Path, age: timedelta) -> None:
    """Delete what was kept in ``folder`` longer ago than ``age``."""
    before = time.time() - age.total_seconds()
    for path in [*folder.glob("*.gz"), *folder.glob(f"*{PART_SUFFIX}")]:
        try:
            if path.stat().st_mtime < before:
                path.unlink()
        except FileNotFoundError:
            continue  # somebody else did
