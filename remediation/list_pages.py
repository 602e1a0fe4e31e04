"""What the pages of both lists show around the table: lights as links, menus, columns, saved filters, forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.lists.filtering import query_without
from remediation.context import ledger_named
from remediation.filters import light_words
from remediation.lights import Light
from remediation.permissions import can_edit_ledger, reporting_offices

# Menu name -> its heading and the parameters that it sets; the order of the buttons.
MENUS: dict[str, tuple[str, tuple[str, ...]]] = {
    "section": ("Section", ("section",)),
    "office": ("Office", ("office", "role", "below")),
    "leader": ("Responsible leader", ("leader",)),
    "light": ("Light", ("light",)),
    "status": ("Completion status", ("status", "not_completed")),
    "state": ("Workflow state", ("state",)),
    "due": ("Deadline", ("due_after", "due_before", "due_within", "no_deadline")),
}


@dataclass(frozen=True)
class MenuButton:
    """A filter that opens: its address is the whole filter page for those without JavaScript."""

    name: str
    label: str
    url: str
    page_url: str
    in_use: bool


@dataclass(frozen=True)
class LightLink:
    """The rows of one light under the other conditions."""

    light: Light
    word: str
    count: int
    url: str
    chosen: bool


def menu_label(name: str) -> str:
    """The word on a menu's button."""
    return {
        "section": _("Section"),
        "office": _("Office"),
        "leader": _("Responsible leader"),
        "light": pgettext("column", "Light"),
        "status": _("Completion status"),
        "state": _("Workflow state"),
        "due": _("Deadline"),
    }[name]


def light_links(view: Any) -> list[LightLink]:
    """The lights that have rows (or are chosen), worst first; a click shows that light alone, a second one all."""
    query, words = view.request.GET, light_words()
    if view.known_counts is None:
        return []
    chosen = view.filters.value("light") or []
    links = []
    for light in Light:
        count = view.known_counts.parts.get(light.value, 0)
        if count or light.value in chosen:
            only = chosen == [light.value]
            url = query_without(query, light=None if only else light.value)
            links.append(LightLink(light, words[light.value], count, url, light.value in chosen))
    return links


def menu_buttons(view: Any) -> list[MenuButton]:
    """The drop-down filters."""
    query, page = view.request.GET, reverse("remediation:list_filter", args=[view.list_name])
    active = view.filters.active
    here = query_without(query)
    buttons = []
    for name, (_label, parameters) in MENUS.items():
        in_use = any(parameter in active for parameter in parameters)
        url = page + query_without(query, menu=name)
        buttons.append(MenuButton(name, menu_label(name), url, f"{page}{here}#{name}", in_use))
    return buttons


def sentence(view: Any) -> str:
    """The filter and the order as one sentence, for paper."""
    order = view.orders[view.order_name.removeprefix("-")].label
    turned = view.order_name.startswith("-")
    parts = [words for _name, words in view.filters.sentences()]
    parts.append(
        (_("by %(order)s, descending") if turned else _("by %(order)s, ascending")) % {"order": order}
    )
    if view.known_counts is not None:
        parts.append(_("%(count)s in all") % {"count": view.known_counts.total})
    return _("Filter: %(conditions)s") % {"conditions": pgettext("clauses", ", ").join(parts)}


def culprit(view: Any) -> dict[str, str]:
    """What an empty list offers to drop: the condition that was added last."""
    words = dict(view.filters.sentences())
    name = next((one for one in reversed(list(view.request.GET)) if one in words), None)
    if name is None:
        return {"words": "", "url": ""}
    return {
        "words": words[name],
        "url": query_without(view.request.GET, name, *view.filters.riders_of(name)),
    }


def ledger_list_context(view: Any) -> dict[str, Any]:
    """Everything that ``remediation/ledger/list.html`` and its parts read beside the list itself."""
    query, user = view.request.GET, view.reader.user
    by_measure = view.list_name == "measures"
    kept = query_without(query, "sort", "columns", "item", "id")
    own = query_without(query)
    ledger = ledger_named(query.getlist("ledger"), view.reader.ledgers)
    return {
        "page_title": _("Ledger list"),
        "list_name": view.list_name,
        "list_url": view.request.path,
        "unit": "measure" if by_measure else "problem",
        "by": [
            (_("By measure"), reverse("remediation:measure_list") + kept, by_measure),
            (_("By item"), reverse("remediation:item_list") + kept, not by_measure),
        ],
        "lights": light_links(view) if not view.filters.problems else [],
        "menus": menu_buttons(view),
        "more_url": reverse("remediation:list_filter", args=[view.list_name]) + own,
        "saved_url": reverse("remediation:list_filter", args=[view.list_name])
        + query_without(query, menu="saved"),
        "clear_url": query_without(
            query, *view.filters.filters, *(p.parameter for p in view.filters.problems)
        ),
        "clear_words_url": query_without(query, "q"),
        "words": query.get("q", ""),
        "kept_pairs": pairs_without(query, "q"),
        "own_query": own,
        "column_choices": column_choices(view),
        "column_count": len(view.columns),
        "ledger": ledger,
        "back_query": query_without(query, "print"),
        "rows_url": f"{view.request.path}?{urlencode({'columns': view.columns}, doseq=True)}&id=",
        "print_url": query_without(query, print="1"),
        "xlsx_url": query_without(query, format="xlsx"),
        "csv_url": query_without(query, format="csv"),
        "page_size_urls": [(size, query_without(query, per_page=size)) for size in (20, 50, 100, 200)],
        "sentence": sentence(view) if not view.filters.problems else "",
        "culprit": culprit(view),
        "rule": view.reader.rule,
        "may_report": bool(reporting_offices(user)),
        "can_edit": can_edit_ledger(user),
        "sort_choices": sort_choices(view),
    }


def pairs_without(query: Any, *names: str) -> list[tuple[str, str]]:
    """The query as hidden fields, without ``names`` and the page."""
    return [
        (name, value)
        for name, values in query.lists()
        if name not in names and name != "page"
        for value in values
        if value
    ]


def column_choices(view: Any) -> list[dict[str, Any]]:
    """The columns of the menu: shown ones first, in their order."""
    declared = view.table_class.base_columns
    rest = [name for name in view.table_class.choosable() if name not in view.columns]
    return [
        {
            "name": name,
            "label": declared[name].verbose_name,
            "shown": name in view.columns,
            "fixed": name in view.table_class.fixed,
        }
        for name in (*view.columns, *rest)
    ]


def sort_choices(view: Any) -> list[tuple[str, str, bool]]:
    """The orders in words, for the phone."""
    query = view.request.GET
    words = {
        "due": _("Nearest deadline first"),
        "-due": _("Latest deadline first"),
        "number": _("In the order of the ledger"),
        "status": _("Least done first"),
        "-updated": _("Last updated first"),
    }
    return [
        (label, query_without(query, sort=name), name == view.order_name)
        for name, label in words.items()
        if name.removeprefix("-") in view.orders
    ]
