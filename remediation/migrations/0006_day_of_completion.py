from typing import Any

from django.db import migrations, models

from remediation.kept_triggers import install, remove


def clear(apps: Any, schema_editor: Any) -> None:
    """Drop the day of completion of what is not completed."""
    measures = apps.get_model("remediation", "Measure").objects.using(schema_editor.connection.alias)
    measures.filter(completed_on__isnull=False).exclude(status="completed").update(completed_on=None)


class Migration(migrations.Migration):
    dependencies = [
        ("remediation", "0005_what_an_office_owes"),
    ]

    operations = [
        # SQLite builds the table anew, which no trigger may speak of meanwhile.
        migrations.RunPython(remove, install),
        migrations.RunPython(clear, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="measure",
            constraint=models.CheckConstraint(
                condition=models.Q(("completed_on__isnull", True), ("status", "completed"), _connector="OR"),
                name="measure_completed_on_completed",
                violation_error_message="Only a completed measure has a day of completion.",
            ),
        ),
        migrations.RunPython(install, remove),
    ]
