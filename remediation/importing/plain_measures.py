"""Measures by the hundred thousand: read, inserted and updated as plain rows, with the offices that answer for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import islice
from operator import attrgetter

from django.db import connection

from core.bulk_insert import bulk_insert_values, free_keys
from remediation.kept_triggers import DUTY_COPIES
from remediation.models import Ledger, Measure
from remediation.states import CompletionStatus, DeadlineKind, WorkflowState

ROWS_A_FETCH = 2000
ROWS_AN_UPDATE = 1000
# So many that the database goes through the measures once for all of them rather than again for every few.
DUTIES_A_STATEMENT = 50_000


@dataclass(slots=True, eq=False)
class PlainMeasure:
    """The columns of one ``Measure``, stored or about to be (its key is then None).

    As a model instance it would take several times the memory and the time.
    """

    text: str
    number: int = 1
    id: int | None = None
    ledger_id: int | None = None
    item_id: int | None = None
    note: str = ""
    started_on: date | None = None
    status: str = CompletionStatus.NOT_STARTED.value
    status_text: str = ""
    percent: int = 0
    progress: str = ""
    completed_on: date | None = None
    reported_at: datetime | None = None
    reported_by_id: int | None = None
    leader_id: int | None = None
    deadline_text: str = ""
    deadline_kind: str = DeadlineKind.NONE.value
    first_due_date: date | None = None
    due_date: date | None = None
    is_long_term: bool = False
    review_date: date | None = None
    workflow_state: str = WorkflowState.HANDLING.value
    shared_key: str | None = None
    order: int = 0
    key: str = ""
    batch_id: int | None = None
    version: int = 1
    has_lead: bool = False

    @property
    def pk(self) -> int | None:
        """The primary key, as a model instance calls it."""
        return self.id


COLUMNS = tuple(one.name for one in fields(PlainMeasure))
NEW_DUTIES = f"""
INSERT INTO remediation_measureoffice (measure_id, office_id, role, rank, {DUTY_COPIES})
SELECT m.id, {{given}}, {DUTY_COPIES} FROM remediation_measure m
"""  # noqa: S608 - constants
DUTIES_OF_ARRAYS = (
    NEW_DUTIES.format(given="office, role, rank")
    + "JOIN unnest(%s::bigint[], %s::bigint[], %s::text[], %s::int[]) AS given (measure, office, role, rank)"
    + " ON given.measure = m.id"
)
DUTY_OF_VALUES = NEW_DUTIES.format(given="%s, %s, %s") + "WHERE m.id = %s"


def measures_of(ledger: Ledger, *, lock: bool) -> Iterator[PlainMeasure]:
    """The ledger's measures in their order, without the void ones; ``lock`` holds them until the transaction ends."""
    rows = Measure.objects.filter(ledger=ledger).exclude(workflow_state=WorkflowState.VOIDED)
    if lock:
        rows = rows.select_for_update()
    for values in rows.order_by("order", "pk").values_list(*COLUMNS).iterator(chunk_size=ROWS_A_FETCH):
        yield PlainMeasure(*values)


def insert_measures(rows: list[PlainMeasure]) -> None:
    """Insert new measures and give the rows their keys."""
    if rows:
        for row, key in zip(rows, free_keys(Measure, len(rows)), strict=True):
            row.id = key
        bulk_insert_values(Measure, COLUMNS, map(attrgetter(*COLUMNS), rows))


def update_measures(rows: list[PlainMeasure], names: set[str], *, now: datetime | None = None) -> None:
    """Write the columns ``names`` of stored measures, among them ``updated_at`` where ``now`` is given."""
    stamp = {"updated_at": now} if now else {}
    Measure.objects.bulk_update(
        [Measure(id=row.id, **stamp, **{name: getattr(row, name) for name in names}) for row in rows],
        sorted(name.removesuffix("_id") for name in {*names, *stamp}),
        batch_size=ROWS_AN_UPDATE,
    )


def insert_duties(duties: Iterable[tuple[int | None, int, str, int]]) -> None:
    """Insert who answers for which measure: measure, office, role, rank.

    What a duty copies of its measure is taken from there by the same statement, so that the trigger, which would look
    it up row by row, has nothing left to do.
    """
    waiting = iter(duties)
    with connection.cursor() as cursor:
        while part := list(islice(waiting, DUTIES_A_STATEMENT)):
            if connection.vendor == "postgresql":
                # Arrays as text: as lists the driver would write, and the server parse, each member by itself.
                cursor.execute(
                    DUTIES_OF_ARRAYS,
                    ["{" + ",".join(map(str, values)) + "}" for values in zip(*part, strict=True)],
                )
            else:
                cursor.executemany(
                    DUTY_OF_VALUES, [(office, role, rank, measure) for measure, office, role, rank in part]
                )
