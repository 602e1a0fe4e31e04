"""One database of one size: ``python -m benchmarks.site`` measures its lines and writes them as they come.

Started by ``python -m benchmarks`` with the environment of that database, because Django reads it once.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import traceback
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.plan import LINES

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from remediation.models import Ledger


@dataclass(frozen=True)
class Site:
    """What the lines are told: the database's kind, its rows, how many rounds, a folder for files, workbook sizes."""

    database: str
    rows: int
    rounds: int
    folder: Path
    workbooks: tuple[int, ...] = ()

    @cached_property
    def ledger(self) -> Ledger:
        """The synthetic ledger, which holds nearly all rows."""
        from remediation.models import Ledger

        return Ledger.objects.latest("pk")

    def person(self, username: str) -> User:
        """One of the demo's accounts."""
        from accounts.models import User

        return User.objects.get(username=username)

    def client(self, username: str) -> Client:
        """A test client in which that person is signed in; a wrong answer of the product raises."""
        from django.test import Client

        client = Client()
        client.force_login(self.person(username))
        return client

    def measured(self, line: str, case: str, unit: str, **fields: Any) -> dict[str, Any]:
        """The fields of a ``Measurement`` of this site."""
        return {
            "line": line,
            "case": case,
            "unit": unit,
            "database": self.database,
            "rows": self.rows,
            **fields,
        }


def page(client: Client, address: str, **headers: str) -> bytes:
    """The body of a page that must answer 200."""
    answer = client.get(address, headers=headers or None)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return answer.getvalue()


def measure(site: Site, lines: Iterable[str], into: Path) -> bool:
    """Measure the lines one after the other; a line that fails is told and left out, and the answer is then False."""
    good = True
    with into.open("a", encoding="utf-8") as file:
        for name in lines:
            try:
                for found in importlib.import_module(LINES[name].module).measure(site):
                    file.write(json.dumps(asdict(found), ensure_ascii=False) + "\n")
                    file.flush()
                    print(sentence(found), flush=True)
            except Exception:  # noqa: BLE001 - whatever a line does, the others are still measured
                good = False
                print(f"{name}: not measured\n{traceback.format_exc()}", file=sys.stderr, flush=True)
    return good


def sentence(found: Any) -> str:
    """A measurement as one line of the terminal."""
    parts = [f"{found.name:76} {found.value:10.1f} {found.unit} (least {min(found.product):.1f})"]
    if found.ratio is not None:
        parts.append(f"{found.ratio:.1f} times the floor")
    if found.queries is not None:
        parts.append(f"{found.queries} queries")
    if found.peak_mb is not None:
        parts.append(f"{found.peak_mb:.0f} MB")
    if found.met is not None:
        parts.append("reached" if found.met else "NOT reached")
    return ", ".join(parts)


def main() -> int:
    """Prepare Django, measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.site")
    parser.add_argument("--database", required=True, choices=["sqlite", "postgresql"])
    parser.add_argument("--rows", required=True, type=int)
    parser.add_argument("--rounds", required=True, type=int)
    parser.add_argument("--folder", required=True, type=Path)
    parser.add_argument("--into", required=True, type=Path)
    parser.add_argument("--lines", required=True)
    parser.add_argument("--workbooks", default="")
    options = parser.parse_args()
    import django

    django.setup()
    # The Celery application, which tasks are done by.
    import config  # noqa: F401
    from core.memory import freeze_what_is_loaded

    # As a web process does before its first page.
    freeze_what_is_loaded()
    workbooks = tuple(int(rows) for rows in options.workbooks.split(",") if rows)
    site = Site(options.database, options.rows, options.rounds, options.folder, workbooks)
    return 0 if measure(site, options.lines.split(","), options.into) else 1


if __name__ == "__main__":
    sys.exit(main())
