"""Seed the working-day calendar with the State Council's published yearly arrangements, 2018 to 2026."""

import json
from datetime import date
from pathlib import Path

from django.db import migrations

SEED = Path(__file__).resolve().parent.parent / "calendar_seed.json"
SOURCE = "国务院办公厅放假安排通知"


def seed(apps, schema_editor):
    CalendarDay = apps.get_model("core", "CalendarDay")
    days = json.loads(SEED.read_text(encoding="utf-8"))
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(date=date.fromisoformat(day), is_workday=worked, name=name, source=SOURCE)
            for day, worked, name in days
        ],
        batch_size=100,
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
