"""What the filter menus of both lists offer: read when a menu opens, so that a list itself need not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import Office, Position
from core.text import whole_number
from remediation.filters import LIGHT_CHOICES, ROLE_CHOICES, LedgerFilterSet, Reader
from remediation.item_filters import ItemFilterSet
from remediation.list_pages import MENUS, menu_label
from remediation.models import Section
from remediation.states import REACHED_STATES, ItemKind, WorkflowState

DUE_WITHIN_CHOICES = (5, 10, 20)


@dataclass(frozen=True)
class Option:
    """One box of a menu."""

    value: str
    label: str
    checked: bool
    depth: int = 0
    is_heading: bool = False


@dataclass(frozen=True)
class Group:
    """The boxes of one parameter. ``style`` is ``boxes``, ``radios``, ``flag``, ``day`` or ``text``."""

    parameter: str
    label: str
    style: str
    options: list[Option] = field(default_factory=list)
    value: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Menu:
    """One menu: its name, heading and parameters; ``searchable`` when it is long."""

    name: str
    label: str
    groups: list[Group]

    @property
    def searchable(self) -> bool:
        """Whether there is more than one screen of boxes."""
        return any(len(group.options) > 12 for group in self.groups)

    @property
    def parameters(self) -> tuple[str, ...]:
        """What the menu sets, so that the rest of the address can be kept."""
        return tuple(group.parameter for group in self.groups)


class FilterMenus:
    """Builds the menus for one reader under one query."""

    def __init__(self, query: QueryDict, *, reader: Reader, filterset: type[LedgerFilterSet]) -> None:
        self.query, self.reader, self.filterset = query, reader, filterset

    def menu(self, name: str) -> Menu:
        """The menu of this name (``MENUS``, ``ledger`` and ``more``); raises ``KeyError``."""
        builders = {
            "ledger": self._ledger,
            "section": self._section,
            "office": self._office,
            "leader": self._leader,
            "light": lambda: [self._choices("light", LIGHT_CHOICES)],
            "status": self._status,
            "state": lambda: [self._choices("state", self._states())],
            "due": self._due,
            "more": self._more,
        }
        label = {"ledger": _("Ledger"), "more": _("More conditions")}.get(name) or menu_label(name)
        return Menu(name, label, builders[name]())

    def all_menus(self) -> list[Menu]:
        """Every menu, for the page that shows all conditions at once."""
        return [self.menu(name) for name in ("ledger", *MENUS, "more")]

    # -- groups --------------------------------------------------------------------------------------------------------

    def _chosen(self, parameter: str) -> list[str]:
        return self.query.getlist(parameter)

    def _boxes(self, parameter: str, rows: Iterable[tuple[Any, str, int]], *, label: str = "") -> Group:
        chosen = set(self._chosen(parameter))
        options = [Option(str(value), text, str(value) in chosen, depth) for value, text, depth in rows]
        return Group(parameter, label or str(self.filterset.base_filters[parameter].label), "boxes", options)

    def _choices(self, parameter: str, choices: Iterable[tuple[Any, Any]]) -> Group:
        return self._boxes(parameter, [(value, str(label), 0) for value, label in choices])

    def _flag(self, parameter: str) -> Group:
        label = str(self.filterset.base_filters[parameter].label)
        return Group(parameter, label, "flag", [Option("1", label, "1" in self._chosen(parameter))])

    def _radios(self, parameter: str, choices: Iterable[tuple[str, str]]) -> Group:
        chosen = (self._chosen(parameter) or [""])[0]
        options = [Option(value, label, value == chosen) for value, label in choices]
        return Group(parameter, str(self.filterset.base_filters[parameter].label), "radios", options)

    def _day(self, parameter: str) -> Group:
        label = str(self.filterset.base_filters[parameter].label)
        return Group(parameter, label, "day", value=(self._chosen(parameter) or [""])[0])

    def _states(self) -> list[tuple[str, str]]:
        """The states that rows can have, and those that the address names all the same."""
        offered = {*REACHED_STATES, *self._chosen("state")}
        return [(value, str(label)) for value, label in WorkflowState.choices if value in offered]

    def _ledger(self) -> list[Group]:
        return [self._boxes("ledger", [(pk, one.title, 0) for pk, one in self.reader.ledgers.items()])]

    def _section(self) -> list[Group]:
        """The sections of the ledgers in question, as a tree; titled by ledger where there are several."""
        named = map(whole_number, self._chosen("ledger"))
        ledgers = {
            pk: self.reader.ledgers[pk] for pk in named if pk is not None and pk in self.reader.ledgers
        } or self.reader.ledgers
        children: dict[tuple[int, int | None], list[Section]] = {}
        for section in Section.objects.filter(ledger__in=ledgers).order_by("order", "pk"):
            children.setdefault((section.ledger_id, section.parent_id), []).append(section)
        chosen = set(self._chosen("section"))
        options: list[Option] = []

        def add(ledger_id: int, parent: int | None, depth: int) -> None:
            for section in children.get((ledger_id, parent), ()):
                options.append(Option(str(section.pk), section.title, str(section.pk) in chosen, depth))
                add(ledger_id, section.pk, depth + 1)

        for pk, ledger in ledgers.items():
            if len(ledgers) > 1 and (pk, None) in children:
                options.append(Option("", ledger.title, checked=False, is_heading=True))
            add(pk, None, 0)
        return [Group("section", menu_label("section"), "boxes", options)]

    def _office(self) -> list[Group]:
        """All offices as the tree that they are: rows are scoped, names of offices are no secret inside the organ."""
        children: dict[int | None, list[Office]] = {}
        for office in Office.objects.active().only("pk", "name", "parent_id"):
            children.setdefault(office.parent_id, []).append(office)
        rows: list[tuple[int, str, int]] = []

        def add(parent: int | None, depth: int) -> None:
            for office in children.get(parent, ()):
                rows.append((office.pk, office.name, depth))
                add(office.pk, depth + 1)

        add(None, 0)
        either: Mapping[str, Any] = {"": _("Lead or assisting")}
        return [
            self._boxes("office", rows),
            self._radios("role", [*either.items(), *((value, str(label)) for value, label in ROLE_CHOICES)]),
            self._flag("below"),
        ]

    def _leader(self) -> list[Group]:
        posts = Position.objects.filter(is_active=True).values_list("pk", "title")
        return [self._boxes("leader", [(pk, title, 0) for pk, title in posts]), self._flag("no_leader")]

    def _status(self) -> list[Group]:
        field = self.filterset.base_filters["status"].extra["choices"]
        return [self._choices("status", getattr(field, "choices", field)), self._flag("not_completed")]

    def _due(self) -> list[Group]:
        anytime = ("", _("At any time"))
        within = [
            (str(days), _("Within %(count)s working days") % {"count": days}) for days in DUE_WITHIN_CHOICES
        ]
        asked = (self._chosen("due_within") or [""])[0]
        if asked and asked not in {value for value, _label in within}:
            within.append((asked, _("Within %(count)s working days") % {"count": asked}))
        return [
            self._day("due_after"),
            self._day("due_before"),
            self._radios("due_within", [anytime, *within]),
            self._flag("no_deadline"),
        ]

    def _more(self) -> list[Group]:
        kinds = self._choices("kind", ItemKind.choices)
        flags = [self._flag(name) for name in ("reform", "long_term", "no_office")]
        if self.filterset is ItemFilterSet:
            return [kinds, *flags]
        return [
            kinds,
            *flags,
            self._flag("first_due_passed"),
            self._flag("shared"),
            self._radios(
                "red_within",
                [("", _("Whenever it turned red")), ("7", _("Turned red in the last 7 days"))],
            ),
            self._day("reported_after"),
            self._day("reported_before"),
            self._day("completed_after"),
            self._day("completed_before"),
        ]
