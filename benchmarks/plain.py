"""What a page costs at all: hand-written SQL, a plain loop in a template, behind the same sign-in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine

Row = tuple[Any, ...]
PAGE = Engine(autoescape=True).from_string(
    "<!doctype html><title>Plain</title>{% for rows in tables %}<table>"
    "{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}"
    "</table>{% endfor %}"
)


@dataclass(frozen=True)
class Statement:
    """One hand-written SELECT.

    ``follow`` is a second one for the rows of the first: its ``{ids}`` stands for the first column of those rows.
    """

    sql: str
    values: Sequence[Any] = field(default_factory=tuple)
    follow: str = ""


# The statements of each plain page, by its number in the address; filled by the lines before they measure.
PAGES: list[list[Statement]] = []


def fetched(statement: Statement) -> list[list[Row]]:
    """The rows of a statement and of the one that follows it, as tables."""
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, list(statement.values))
        tables: list[list[Row]] = [cursor.fetchall()]
        if statement.follow:
            ids = ", ".join(str(row[0]) for row in tables[0]) or "0"
            cursor.execute(statement.follow.format(ids=ids))
            tables.append(cursor.fetchall())
    return tables


def fetched_all(statements: Sequence[Statement]) -> list[list[Row]]:
    """The rows of all statements, without any page around them."""
    return [table for statement in statements for table in fetched(statement)]


def page_of(statements: list[Statement]) -> str:
    """The address of a new plain page that shows these statements' rows."""
    PAGES.append(statements)
    return f"/plain/{len(PAGES) - 1}/"


@login_required
def rows(request: HttpRequest, number: int) -> HttpResponse:
    """The rows of a page's statements in plain tables."""
    return HttpResponse(PAGE.render(Context({"tables": fetched_all(PAGES[number])})))


@login_required
def minimal(request: HttpRequest) -> HttpResponse:
    """A signed-in page with one line on it: session and person are read, nothing else."""
    return HttpResponse(f"<!doctype html><title>Plain</title><p>{request.user.get_username()}</p>")
