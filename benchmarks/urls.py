"""The product's addresses and, after them, the plain pages that they are compared with."""

from django.urls import URLPattern, URLResolver, path

from benchmarks import plain
from config.urls import urlpatterns as product

urlpatterns: list[URLPattern | URLResolver] = [
    *product,
    path("plain/", plain.minimal, name="plain"),
    path("plain/<int:number>/", plain.rows, name="plain_rows"),
]
