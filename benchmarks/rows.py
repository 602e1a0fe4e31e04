"""Rows of the product's tables written by hand: what a save or an import costs the database at all."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models import NOT_PROVIDED


@cache
def blank(model: type[models.Model]) -> dict[str, Any]:
    """Column -> the value of a row that nothing is known of; columns that the database fills are left out."""
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.generated or field.db_default is not NOT_PROVIDED:
            continue
        value = field.get_default() if field.has_default() or not field.null else None
        if callable(getattr(value, "isoformat", None)):
            value = None
        values[str(field.column)] = field.get_db_prep_save(value, connection)
    return values


def insert(model: type[models.Model], **known: Any) -> None:
    """Insert one row by one statement."""
    values = {**blank(model), **{name: plain(value) for name, value in known.items()}}
    with connection.cursor() as cursor:
        cursor.execute(insert_statement(model, list(values)), list(values.values()))


def insert_many(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows at once: COPY on PostgreSQL, ``executemany`` on SQLite."""
    rest = {name: value for name, value in blank(model).items() if name not in columns}
    names, tail = [*columns, *rest], list(rest.values())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = io.StringIO("".join(copied([*row, *tail]) for row in rows))
            quoted = ", ".join(map(connection.ops.quote_name, names))
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.copy_expert(f"COPY {table} ({quoted}) FROM STDIN", text)
        else:
            cursor.executemany(insert_statement(model, names), [[*map(plain, row), *tail] for row in rows])


def insert_statement(model: type[models.Model], columns: Sequence[str]) -> str:
    """``INSERT INTO … VALUES (%s, …)``."""
    quote = connection.ops.quote_name
    marks = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))}) VALUES ({marks})"


def copied(row: Iterable[Any]) -> str:
    """A line of COPY's text format."""
    cells = []
    for value in row:
        if value is None:
            cells.append("\\N")
        elif isinstance(value, str):
            text = value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
            cells.append(text)
        elif hasattr(value, "adapted"):
            cells.append(json.dumps(value.adapted))
        else:
            cells.append(str(value))
    return "\t".join(cells) + "\n"


def plain(value: Any) -> Any:
    """A value as the driver takes it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value
