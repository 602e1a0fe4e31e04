"""Inserting many rows at a fraction of the cost of ``bulk_create``: ids are taken beforehand, values go straight in.

For loads of tens of thousands of rows (an import, the synthetic ledger of the benchmarks). Objects get their primary
key; no signal is sent and no default of the database is read back, just as with ``bulk_create``. PostgreSQL takes the
rows by COPY, which costs client and server a fifth of an INSERT with its values; SQLite by ``executemany``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from enum import Enum
from functools import lru_cache, partial
from itertools import islice
from typing import Any

from django.db import connection, models, transaction
from django.db.models.expressions import DatabaseDefault
from django.utils import timezone

# So many rows are turned into values and sent at a time: memory does not grow with the load.
ROWS_PER_STATEMENT = 5000
MAX_KNOWN_VALUES = 5000
PLAIN_TYPES = frozenset({int, str, bool, float, type(None)})


def bulk_insert(objects: Iterable[models.Model]) -> None:
    """Insert ``objects`` (all of one model, none saved yet) and give them their primary keys.

    They are taken batch by batch: of a generator no more than a batch is in memory.
    """
    waiting = iter(objects)
    part = list(islice(waiting, ROWS_PER_STATEMENT))
    if not part:
        return
    model = type(part[0])
    meta = model._meta
    fields = [
        field
        for field in meta.concrete_fields
        if not field.generated and not isinstance(getattr(part[0], field.attname), DatabaseDefault)
    ]
    if meta.pk not in fields:
        raise TypeError(f"{model.__name__} has no primary key of its own")
    moment = timezone.now()
    stamped = [
        f.attname for f in fields if getattr(f, "auto_now", False) or getattr(f, "auto_now_add", False)
    ]
    converters = [(field.attname, _converter(field)) for field in fields]
    columns = [str(field.column) for field in fields]
    with transaction.atomic():
        while part:
            for identity, one in zip(_free_ids(model, len(part)), part, strict=True):
                one.pk = identity
                one._state.adding = False
                one._state.db = connection.alias
                for name in stamped:
                    setattr(one, name, moment)
            # Column by column: one converter each, instead of one decision for every value.
            values = [
                _converted([one.__dict__[name] for one in part], convert) for name, convert in converters
            ]
            insert_rows(meta.db_table, columns, zip(*values, strict=True))
            part = list(islice(waiting, ROWS_PER_STATEMENT))


def bulk_insert_values(
    model: type[models.Model], attributes: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert plain values (no dates, no JSON) by attribute name; for link tables, where objects would only cost.

    The model's other columns have to have defaults in the database, and its key is given by it.
    """
    if rows:
        columns = [str(_column(model, name)) for name in attributes]
        for start in range(0, len(rows), ROWS_PER_STATEMENT):
            insert_rows(model._meta.db_table, columns, rows[start : start + ROWS_PER_STATEMENT])


def _column(model: type[models.Model], attribute: str) -> Any:
    """The column behind an attribute name such as ``office_id``."""
    return next(field.column for field in model._meta.concrete_fields if field.attname == attribute)


def _converted(values: list[Any], convert: Callable[[Any], Any]) -> list[Any]:
    return [value if type(value) in PLAIN_TYPES else convert(value) for value in values]


def _converter(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """What turns a value of ``field`` that is not plain into one that the driver and COPY take."""
    known: dict[Any, Any] = {}
    # JSON as text: the driver's own wrapper of it is no value of COPY.
    prepare: Callable[[Any], Any] = (
        partial(json.dumps, cls=field.encoder)
        if isinstance(field, models.JSONField)
        else partial(field.get_db_prep_save, connection=connection)
    )

    def prepared(value: Any) -> Any:
        if isinstance(value, Enum):
            return value.value
        # Days and short lists come again and again.
        key = value if isinstance(value, date | datetime) else repr(value)
        if key not in known:
            if len(known) > MAX_KNOWN_VALUES:
                known.clear()
            known[key] = prepare(value)
        return known[key]

    return prepared


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of values as the database takes them, in one statement: COPY on PostgreSQL."""
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, columns))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            lines = io.StringIO("".join([_copy_line(row) for row in rows]))
            cursor.copy_expert(f"COPY {quote(table)} ({names}) FROM STDIN", lines)
        else:
            marks = ", ".join(["%s"] * len(columns))
            # Names of our own models.
            cursor.executemany(f"INSERT INTO {quote(table)} ({names}) VALUES ({marks})", list(rows))  # noqa: S608


def _copy_line(row: Sequence[Any]) -> str:
    """One line of COPY's text format."""
    return "\t".join([_COPIED.get(type(value), _other)(value) for value in row]) + "\n"


def _escaped(text: str) -> str:
    # Most texts hold none of the four, and looking is cheaper than replacing.
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


def _null(_value: None) -> str:
    return "\\N"


def _boolean(value: bool) -> str:
    return "t" if value else "f"


def _other(value: Any) -> str:
    return _escaped(str(value))


# Days and moments come again and again.
_day = lru_cache(maxsize=4096)(str)
# A value's text in COPY's format by its exact type: one look-up for each of the millions of values of a large load.
_COPIED: dict[type, Callable[[Any], str]] = {
    str: _escaped,
    int: str,
    type(None): _null,
    bool: _boolean,
    date: _day,
    datetime: _day,
}


def _free_ids(model: type[models.Model], count: int) -> list[int]:
    """Primary keys that nobody else will get, for rows that are inserted in this transaction."""
    table, column = model._meta.db_table, str(model._meta.pk.column)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [connection.ops.quote_name(table), column, count],
            )
            return [row[0] for row in cursor.fetchall()]
        # SQLite: a writing transaction holds the only write lock, so the next ids are free.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        quoted = connection.ops.quote_name(table)
        cursor.execute(f"SELECT MAX({connection.ops.quote_name(column)}) FROM {quoted}")  # noqa: S608 - names of ours
        highest = cursor.fetchone()
        first = max(found[0] if found else 0, highest[0] or 0) + 1
        return list(range(first, first + count))
