"""Every address of the site; each app lists its own."""

from django.urls import URLPattern, URLResolver, include, path

from core.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health, name="health"),
    path("", include("core.urls")),
    path("", include("accounts.urls")),
    path("", include("remediation.urls")),
    path("", include("supervision.urls")),
]
