"""``read_workbook``: a file into a grid, through a child process that may be killed without harm."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from threading import Event, Timer
from typing import Any

from core.collector import collector_paused
from core.workbooks.grid import Merge, Sheet, Workbook
from core.workbooks.kept import keeping, kept_lines
from core.workbooks.refusals import WorkbookRefused, refused

CHILD_MEMORY_BYTES = 460 * 1024 * 1024
BASE_SECONDS = 3.0
SECONDS_PER_MEGABYTE = 2.0
MAX_FILE_BYTES = 64 * 1024 * 1024

_PROJECT = str(Path(__file__).resolve().parent.parent.parent)
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from core.workbooks.child import main; main()"


def read_workbook(path: Path, *, kept: Path | None = None) -> Workbook:
    """Every sheet of ``path`` as plain values.

    ``kept`` is where what is read is kept (``kept.SUFFIX`` ends its name); what is there already is taken from there.
    Raises ``WorkbookRefused`` with a sentence for the user. A bad file is answered within the seconds of its size
    (three for small ones) and the child's memory limit; the calling process is never in danger.
    """
    if kept is not None:
        with collector_paused(), suppress(WorkbookRefused):
            return _decoded(kept_lines(kept))
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise refused("too_large", megabytes=size // 1024**2)
    seconds = BASE_SECONDS + SECONDS_PER_MEGABYTE * size / 1024**2
    command = [
        sys.executable,
        "-I",
        "-X",
        "utf8",
        "-c",
        _START,
        _PROJECT,
        str(path.resolve()),
        str(CHILD_MEMORY_BYTES),
        str(int(seconds) + 1),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
    ) as child:
        late = Event()

        def stop() -> None:
            late.set()
            child.kill()

        timer = Timer(seconds, stop)
        timer.start()
        try:
            # Line by line while the child reads on: neither of the two ever holds the whole text of the file.
            lines: Iterable[bytes] = child.stdout or ()
            with collector_paused(), keeping(lines, kept) if kept else nullcontext(lines) as read:
                return _decoded(read)
        except WorkbookRefused:
            if late.is_set():
                raise refused("too_slow") from None
            raise
        finally:
            timer.cancel()
            child.kill()


def _decoded(lines: Iterable[bytes]) -> Workbook:
    """The workbook that the child printed; raises ``WorkbookRefused`` when it refused the file or did not finish."""
    workbook = Workbook("")
    texts: dict[str, str] = {}
    keep = texts.setdefault  # equal texts become one object: a ledger repeats most of its cells
    printed = finished = False
    for raw in lines:
        printed = True
        try:
            line: dict[str, Any] = json.loads(raw, object_hook=_object)
        except ValueError:
            break
        if "refused" in line:
            raise refused(line["refused"], **line["detail"])
        if "kind" in line:
            workbook.kind = line["kind"]
        elif "sheet" in line:
            workbook.sheets.append(_sheet(line))
        elif "rows" in line:
            workbook.sheets[-1].rows.extend(
                [
                    [keep(value, value) if type(value) is str else value for value in row]
                    for row in line["rows"]
                ]
            )
        finished = finished or "done" in line
    if not finished:
        raise refused("too_large" if printed else "crashed")
    return workbook


def _sheet(line: dict[str, Any]) -> Sheet:
    return Sheet(
        line["sheet"],
        hidden=line["hidden"],
        merges=[Merge(*corners) for corners in line["merges"]],
        hidden_columns=frozenset(line["hidden_columns"]),
        hidden_rows=frozenset(line["hidden_rows"]),
        formulas={(row, column): text for row, column, text in line["formulas"]},
    )


# The days of a ledger repeat as its texts do.
_day = lru_cache(maxsize=4096)(date.fromisoformat)
_moment = lru_cache(maxsize=4096)(datetime.fromisoformat)


def _object(pairs: dict[str, Any]) -> Any:
    """Dates travel as one-key objects; everything else is a line of the protocol."""
    if len(pairs) == 1:
        if "d" in pairs:
            return _day(pairs["d"])
        if "t" in pairs:
            return _moment(pairs["t"])
    return pairs


__all__ = ["WorkbookRefused", "read_workbook"]
