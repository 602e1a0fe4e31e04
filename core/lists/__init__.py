"""The one list view: scope, strict filter, table, and its forms html, htmx fragment, print, xlsx and csv."""
