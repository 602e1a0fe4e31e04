"""Addresses of the ground floor."""

from django.urls import path

from core import style_page

app_name = "core"

urlpatterns = [
    path("style/", style_page.style_page, name="style"),
]
