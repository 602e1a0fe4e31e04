"""What a person chooses about a list: filter menus, saved filters, columns."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from core.lists.filtering import query_without
from core.text import printable
from core.toasts import toast
from remediation.context import person, reader_of
from remediation.filter_menus import FilterMenus
from remediation.filters import LedgerFilterSet, MeasureFilterSet
from remediation.item_filters import ItemFilterSet
from remediation.list_pages import pairs_without
from remediation.models import SavedFilter
from remediation.tables import ItemTable, LitTable, MeasureTable
from remediation.views.reading import reads_ledgers

LISTS: dict[str, tuple[str, type[LedgerFilterSet], type[LitTable]]] = {
    "measures": ("remediation:measure_list", MeasureFilterSet, MeasureTable),
    "items": ("remediation:item_list", ItemFilterSet, ItemTable),
}
LONGEST_QUERY = 1000


def _list_of(name: str) -> tuple[str, type[LedgerFilterSet], type[LitTable]]:
    if name not in LISTS:
        raise Http404
    return LISTS[name]


@reads_ledgers
@require_GET
def list_filter(request: HttpRequest, name: str) -> HttpResponse:
    """All conditions of a list on one page; with ``menu`` one of them as a fragment for its drop-down."""
    url_name, filterset, _table = _list_of(name)
    query = request.GET.copy()
    menu_name = query.pop("menu", [""])[0]
    context: dict[str, Any] = {
        "list_name": name,
        "list_url": reverse(url_name),
        "own_query": query_without(query),
    }
    if menu_name == "saved":
        return render(
            request, "remediation/ledger/_saved_menu.html", context | _saved_context(request, name, query)
        )
    menus = FilterMenus(query, reader=reader_of(request), filterset=filterset)
    if menu_name:
        try:
            menu = menus.menu(menu_name)
        except KeyError as error:
            raise Http404 from error
        context |= {"menu": menu, "kept_pairs": pairs_without(query, *menu.parameters)}
        return render(request, "remediation/ledger/_filter_menu.html", context)
    found = menus.all_menus()
    shown = {parameter for menu in found for parameter in menu.parameters} | {"q"}
    context |= {
        "page_title": _("All conditions"),
        "menus": found,
        "words": query.get("q", ""),
        "kept_pairs": [pair for pair in pairs_without(query) if pair[0] not in shown],
        "crumbs": [(_("Ledger list"), reverse(url_name) + query_without(query)), (_("All conditions"), "")],
        "back_url": reverse(url_name) + query_without(query),
        **_saved_context(request, name, query),
    }
    return render(request, "remediation/ledger/filter.html", context)


def _saved_context(request: HttpRequest, name: str, query: QueryDict) -> dict[str, Any]:
    """The person's saved filters of this list, and whether the present one can be saved."""
    prefix = f"{name}?"
    rows = SavedFilter.objects.filter(user=person(request), query__startswith=prefix)
    url = reverse(LISTS[name][0])
    own = query_without(query).removeprefix("?")
    return {
        "saved": [(row, f"{url}?{row.query.removeprefix(prefix)}") for row in rows],
        "saved_query": own,
        "can_save": bool(own),
    }


@reads_ledgers
@require_POST
def filter_save(request: HttpRequest, name: str) -> HttpResponse:
    """Keep the present filter under a name; the same name again replaces it."""
    url_name, _filterset, _table = _list_of(name)
    query = QueryDict(request.POST.get("query", ""))
    own = query_without(query).removeprefix("?")
    label = printable(request.POST.get("name", ""))[:60]
    back = reverse(url_name) + query_without(query)
    if not label or not own or len(own) > LONGEST_QUERY - 20:
        _refuse_saving(request, label=label, own=own)
        return redirect(back)
    try:
        with transaction.atomic():
            SavedFilter.objects.update_or_create(
                user=person(request), name=label, defaults={"query": f"{name}?{own}"}
            )
    except IntegrityError:
        # Two clicks at once: the other one has saved it.
        pass
    toast(request, _("Saved as “%(name)s”") % {"name": label})
    return redirect(back)


def _refuse_saving(request: HttpRequest, *, label: str, own: str) -> None:
    if not label:
        messages.error(request, _("Give the filter a name, so that you find it again."))
    elif not own:
        messages.error(request, _("There is no condition to keep yet. Filter first."))
    else:
        messages.error(request, _("The filter has too many conditions to be kept. Drop some of them."))


@reads_ledgers
@require_POST
def filter_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a saved filter."""
    row = get_object_or_404(SavedFilter, pk=pk, user=person(request))
    list_name = row.query.partition("?")[0]
    row.delete()
    toast(request, _("Deleted: %(name)s") % {"name": row.name})
    url_name = LISTS.get(list_name, LISTS["measures"])[0]
    return redirect(reverse(url_name) + query_without(QueryDict(request.POST.get("query", ""))))


@reads_ledgers
@require_POST
def columns_save(request: HttpRequest, name: str) -> HttpResponse:
    """Keep the ticked columns, in their order, for this person and in the address; or the usual ones again."""
    url_name, _filterset, table = _list_of(name)
    query = QueryDict(request.POST.get("query", ""))
    asked = request.POST.getlist("columns")
    columns = None if "reset" in request.POST else table.columns_from(asked)
    with transaction.atomic():
        user = User.objects.select_for_update().only("pk", "preferences").get(pk=person(request).pk)
        lists = dict(user.preferences.get("lists", {}))
        if columns is None:
            lists.pop(name, None)
        else:
            lists[name] = {"columns": columns}
        User.objects.filter(pk=user.pk).update(preferences={**user.preferences, "lists": lists})
    return redirect(reverse(url_name) + query_without(query, columns=columns))
