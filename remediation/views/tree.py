"""The ledger by section (分板块查看)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists.filtering import query_without
from remediation.context import chosen_ledger, ledgers_of, reader_of, remember_ledger
from remediation.counting.items import StatusTotals
from remediation.filter_menus import FilterMenus
from remediation.links import measures_url, subject_url
from remediation.list_pages import menu_label, pairs_without
from remediation.models import Ledger
from remediation.stated import compared_totals
from remediation.subjects import SUBJECT_LABELS
from remediation.tree import ALL, LedgerTree, TreeFilterSet
from remediation.views.reading import reads_ledgers

# Always shown; opinions and projects where the ledger has them.
FIRST_SUBJECTS = ("key_problems", "specific_problems", "inference_items", "reform_items", "measures")


@reads_ledgers
@require_GET
def ledger_tree(request: HttpRequest) -> HttpResponse:
    """Sections, key problems, items and measures of one ledger, with roll-ups; opened branches are in the address."""
    ledgers = ledgers_of(request)
    if "ledger" in request.GET and chosen_ledger(request) is None:
        raise Http404
    ledger = chosen_ledger(request) or next(iter(ledgers.values()), None)
    if ledger is None:
        return render(request, "remediation/ledger/tree_empty.html", {"page_title": _("View by section")})
    filters = TreeFilterSet(request.GET, reader=reader_of(request))
    tree = LedgerTree(ledger, filters=filters, rule=filters.rule, opened=request.GET.get("branches"))
    fragment = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "tree"
    template = "remediation/ledger/_tree.html" if fragment else "remediation/ledger/tree.html"
    context = _context(request, tree=tree, with_totals=not fragment)
    response = render(request, template, context, status=422 if filters.problems else 200)
    remember_ledger(request, response)
    return response


def _context(request: HttpRequest, *, tree: LedgerTree, with_totals: bool) -> dict[str, Any]:
    query, ledger, filters = request.GET, tree.ledger, tree.filters
    others = query_without(query, "branches")
    menus = FilterMenus(query, reader=filters.reader, filterset=TreeFilterSet)
    context: dict[str, Any] = {
        "page_title": _("View by section"),
        "ledger": ledger,
        "rows": tree.rows(),
        "problems": filters.problems,
        "chips": [chip for chip in filters.chips() if chip.parameter != "ledger"],
        "clear_url": query_without(query, *(name for name in filters.filters if name != "ledger")),
        # What the branches to be open are put behind.
        "branches_query": f"{others}{'' if others == '?' else '&'}branches=",
        "open_all_url": query_without(query, branches=ALL),
        "fold_url": query_without(query, branches=tree.usual),
        "fold_all_url": query_without(query, branches="none"),
        "menus": [
            (menus.menu(name), menu_label(name), pairs_without(query, *parameters))
            for name, parameters in (
                ("office", ("office", "role", "below")),
                ("status", ("status", "not_completed")),
            )
        ],
        "in_use": {name for name in ("office", "status") if name in filters.active},
    }
    if with_totals:
        totals = tree.totals()
        compared = compared_totals(ledger, totals) if tree.everything_seen else []
        context["cells"] = _cells(ledger, totals, tree)
        context["stated"] = [
            line for line in compared if line.total.stated is not None or line.completed.stated is not None
        ]
        context["stated_differs"] = any(line.differs for line in compared)
        context["shape"] = _shape(totals, tree)
    return context


def _cells(ledger: Ledger, totals: dict[str, StatusTotals], tree: LedgerTree) -> list[dict[str, Any]]:
    """The five totals, and further subjects that have rows; each links to what it counts."""
    links = {} if tree.narrowed else {name: subject_url(name, ledger=ledger.pk) for name in SUBJECT_LABELS}
    links["measures"] = measures_url(ledger=ledger.pk, **tree.narrowed)
    subjects = [name for name in FIRST_SUBJECTS if name != "measures"]
    subjects += [name for name in ("opinions", "projects") if totals[name].total]
    return [
        {"label": SUBJECT_LABELS[name], "totals": totals[name], "url": links.get(name, "")}
        for name in (*subjects, "measures")
    ]


def _shape(totals: dict[str, StatusTotals], tree: LedgerTree) -> dict[str, int]:
    """How large the tree is: for the line of scope."""
    top = sum(1 for rollup in tree.rollups if tree.shows(rollup))
    kinds = ("specific_problems", "inference_items", "opinions", "projects")
    return {
        "sections": top,
        "key_problems": totals["key_problems"].total,
        "items": sum(totals[name].total for name in kinds),
        "measures": totals["measures"].total,
    }
