"""The triggers behind ``ItemStanding`` and the copies on ``MeasureOffice``, for both databases.

Migrations put them in place, with those of ``lead_triggers``. One that rebuilds the table of items, measures or their
offices on SQLite (any change of a column does) takes the triggers away: let it end with
``migrations.RunPython(install, remove)``. A test looks whether they are there.
"""

from __future__ import annotations

from typing import Any

from remediation import lead_triggers
from remediation.trigger_changes import changed

# As they were decided: the words are those of remediation.states, and a test compares the outcome with Python's.
UNLIT = "('concluded', 'pending_closure', 'closed', 'suspended', 'transferred', 'voided')"

STANDING = f"""
SELECT i.id, i.ledger_id, COALESCE(a.counted, 0), COALESCE(a.completed, 0),
       CASE WHEN COALESCE(a.counted, 0) = 0 THEN i.reported_status
            WHEN a.completed = a.counted THEN 'completed'
            WHEN a.begun = 0 THEN 'not_started'
            ELSE 'in_progress' END,
       CASE WHEN a.open > 0 THEN {{true}}
            WHEN a.counted > 0 THEN {{false}}
            WHEN i.reported_status = 'completed' OR i.workflow_state IN {UNLIT} THEN {{false}}
            ELSE {{true}} END,
       CASE WHEN a.counted > 0 THEN a.nearest ELSE i.due_date END,
       COALESCE(a.latest, i.due_date)
"""
AGGREGATES = """
SELECT {group} COUNT(CASE WHEN m.is_counted THEN 1 END) AS counted,
       COUNT(CASE WHEN m.is_counted AND m.status = 'completed' THEN 1 END) AS completed,
       COUNT(CASE WHEN m.is_counted AND m.status <> 'not_started' THEN 1 END) AS begun,
       COUNT(CASE WHEN m.is_open THEN 1 END) AS open,
       MIN(CASE WHEN m.is_open THEN m.watch_date END) AS nearest,
       MAX(CASE WHEN m.is_counted THEN m.due_date END) AS latest
"""
DUTY_COPIES = "item_id, ledger_id, is_open, watch_date"
ITEM_CHANGES = changed("id, reported_status, workflow_state, due_date, ledger_id")
STANDING_FROM = "id, item_id, status, is_open, is_counted, watch_date, due_date"
MEASURE_CHANGES = changed(STANDING_FROM)
# The items that measures were moved away from.
MEASURE_CHANGES_BACK = changed(STANDING_FROM, "old_rows", "new_rows")
COLUMNS = "item_id, ledger_id, counted, completed, progress, is_open, watch_date, due_date"

# The item is locked first, and in the order of keys: of two savers in one item the second then counts what the first
# has committed (each statement of the function sees anew), and none waits for the other in a circle.
POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION remediation_item_standing(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF COALESCE(array_length(ids, 1), 0) = 0 THEN RETURN; END IF;
  PERFORM 1 FROM remediation_item WHERE id = ANY(ids) ORDER BY id FOR NO KEY UPDATE;
  INSERT INTO remediation_itemstanding ({COLUMNS})
  {STANDING.format(true="true", false="false")}
  FROM remediation_item i
  CROSS JOIN LATERAL ({AGGREGATES.format(group="")} FROM remediation_measure m WHERE m.item_id = i.id) a
  WHERE i.id = ANY(ids)
  ON CONFLICT (item_id) DO UPDATE SET
    ledger_id = EXCLUDED.ledger_id, counted = EXCLUDED.counted, completed = EXCLUDED.completed,
    progress = EXCLUDED.progress, is_open = EXCLUDED.is_open, watch_date = EXCLUDED.watch_date,
    due_date = EXCLUDED.due_date;
END $$;

CREATE OR REPLACE FUNCTION remediation_standing_of_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'remediation_item' THEN
    INSERT INTO remediation_itemstanding ({COLUMNS})
    {STANDING.format(true="true", false="false")}
    FROM new_rows i CROSS JOIN (SELECT 0 AS counted, 0 AS completed, 0 AS begun, 0 AS open,
                                       NULL::date AS nearest, NULL::date AS latest) a;
  ELSE
    PERFORM remediation_item_standing(ARRAY(SELECT DISTINCT item_id FROM new_rows));
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION remediation_standing_of_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'remediation_item' THEN
    PERFORM remediation_item_standing(ARRAY(SELECT id FROM ({ITEM_CHANGES}) changed));
  ELSE
    PERFORM remediation_item_standing(ARRAY(
      SELECT item_id FROM ({MEASURE_CHANGES}) changed UNION SELECT item_id FROM ({MEASURE_CHANGES_BACK}) gone));
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION remediation_standing_of_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM remediation_item_standing(ARRAY(SELECT DISTINCT item_id FROM old_rows));
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION remediation_duty_copy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT m.item_id, m.ledger_id, m.is_open, m.watch_date
    INTO NEW.item_id, NEW.ledger_id, NEW.is_open, NEW.watch_date
    FROM remediation_measure m WHERE m.id = NEW.measure_id;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION remediation_duty_copies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE remediation_measureoffice d
     SET item_id = n.item_id, ledger_id = n.ledger_id, is_open = n.is_open, watch_date = n.watch_date
    FROM ({changed("id, " + DUTY_COPIES)}) n
   WHERE d.measure_id = n.id;
  RETURN NULL;
END $$;

CREATE TRIGGER duty_new BEFORE INSERT ON remediation_measureoffice
  FOR EACH ROW WHEN (NEW.ledger_id IS NULL) EXECUTE FUNCTION remediation_duty_copy();
CREATE TRIGGER duty_measure_changed AFTER UPDATE ON remediation_measure
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION remediation_duty_copies();
CREATE TRIGGER standing_item_new AFTER INSERT ON remediation_item REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION remediation_standing_of_new();
CREATE TRIGGER standing_item_changed AFTER UPDATE ON remediation_item
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION remediation_standing_of_changed();
CREATE TRIGGER standing_measure_new AFTER INSERT ON remediation_measure REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION remediation_standing_of_new();
CREATE TRIGGER standing_measure_changed AFTER UPDATE ON remediation_measure
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION remediation_standing_of_changed();
CREATE TRIGGER standing_measure_gone AFTER DELETE ON remediation_measure REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION remediation_standing_of_gone();
"""  # noqa: S608 - constants
COPIED = f"""
UPDATE remediation_measureoffice SET ({DUTY_COPIES}) =
  (SELECT {DUTY_COPIES} FROM remediation_measure m WHERE m.id = remediation_measureoffice.measure_id)
"""  # noqa: S608 - constants


def refreshed(items: str) -> str:
    """SQLite's statement that writes the standing of ``items`` (keys, or a query of them)."""
    return f"""
INSERT OR REPLACE INTO remediation_itemstanding ({COLUMNS})
{STANDING.format(true="1", false="0")}
FROM remediation_item i
LEFT JOIN ({AGGREGATES.format(group="m.item_id,")} FROM remediation_measure m
           WHERE m.item_id IN ({items}) GROUP BY m.item_id) a ON a.item_id = i.id
WHERE i.id IN ({items})
"""


def refreshing(items: str) -> str:
    """The body of a trigger of SQLite that does so."""
    return f"BEGIN {refreshed(items)}; END"


# Name -> table, SQLite's moment, and SQLite's statement.
TRIGGERS = {
    # A writer of very many rows may bring the copies along.
    "duty_new": (
        "remediation_measureoffice",
        "AFTER INSERT",
        f"WHEN NEW.ledger_id IS NULL BEGIN {COPIED} WHERE id = NEW.id; END",
    ),
    "duty_measure_changed": (
        "remediation_measure",
        "AFTER UPDATE OF item_id, ledger_id, status, workflow_state, due_date, review_date",
        f"BEGIN {COPIED} WHERE measure_id = NEW.id; END",
    ),
    "standing_item_new": ("remediation_item", "AFTER INSERT", refreshing("NEW.id")),
    "standing_item_changed": (
        "remediation_item",
        "AFTER UPDATE OF reported_status, workflow_state, due_date, ledger_id",
        refreshing("NEW.id"),
    ),
    "standing_measure_new": ("remediation_measure", "AFTER INSERT", refreshing("NEW.item_id")),
    "standing_measure_changed": (
        "remediation_measure",
        "AFTER UPDATE OF status, workflow_state, due_date, review_date, item_id",
        refreshing("OLD.item_id, NEW.item_id"),
    ),
    # Only where there is a standing: when all tables are emptied, it may be gone before the measures are.
    "standing_measure_gone": (
        "remediation_measure",
        "AFTER DELETE",
        refreshing("SELECT item_id FROM remediation_itemstanding WHERE item_id = OLD.item_id"),
    ),
}
FUNCTIONS = (
    "remediation_duty_copy()",
    "remediation_duty_copies()",
    "remediation_standing_of_new()",
    "remediation_standing_of_changed()",
    "remediation_standing_of_gone()",
    "remediation_item_standing(bigint[])",
)


def install(apps: Any, schema_editor: Any) -> None:
    """Create the triggers, and what they keep of the rows that are there."""
    remove(apps, schema_editor)
    measure = apps.get_model("remediation", "Measure")
    # Older migrations install what there was to keep by then.
    keeps_leads = any(field.name == "has_lead" for field in measure._meta.get_fields())
    with schema_editor.connection.cursor() as cursor:
        if keeps_leads:
            # While there is no trigger yet, which would follow every row of it.
            cursor.execute(lead_triggers.RIGHTED)
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL + (lead_triggers.POSTGRESQL if keeps_leads else ""))
            cursor.execute("SELECT remediation_item_standing(ARRAY(SELECT id FROM remediation_item))")
            cursor.execute(
                f"UPDATE remediation_measureoffice d SET ({DUTY_COPIES}) = "  # noqa: S608 - constants
                "(m.item_id, m.ledger_id, m.is_open, m.watch_date) FROM remediation_measure m WHERE m.id = d.measure_id"
            )
            return
        triggers = {**TRIGGERS, **(lead_triggers.TRIGGERS if keeps_leads else {})}
        for name, (table, moment, statement) in triggers.items():
            cursor.execute(f"CREATE TRIGGER {name} {moment} ON {table} {statement}")
        cursor.execute(refreshed("SELECT id FROM remediation_item"))
        cursor.execute(COPIED)


def remove(apps: Any, schema_editor: Any) -> None:
    """Drop the triggers."""
    on_table = schema_editor.connection.vendor == "postgresql"
    with schema_editor.connection.cursor() as cursor:
        for name, (table, _moment, _statement) in {**TRIGGERS, **lead_triggers.TRIGGERS}.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if on_table else ""))
        if on_table:
            for function in (*FUNCTIONS, *lead_triggers.FUNCTIONS):
                cursor.execute(f"DROP FUNCTION IF EXISTS {function}")
