"""The ledgers that a request may see, read once: for the switcher in the top bar, for lists, and for the lights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlencode

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import BUSINESS_ROLES
from core.clock import today
from core.models import CalendarDay
from core.text import whole_number
from remediation.filters import Reader
from remediation.lights import LightRule
from remediation.models import Ledger

COOKIE = "ledger"
COOKIE_SECONDS = 180 * 24 * 60 * 60
# Pages that take ?ledger= and stay where they are when another ledger is chosen.
LEDGER_PAGES = frozenset(
    {
        "remediation:work",
        "remediation:measure_list",
        "remediation:item_list",
        "remediation:ledger_tree",
        "supervision:dashboard",
    }
)
# Without ?ledger= these show all ledgers.
ALL_LEDGERS_PAGES = frozenset({"remediation:work", "remediation:measure_list", "remediation:item_list"})


def person(request: HttpRequest) -> User:
    """Who is signed in; the view has required it."""
    return cast(User, request.user)


def ledgers_of(request: HttpRequest) -> dict[int, Ledger]:
    """The ledgers that this person may see, newest first: one query a request, whoever asks."""
    kept: dict[int, Ledger] | None = getattr(request, "_visible_ledgers", None)
    if kept is None:
        rows = (
            Ledger.objects.visible_to(person(request))
            .with_kept_total()
            .order_by(F("archived_at").asc(nulls_first=True), F("year").desc(nulls_last=True), "-pk")
        )
        kept = {ledger.pk: ledger for ledger in rows}
        request._visible_ledgers = kept  # type: ignore[attr-defined]
    return kept


def reader_of(request: HttpRequest) -> Reader:
    """Who reads, on which day, with the rule of lights: built once a request."""
    kept: Reader | None = getattr(request, "_reader", None)
    if kept is None:
        ledgers = ledgers_of(request)
        rule = LightRule.build(today(), CalendarDay.objects.work_calendar(), ledgers=ledgers.values())
        kept = Reader(person(request), rule, ledgers)
        request._reader = kept  # type: ignore[attr-defined]
        # The sidebar counts what waits for this person, and knows nothing but the person.
        kept.user._reader = kept  # type: ignore[attr-defined]
    return kept


def chosen_ledger(request: HttpRequest) -> Ledger | None:
    """The one ledger named by ``?ledger=``, else the one last chosen, if the person may see it."""
    ledgers = ledgers_of(request)
    named = request.GET.getlist("ledger")
    if not named and (kept := request.COOKIES.get(COOKIE)):
        named = [kept]
    return ledger_named(named, ledgers)


def ledger_named(named: Sequence[str], ledgers: Mapping[int, Ledger]) -> Ledger | None:
    """The ledger that an address names, if it names one and that is among ``ledgers``."""
    pk = whole_number(named[0]) if len(named) == 1 else None
    return ledgers.get(pk) if pk is not None else None


def remember_ledger(request: HttpRequest, response: HttpResponse) -> None:
    """Keep the ledger that was chosen in the address, for pages that come without one."""
    ledger = chosen_ledger(request) if "ledger" in request.GET else None
    if ledger is not None and request.COOKIES.get(COOKIE) != str(ledger.pk):
        response.set_cookie(
            COOKIE,
            str(ledger.pk),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )


def switcher(request: HttpRequest) -> dict[str, Any] | None:
    """What the top bar's switcher shows; nothing where there is no ledger to see."""
    ledgers = ledgers_of(request)
    if not ledgers:
        return None
    page = request.resolver_match.view_name if request.resolver_match else ""
    current = chosen_ledger(request)
    if page in ALL_LEDGERS_PAGES and "ledger" not in request.GET:
        current = None

    def address(ledger: Ledger | None) -> str:
        path = request.path if page in LEDGER_PAGES else reverse("remediation:measure_list")
        kept = request.GET.copy() if page in LEDGER_PAGES else None
        pairs: list[tuple[str, str]] = []
        if kept is not None:
            # What belongs to one ledger does not go along to another.
            for name in ("ledger", "section", "item", "branches", "page", "id", "batch"):
                kept.pop(name, None)
            pairs = [(name, value) for name, values in kept.lists() for value in values]
        if ledger is not None:
            pairs.insert(0, ("ledger", str(ledger.pk)))
        return f"{path}?{urlencode(pairs)}" if pairs else path

    several = len(ledgers) > 1 and page != "remediation:ledger_tree"
    return {
        "current": current.title if current else (None if several else next(iter(ledgers.values())).title),
        "choices": [
            {"label": ledger.title, "url": address(ledger), "is_current": ledger == current}
            for ledger in ledgers.values()
        ],
        "all_url": address(None) if several else "",
        "all_label": _("All ledgers"),
    }


def ledger_switcher(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``ledger_switcher`` for the top bar, worked out only when it is drawn."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.has_role(*BUSINESS_ROLES):
        return {"ledger_switcher": None}
    return {"ledger_switcher": SimpleLazyObject(lambda: switcher(request) or {})}
