import django.db.models.deletion
from django.db import migrations, models

from remediation.kept_triggers import install, remove


class Migration(migrations.Migration):
    dependencies = [
        ("remediation", "0011_indexes_that_others_begin_with"),
    ]

    operations = [
        # SQLite builds the table anew, which no trigger may speak of meanwhile.
        migrations.RunPython(remove, install),
        migrations.AlterField(
            model_name="item",
            name="section",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="remediation.section",
                verbose_name="section",
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                fields=["section", "order", "id", "workflow_state", "ledger"], name="item_section_order"
            ),
        ),
        migrations.RunPython(install, remove),
    ]
