"""Strict filters: an unknown parameter or an impossible value is named, and then no row is shown."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

import django_filters
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.lists.fields import FlagField, ListField


class ListFilter(django_filters.Filter):
    """A filter of a list: what it was declared with is shared by all filter sets, and each sets its own ``parent``."""

    def __init__(self, field_class: type[ListField], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.field_class = field_class

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The filter of one filter set; choices and labels need no copies for each page."""
        copied = copy.copy(self)
        # Its method is bound to the filter that it belongs to.
        copied.method = self.method
        return copied


def filter_by(
    field_class: type[ListField], *, label: str | Promise, method: str, **kwargs: Any
) -> django_filters.Filter:
    """A filter whose value is read by ``field_class`` and applied by the filter set's ``method``."""
    return ListFilter(field_class, label=label, method=method, **kwargs)


@cache
def form_class_of(filterset: type[StrictFilterSet]) -> type[Form]:
    """The form of a filter set: its fields are those of its filters, whoever asks, so it is made once."""
    fields = {name: one.field for name, one in filterset.base_filters.items()}
    return type(f"{filterset.__name__}Form", (Form,), fields)


@dataclass(frozen=True)
class Problem:
    """What is wrong with one parameter."""

    parameter: str
    label: str
    value: str
    message: str


@dataclass(frozen=True)
class Chip:
    """One condition in force, in words, with the address without it."""

    parameter: str
    text: str
    remove_url: str


def query_without(query: QueryDict, *names: str, **values: Any) -> str:
    """The query string without the parameters ``names`` and the page, with ``values`` set (``None`` removes).

    ``part`` is how a page asks for a piece of itself and stands in no address.
    """
    left_out = {*names, "page", "part"}
    kept: dict[str, list[str]] = {name: given for name, given in query.lists() if name not in left_out}
    for name, value in values.items():
        several = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
        kept[name] = [str(one) for one in several]
    # An untouched field of a form says nothing.
    return "?" + urlencode([(name, one) for name, given in kept.items() for one in given if one])


class StrictFilterSet(django_filters.FilterSet):
    """A filter set that never returns more than it was asked for.

    Subclasses look ids up in ``look_up`` (the form is valid then) and report with ``refuse``. ``beside`` are the
    parameters of the page that are no filters.
    """

    # Made by django-filter's metaclass.
    base_filters: ClassVar[dict[str, django_filters.Filter]]
    beside: frozenset[str] = frozenset({"sort", "page", "per_page", "columns", "format", "print", "part"})
    # Parameters that only say how another one is meant; alone they are no chip.
    riders: frozenset[str] = frozenset()

    def __init__(self, data: QueryDict, queryset: QuerySet[Any]) -> None:
        super().__init__(data, queryset)
        self.data: QueryDict = data
        self.is_bound = True
        self.problems: list[Problem] = []
        self._find_problems()

    def get_form_class(self) -> type[Form]:
        return form_class_of(type(self))

    def _find_problems(self) -> None:
        for name in self.data:
            if name not in self.filters and name not in self.beside:
                self.problems.append(Problem(name, name, self._given(name), _("There is no such condition.")))
        for name, messages in self.form.errors.items():
            self.refuse(name, " ".join(str(message) for message in messages))
        if not self.problems:
            self.look_up()

    def look_up(self) -> None:
        """Check the ids against what the reader may see."""

    def _given(self, name: str) -> str:
        return pgettext("values", ", ").join(self.data.getlist(name))

    def refuse(self, name: str, message: str) -> None:
        """Report that the value of ``name`` is not possible."""
        self.problems.append(Problem(name, str(self.filters[name].label), self._given(name), message))

    def value(self, name: str) -> Any:
        """The cleaned value of a parameter; empty when it is not there."""
        return self.form.cleaned_data.get(name)

    @property
    def active(self) -> dict[str, Any]:
        """The conditions in force by parameter."""
        values = self.form.cleaned_data if not self.problems else {}
        return {name: value for name, value in values.items() if value not in (None, "", [], ())}

    def rows(self, *, without: frozenset[str] = frozenset()) -> QuerySet[Any]:
        """The rows that remain, or none when something is wrong; ``without`` leaves some conditions aside."""
        if self.problems:
            nothing: QuerySet[Model] = self.queryset.none()
            return nothing
        rows: QuerySet[Model] = self.all_rows(without=without)
        for name, value in self.active.items():
            if name not in without:
                rows = self.filters[name].filter(rows, value)
        return rows

    def all_rows(self, *, without: frozenset[str]) -> QuerySet[Any]:
        """What the conditions, but those in ``without``, are laid on."""
        rows: QuerySet[Model] = self.queryset.all()
        return rows

    @property
    def qs(self) -> QuerySet[Any]:
        """The rows that remain."""
        return self.rows()

    def words_of(self, name: str, value: Any) -> str:
        """One condition as people read it: 完成状态：正在推进."""
        field = self.form.fields[name]
        assert isinstance(field, ListField)  # noqa: S101 - tells the type checker
        if isinstance(field, FlagField) and value is False:
            return str(field.no_label)
        words = field.words(value)
        label = str(self.filters[name].label)
        return _("%(label)s: %(words)s") % {"label": label, "words": words} if words else label

    def sentences(self) -> list[tuple[str, str]]:
        """Parameter and words of every condition in force."""
        return [
            (name, self.words_of(name, value))
            for name, value in self.active.items()
            if name not in self.riders
        ]

    def chips(self) -> list[Chip]:
        """What stands under the filters, each with its ×; wrong ones too, so that they can be dropped."""
        wrong = [
            Chip(
                problem.parameter,
                _("%(label)s: %(words)s") % {"label": problem.label, "words": problem.value},
                query_without(self.data, problem.parameter),
            )
            for problem in self.problems
        ]
        return wrong + [
            Chip(name, words, query_without(self.data, name, *self.riders_of(name)))
            for name, words in self.sentences()
        ]

    def riders_of(self, name: str) -> tuple[str, ...]:
        """The parameters that go when ``name`` goes."""
        return ()
