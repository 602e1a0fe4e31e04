"""A choice that is found by typing: the select works by itself, ``office-finder.js`` puts an input before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext


class _Finder(forms.Select):
    """Shared by one and several: hands the other names of each choice and the words to the page."""

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        choices: Any = (),
        *,
        aliases: Mapping[str, Sequence[str]] | None = None,
        create_url: str = "",
        create_right: str = "",
    ) -> None:
        """Take other names by choice value; ``create_url`` is the address that a new name is appended to."""
        super().__init__(attrs, choices)
        self.aliases = aliases or {}
        self.create_url = create_url
        self.create_right = create_right

    def build_attrs(
        self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Add what the script reads."""
        attrs = super().build_attrs(base_attrs, extra_attrs)
        attrs |= {
            "data-office-finder": "",
            "data-placeholder": gettext("Type a part of the name"),
            "data-none": gettext("Nothing of that name"),
            "data-remove": gettext("Remove"),
            "data-alias-word": gettext("also known as "),
        }
        if self.create_url:
            attrs |= {
                "data-create-url": self.create_url,
                "data-create-word": gettext("Create “%s”"),
                "data-create-right": self.create_right,
            }
        return attrs

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the other names to a choice."""
        option: dict[str, Any] = super().create_option(*args, **kwargs)
        others = self.aliases.get(str(option["value"]))
        if others:
            option["attrs"]["data-aliases"] = "、".join(others)
        return option


class FinderSelect(_Finder):
    """One choice."""


class FinderSelectMultiple(_Finder, forms.SelectMultiple):
    """Several choices, in the order chosen: a browser sends options in their order on the page."""

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        """Put the chosen ones first, in their order; the script appends what is chosen later."""
        groups = super().optgroups(name, value, attrs)
        place = {str(chosen): at for at, chosen in enumerate(value)}
        return sorted(groups, key=lambda group: place.get(str(group[1][0]["value"]), len(place)))
