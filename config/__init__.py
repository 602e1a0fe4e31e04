"""The one place that puts the apps together; nothing imports it but the command line, the web server and Celery."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
