"""The addresses of supervision."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from supervision.views import dashboard, reminders

app_name = "supervision"

urlpatterns: list[URLPattern | URLResolver] = [
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("reminders/", reminders.reminder_list, name="reminder_list"),
]
