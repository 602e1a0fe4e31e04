"""A file, chosen with a button in the language of the page (``static/js/file-field.js``)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext


class FileInput(forms.FileInput):
    """The browser's own field without JavaScript; its button speaks the browser's language and not the page's."""

    def build_attrs(
        self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Add what the script reads."""
        return super().build_attrs(base_attrs, extra_attrs) | {
            "data-file-field": "",
            "data-choose-word": gettext("Choose a file"),
            "data-none-word": gettext("No file chosen"),
        }
