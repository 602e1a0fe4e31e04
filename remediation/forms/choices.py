"""Fields that several forms have: offices and posts searched as one types, dates, the version that was opened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Office, Position
from core.date_field import DateInput
from core.finder import FinderSelectMultiple


class OfficesField(forms.TypedMultipleChoiceField):
    """The ids of offices as a list, in the order chosen."""

    widget: FinderSelectMultiple = FinderSelectMultiple  # type: ignore[assignment] # made of the class by Django

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=[], **kwargs)

    def offer(self, offices: Iterable[Office]) -> None:
        """Offer these offices; read ``aliases`` prefetched."""
        known = list(offices)
        self.choices = [(str(office.pk), office.name) for office in known]
        self.widget.aliases = {
            str(office.pk): [alias.name for alias in office.aliases.all()] for office in known
        }


def offered_offices(*, chosen: Iterable[int] = ()) -> list[Office]:
    """The active offices, and those chosen before that are not active any more; two queries."""
    chosen = set(chosen)
    offices = Office.objects.prefetch_related("aliases")
    return [office for office in offices if office.is_active or office.pk in chosen]


def offered_positions(*, chosen: int | None = None) -> list[tuple[str, str]]:
    """The active posts as choices, and the one chosen before."""
    posts = Position.objects.all()
    return [("", "—"), *((str(p.pk), p.title) for p in posts if p.is_active or p.pk == chosen)]


class VersionField(forms.IntegerField):
    """The version that a row had when its form was opened; one that says nothing is refused in plain words."""

    def __init__(self) -> None:
        lost = _(
            "Nothing was saved: the form came without the version it was opened with."
            " What you entered is still here; check it and save again."
        )
        super().__init__(widget=forms.HiddenInput, error_messages={"required": lost, "invalid": lost})

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What the form shows again: a version that says nothing gives way to the present one."""
        try:
            return self.clean(data)
        except ValidationError:
            return initial


class DateField(forms.DateField):
    """A date typed as 2024-11-30, with a month view on the working-day calendar."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", DateInput(calendar_url=reverse_lazy("remediation:calendar_month")))
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"])
        kwargs.setdefault(
            "error_messages", {"invalid": _("There is no such day. Write it as in 2026-11-30.")}
        )
        super().__init__(**kwargs)
