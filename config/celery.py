"""Celery for Xiaohao: which tasks run by the clock, and when.

The database is the truth and a task is only a wake-up: every job is a row claimed by a conditional UPDATE,
every task is safe to run twice, and the sweeps below pick up whatever a lost message left behind.
"""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("xiaohao")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**kwargs: Any) -> None:
    """Log as the settings say: with a listener here, Celery adds no handlers of its own."""


# A sweep that nobody picked up within its own period is dropped: the next one does the same work.
app.conf.beat_schedule = {
    "sweep-imports": {
        "task": "remediation.tasks.sweep_imports",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "sweep-supervision": {
        "task": "supervision.tasks.sweep",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    # Every day: the task itself knows which days are working days.
    "send-reminders": {
        "task": "supervision.tasks.send_reminders",
        "schedule": crontab(hour=str(settings.REMIND_AT.hour), minute=str(settings.REMIND_AT.minute)),
    },
    "roll-up": {
        "task": "supervision.tasks.roll_up",
        "schedule": crontab(hour="0", minute="20"),
    },
}
