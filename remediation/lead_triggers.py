"""The triggers behind ``Measure.has_lead``, for both databases; ``kept_triggers`` puts them in place.

Who looks for measures that nobody leads looks for very few among very many. The column lets an index hold just those.
"""

from __future__ import annotations

from remediation.trigger_changes import changed

LED = """
  EXISTS (SELECT 1 FROM remediation_measureoffice d
          WHERE d.measure_id = remediation_measure.id AND d.role = 'lead')"""
# Also for a row that was there before the column, or whose column somebody wrote.
RIGHTED = f"""
UPDATE remediation_measure SET has_lead = NOT has_lead WHERE has_lead <> {LED}
"""  # noqa: S608 - constants

POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION remediation_has_lead(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF COALESCE(array_length(ids, 1), 0) = 0 THEN RETURN; END IF;
  {RIGHTED.strip()} AND remediation_measure.id = ANY(ids);
END $$;

CREATE OR REPLACE FUNCTION remediation_lead_of_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM remediation_has_lead(ARRAY(
    SELECT n.measure_id FROM new_rows n JOIN remediation_measure m ON m.id = n.measure_id
    WHERE n.role = 'lead' AND NOT m.has_lead));
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION remediation_lead_of_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'remediation_measure' THEN
    PERFORM remediation_has_lead(ARRAY(
      SELECT id FROM ({changed("id, has_lead")}) changed));
  ELSE
    PERFORM remediation_has_lead(ARRAY(SELECT measure_id FROM new_rows UNION SELECT measure_id FROM old_rows));
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION remediation_lead_of_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM remediation_has_lead(ARRAY(SELECT DISTINCT measure_id FROM old_rows WHERE role = 'lead'));
  RETURN NULL;
END $$;

CREATE TRIGGER lead_new AFTER INSERT ON remediation_measureoffice REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION remediation_lead_of_new();
CREATE TRIGGER lead_changed AFTER UPDATE ON remediation_measureoffice
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION remediation_lead_of_changed();
CREATE TRIGGER lead_gone AFTER DELETE ON remediation_measureoffice REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION remediation_lead_of_gone();
CREATE TRIGGER lead_measure_changed AFTER UPDATE ON remediation_measure
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION remediation_lead_of_changed();
"""  # noqa: S608 - constants


def righted(measures: str) -> str:
    """The body of a trigger of SQLite that looks whether ``measures`` (keys) have a lead office."""
    return f"BEGIN {RIGHTED} AND id IN ({measures}); END"


# Name -> table, SQLite's moment, and SQLite's statement. A writer of very many rows may bring the column along.
TRIGGERS = {
    "lead_new": (
        "remediation_measureoffice",
        "AFTER INSERT",
        f"WHEN NEW.role = 'lead' {righted('NEW.measure_id')}",
    ),
    "lead_changed": (
        "remediation_measureoffice",
        "AFTER UPDATE OF role, measure_id",
        righted("OLD.measure_id, NEW.measure_id"),
    ),
    "lead_gone": (
        "remediation_measureoffice",
        "AFTER DELETE",
        f"WHEN OLD.role = 'lead' {righted('OLD.measure_id')}",
    ),
    # Somebody saves a whole row that was read before its offices changed.
    "lead_measure_changed": ("remediation_measure", "AFTER UPDATE OF has_lead", righted("NEW.id")),
}
FUNCTIONS = (
    "remediation_lead_of_new()",
    "remediation_lead_of_changed()",
    "remediation_lead_of_gone()",
    "remediation_has_lead(bigint[])",
)
