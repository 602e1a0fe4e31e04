"""Hand-written SQL: the least that the database has to do for what a page shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from benchmarks.plain import Statement

# As the list opens: what can be lit first, nearest deadline on top.
BY_DEADLINE = 'm.is_open DESC, m.watch_date ASC, m."order", m.id'
ROWS_A_PAGE = 50
NAMES = """
    SELECT d.measure_id, d.role, o.name FROM remediation_measureoffice d
    JOIN accounts_office o ON o.id = d.office_id WHERE d.measure_id IN ({ids}) ORDER BY d.measure_id, d.rank
"""


def numbers(ids: Collection[int]) -> str:
    """Keys as they stand between the brackets of IN."""
    return ", ".join(str(one) for one in sorted(ids)) or "0"


def answered_for(offices: Collection[int] | None, role: str = "") -> str:
    """The condition that one of the offices answers for a measure; everything without offices."""
    if offices is None:
        return "TRUE"
    in_role = f" AND d.role = '{role}'" if role else ""
    return (
        "EXISTS (SELECT 1 FROM remediation_measureoffice d WHERE d.measure_id = m.id"
        f" AND d.office_id IN ({numbers(offices)}){in_role})"
    )


def list_rows(
    where: str = "TRUE",
    values: Sequence[Any] = (),
    *,
    offices: Collection[int] | None = None,
    order: str = BY_DEADLINE,
    skip: int = 0,
    limit: int = ROWS_A_PAGE,
) -> Statement:
    """The rows of a page of the list with ten columns each, and the names of their offices; no count."""
    with_item = "JOIN remediation_item i ON i.id = m.item_id" if "i." in where else ""
    sql = f"""
        WITH page AS (
            SELECT m.id FROM remediation_measure m {with_item}
            WHERE m.is_counted AND ({where}) AND {answered_for(offices)} ORDER BY {order} LIMIT {limit} OFFSET {skip}
        )
        SELECT m.id, i.kind, i.number, m.number, m.text, i.problem, p.title, m.watch_date, m.status, m.percent
        FROM page JOIN remediation_measure m ON m.id = page.id JOIN remediation_item i ON i.id = m.item_id
        LEFT JOIN accounts_position p ON p.id = m.leader_id ORDER BY {order}
    """
    return Statement(sql, values, NAMES)


def item_rows(item: int) -> list[Statement]:
    """An item, its measures with their offices, its last events."""
    return [
        Statement(f"SELECT * FROM remediation_item WHERE id = {item}"),
        Statement(f"SELECT * FROM remediation_measure WHERE item_id = {item}", follow=NAMES),
        Statement(
            f"SELECT * FROM remediation_itemevent WHERE item_id = {item} ORDER BY occurred_at DESC LIMIT 20"
        ),
    ]


def tree_rows(ledger: int) -> list[Statement]:
    """The sections of a ledger, and one group-by of its measures below each."""
    grouped = f"""
        SELECT i.section_id, m.status, m.is_open, count(*), sum(m.percent) FROM remediation_measure m
        JOIN remediation_item i ON i.id = m.item_id WHERE m.ledger_id = {ledger} AND m.is_counted
        GROUP BY i.section_id, m.status, m.is_open
    """
    return [
        Statement(f"SELECT id, parent_id, kind, title FROM remediation_section WHERE ledger_id = {ledger}"),
        Statement(grouped),
    ]


def dashboard_rows(today: Any, offices: Collection[int] | None, ledger: int | None) -> Statement:
    """Everything that a dashboard counts, by office: one group-by over measures and their offices."""
    of_ledger = f"m.ledger_id = {ledger}" if ledger else "TRUE"
    sql = f"""
        SELECT d.office_id, d.role, m.status, m.is_open, m.is_long_term, m.watch_date < %s, m.first_due_date < %s,
               count(*), sum(m.percent)
        FROM remediation_measure m JOIN remediation_measureoffice d ON d.measure_id = m.id
        WHERE m.is_counted AND {of_ledger} AND {answered_for(offices)} GROUP BY 1, 2, 3, 4, 5, 6, 7
    """
    return Statement(sql, (today, today))


def export_rows(vendor: str) -> str:
    """Every measure of one ledger (``%s``) with all that an exported line says, offices joined into one text."""
    joined = (
        "group_concat(o.name, '、')" if vendor == "sqlite" else "string_agg(o.name, '、' ORDER BY d.rank)"
    )
    return f"""
        SELECT i.type_text, above.title, s.title, i.problem, i.cause, i.goal, m.text, p.title, n.lead, n.assisting,
               m.started_on, m.deadline_text, m.due_date, m.status, m.percent, m.progress, m.note
        FROM remediation_measure m JOIN remediation_item i ON i.id = m.item_id
        LEFT JOIN (
            SELECT d.measure_id, {joined} FILTER (WHERE d.role = 'lead') AS lead,
                   {joined} FILTER (WHERE d.role = 'assisting') AS assisting
            FROM remediation_measureoffice d JOIN accounts_office o ON o.id = d.office_id GROUP BY d.measure_id
        ) n ON n.measure_id = m.id
        LEFT JOIN remediation_section s ON s.id = i.section_id
        LEFT JOIN remediation_section above ON above.id = s.parent_id
        LEFT JOIN accounts_position p ON p.id = m.leader_id
        WHERE m.ledger_id = %s AND m.is_counted ORDER BY {BY_DEADLINE}
    """
