"""Work in a process of its own, so that its memory is its own: time, statements and the peak of its process tree.

``python -m benchmarks.apart MODULE:FUNCTION JSON`` prepares Django, calls the function with the JSON object's members
as keyword arguments, and prints one line of JSON about its timed part. A function marks that part with
``with timed() as span`` and returns the span.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil

# Looking costs the machine something too: at this pace about three hundredths of a core.
SAMPLE_SECONDS = 0.05
MARK = "apart:"
# A piece of work that takes longer than this is given up.
LIMIT_SECONDS = 3600


@dataclass
class Span:
    """The timed part of a piece of work: ``seconds``, ``queries``, and further numbers noted on the way."""

    begun: float = 0.0
    seconds: float = 0.0
    queries: int = 0
    noted: dict[str, float] = field(default_factory=dict)

    def note(self, name: str) -> None:
        """Keep how long it has taken so far, in seconds; the first note of a name stays."""
        self.noted.setdefault(name, time.perf_counter() - self.begun)


@dataclass(frozen=True)
class Outcome:
    """What a piece of work took. ``peak_mb`` adds up the resident memory of the process and those below it."""

    seconds: float
    queries: int
    peak_mb: float
    noted: dict[str, float]


@contextmanager
def timed() -> Iterator[Span]:
    """Time the block and count its statements."""
    from benchmarks.measuring import counted_queries

    span = Span()
    with counted_queries() as counted:
        span.begun = time.perf_counter()
        yield span
        span.seconds = time.perf_counter() - span.begun
    span.queries = counted.queries


def apart(function: str, **arguments: Any) -> Outcome:
    """Call ``module:function`` in a process of its own, with this process's environment, and watch its memory."""
    command = [sys.executable, "-m", "benchmarks.apart", function, json.dumps(arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak, deadline, known = 0.0, time.monotonic() + LIMIT_SECONDS, set[int]()
    try:
        watched = psutil.Process(process.pid)
        while process.poll() is None and time.monotonic() < deadline:
            peak = max(peak, resident_mb(watched, known))
            time.sleep(SAMPLE_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
        said, _errors = process.communicate()
    lines = [line for line in said.splitlines() if line.startswith(MARK)]
    if process.returncode or not lines:
        raise RuntimeError(f"{function} ended with exit code {process.returncode}")
    return Outcome(peak_mb=peak, **json.loads(lines[-1].removeprefix(MARK)))


def resident_mb(process: psutil.Process, known: set[int]) -> float:
    """Resident memory of a process and of all below it, in megabytes (10^6); shared pages count in each.

    A child counts from the second look on: until it runs its own program, it has its parent's memory for its own.
    """
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0.0
    for one in family:
        try:
            size = one.memory_info().rss
        except psutil.Error:
            continue
        if one.pid in known or one is process:
            total += size
        known.add(one.pid)
    return total / 1e6


def main(function: str, arguments: dict[str, Any]) -> None:
    """Do one piece of work and print what it took."""
    import django

    django.setup()
    # The Celery application, which tasks are done by.
    import config  # noqa: F401

    module, _colon, name = function.partition(":")
    span = getattr(importlib.import_module(module), name)(**arguments)
    print(
        MARK + json.dumps({"seconds": span.seconds, "queries": span.queries, "noted": span.noted}), flush=True
    )


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
