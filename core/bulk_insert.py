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
    stamped = [field.attname for field in fields if _is_stamped(field)]
    columns = _Columns(fields)
    with transaction.atomic():
        while part:
            for identity, one in zip(free_keys(model, len(part)), part, strict=True):
                one.pk = identity
                one._state.adding = False
                one._state.db = connection.alias
                for name in stamped:
                    setattr(one, name, moment)
            columns.insert([[one.__dict__[field.attname] for one in part] for field in fields])
            part = list(islice(waiting, ROWS_PER_STATEMENT))


def bulk_insert_values(
    model: type[models.Model], attributes: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows that are no objects, given as the values of ``attributes`` (``office_id``) in their order.

    What is stamped with the time of writing is stamped; any other column that is left out has to have a default in the
    database, as a key has. They are taken batch by batch, too.
    """
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    stamped = [name for name, field in by_name.items() if _is_stamped(field) and name not in attributes]
    columns = _Columns([by_name[name] for name in (*attributes, *stamped)])
    moment = timezone.now()
    waiting = iter(rows)
    with transaction.atomic():
        while part := list(islice(waiting, ROWS_PER_STATEMENT)):
            times = [[moment] * len(part) for _name in stamped]
            columns.insert([*map(list, zip(*part, strict=True)), *times])


def free_keys(model: type[models.Model], count: int) -> list[int]:
    """Primary keys that nobody else will get, for rows that are inserted in this transaction."""
    table, column = model._meta.db_table, str(model._meta.pk.column)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The sequence is looked up once: asked for in each row it costs six times as much.
            cursor.execute(
                "WITH keys AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, %s)::regclass AS sequence) "
                "SELECT nextval(sequence) FROM keys, generate_series(1, %s)",
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


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of values as the database takes them, in one statement: COPY on PostgreSQL."""
    _insert_columns(table, columns, [list(values) for values in zip(*rows, strict=True)])


class _Columns:
    """The columns of a table that are written, and what turns their values into those of the database."""

    def __init__(self, fields: Sequence[models.Field[Any, Any]]) -> None:
        self.table = fields[0].model._meta.db_table
        self.names = [str(field.column) for field in fields]
        self.converters = [_converter(field) for field in fields]

    def insert(self, columns: Sequence[list[Any]]) -> None:
        """Insert the rows whose values stand in ``columns``: one converter for each, not one choice for each value."""
        converted = [
            values if PLAIN_TYPES.issuperset(map(type, values)) else _converted(values, convert)
            for values, convert in zip(columns, self.converters, strict=True)
        ]
        _insert_columns(self.table, self.names, converted)


def _is_stamped(field: models.Field[Any, Any]) -> bool:
    return bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))


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


def _insert_columns(table: str, names: Sequence[str], columns: Sequence[list[Any]]) -> None:
    quote = connection.ops.quote_name
    quoted = ", ".join(map(quote, names))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            texts = map("\t".join, zip(*map(_copied, columns), strict=True))
            lines = io.BytesIO("\n".join([*texts, ""]).encode())
            cursor.copy_expert(f"COPY {quote(table)} ({quoted}) FROM STDIN", lines)
        else:
            marks = ", ".join(["%s"] * len(names))
            rows = list(zip(*columns, strict=True))
            # Names of our own models.
            cursor.executemany(f"INSERT INTO {quote(table)} ({quoted}) VALUES ({marks})", rows)  # noqa: S608


def _copied(values: list[Any]) -> list[str]:
    """The values of one column in COPY's text format. Most columns are of one type, and most texts need no escape."""
    types = set(map(type, values))
    if types == {str} and not _is_awkward("".join(values)):
        return values
    if len(types) == 1:
        return list(map(_COPIED.get(types.pop(), _other), values))
    return [_COPIED.get(type(value), _other)(value) for value in values]


def _is_awkward(text: str) -> bool:
    """Whether COPY would take a character of ``text`` for something else; looking is cheaper than replacing."""
    return "\\" in text or "\t" in text or "\n" in text or "\r" in text


def _escaped(text: str) -> str:
    if _is_awkward(text):
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
