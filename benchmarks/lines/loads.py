"""The first load of each page in Chromium with an empty cache: bytes over the wire, as compressed, and requests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.results import Measurement
from benchmarks.server import session_of, web_server
from benchmarks.site import Site
from tests.capabilities import chromium_path

if TYPE_CHECKING:
    from playwright.sync_api import Browser

GOAL_KB, MOST_REQUESTS = 250, 12
CHART_LIBRARY = "echarts"
MISSING = "Chromium is not installed: the first load is not measured (Debian: apt install chromium)"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@dataclass
class Load:
    """What came over the wire: bytes by address of each request, headers and all."""

    sent: dict[str, str] = field(default_factory=dict)
    size: dict[str, float] = field(default_factory=dict)
    charts: int = 0

    def of(self, *, charts: bool) -> list[float]:
        """The bytes of the requests for the chart library, or of all others."""
        return [
            self.size.get(request, 0.0)
            for request, address in self.sent.items()
            if (CHART_LIBRARY in address) is charts
        ]


def pages(site: Site) -> list[tuple[str, str, str]]:
    """Name, reader and address of each page; nobody is signed in on the first."""
    from remediation.models import Item, Ledger

    older = Ledger.objects.exclude(pk=site.ledger.pk).latest("pk").pk
    item = Item.objects.filter(ledger=site.ledger).visible_to(site.person("clerk")).earliest("pk").pk
    return [
        ("sign-in", "", "/sign-in/"),
        ("home", "clerk", "/work/"),
        ("list by measure", "clerk", "/measures/"),
        ("list by item", "supervision", "/items/"),
        ("item", "clerk", f"/items/{item}/"),
        ("ledger by section", "supervision", f"/tree/?ledger={site.ledger.pk}"),
        ("dashboard", "leader", f"/dashboard/?ledger={older}"),
        ("dashboard of a new ledger", "leader", f"/dashboard/?ledger={site.ledger.pk}"),
        ("imports", "ledger", "/imports/"),
        ("messages", "clerk", "/messages/"),
    ]


def measure(site: Site) -> Iterator[Measurement]:
    """Each page once: bytes and requests do not change from one round to the next."""
    if (path := chromium_path()) is None:
        print(MISSING)
        return
    wanted = [
        (name, session_of(site.person(who)) if who else "", address) for name, who, address in pages(site)
    ]
    # Playwright runs an event loop in this thread; Django would take its own queries for asynchronous ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    from playwright.sync_api import sync_playwright

    with web_server() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            origin = f"http://127.0.0.1:{server.port}"
            loads = {name: loaded(browser, origin, session, address) for name, session, address in wanted}
        finally:
            browser.close()
    for name, load in loads.items():
        without = " without the chart library" if load.of(charts=True) else ""
        known: dict[str, Any] = {**site.measured("first load", f"{name}{without}", "kB"), "rows": None}
        yield Measurement(**known, product=[sum(load.of(charts=False)) / 1000], goal=GOAL_KB)
        known = {**site.measured("first load", f"{name}{without}, requests", "requests"), "rows": None}
        yield Measurement(**known, product=[float(len(load.of(charts=False)))], goal=MOST_REQUESTS)
        if library := load.of(charts=True):
            known = {**site.measured("first load", f"{name}, the chart library", "kB"), "rows": None}
            yield Measurement(**known, product=[sum(library) / 1000])
    idle = sum(1 for load in loads.values() if load.of(charts=True) and not load.charts)
    case = "pages that fetch the chart library and have no chart"
    yield Measurement(
        **{**site.measured("first load", case, "pages"), "rows": None}, product=[float(idle)], goal=0
    )


def loaded(browser: Browser, origin: str, session: str, address: str) -> Load:
    """Load one page in a browser that has seen nothing, until the network is quiet."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    try:
        if session:
            context.add_cookies([{"name": "sessionid", "value": session, "url": origin}])
        page, load = context.new_page(), Load()
        network = context.new_cdp_session(page)
        network.send("Network.enable")

        def sent(event: dict[str, Any]) -> None:
            if event["request"]["url"].startswith("http"):
                load.sent[event["requestId"]] = event["request"]["url"]

        def finished(event: dict[str, Any]) -> None:
            load.size[event["requestId"]] = event["encodedDataLength"]

        network.on("Network.requestWillBeSent", sent)
        network.on("Network.loadingFinished", finished)
        page.goto(f"{origin}{address}", wait_until="networkidle")
        load.charts = page.locator("canvas, [_echarts_instance_]").count()
        return load
    finally:
        context.close()
