"""What every test may use: real servers, a real browser, and a database that child processes share."""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django.plugin import blocking_manager_key

from tests import capabilities

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

    from accounts.models import User

# Fixtures: a small organ with one person of each kind, and what the addresses of its pages point at.
pytest_plugins = ["tests.people", "tests.access.world"]

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# The migrations that bring rows, and what does it in them.
SEEDS = [("core.migrations.0002_seed_calendar", "seed"), ("accounts.migrations.0002_roles", "make_roles")]
BROWSER_FIXTURES = {"chromium", "browser_page"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by what they use, and leave out what is about the other database."""
    left_out = []
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & BROWSER_FIXTURES:
            item.add_marker(pytest.mark.browser)
        if "redis_server" in names:
            item.add_marker(pytest.mark.redis)
        if any(item.get_closest_marker(vendor) for vendor in {"postgresql", "sqlite"} - {connection.vendor}):
            left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def lacking(what: str, *, package: str) -> NoReturn:
    """Skip the test, or fail it where skipping is forbidden."""
    reason = f"{what} is not installed (Debian: apt install {package})"
    if capabilities.required():
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Forget counted sign-ins and cached calendars of the test before."""
    cache.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Put back what migrations brought after a test that empties the tables at its end.

    pytest-django runs such tests last, but pytest-xdist deals the files out anew, those with most tests first.
    """
    yield
    if nextitem is None:
        # The database has been dropped with everything else that stands for the whole session.
        return
    marker = item.get_closest_marker("django_db")
    empties = marker is not None and marker.kwargs.get("transaction")
    if empties or {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())):
        with item.config.stash[blocking_manager_key].unblock():
            for migration, seed in SEEDS:
                getattr(import_module(migration), seed)(apps, None)


@pytest.fixture(scope="session", autouse=True)
def left_alone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let nobody else use the test database when it is dropped.

    A process that a test has killed leaves a session behind until the server notices: for as long as its statement
    runs. PostgreSQL drops no database that somebody is connected to.
    """
    if connection.vendor != "postgresql" or "django_db_setup" not in request.fixturenames:
        yield
        return
    blocker = request.getfixturevalue("django_db_blocker")
    request.getfixturevalue("django_db_setup")
    yield
    with blocker.unblock():
        if not capabilities.wait_until(lambda: not other_sessions(), seconds=10):
            with connection.cursor() as cursor:
                for pid, application, statement in other_sessions():
                    print(f"Ending a session that a test left on the database: {application} {statement}")
                    cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.close()


def other_sessions() -> list[tuple[int, str, str]]:
    """Process id, application and last statement of everybody else who is connected to this test's database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, application_name, left(query, 200) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        rows: list[tuple[int, str, str]] = cursor.fetchall()
    return rows


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The address of a Redis server, running for this test session alone."""
    if not shutil.which("redis-server"):
        lacking("Redis", package="redis-server")
    with capabilities.redis_server() as url:
        yield url


@pytest.fixture
def child_environment(transactional_db: None) -> dict[str, str]:
    """The environment for a real process (worker, beat, command) on this test's own database and data folder.

    Such a process sees only what is committed, so the test's rows are really there, and removed afterwards.
    """
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        user, password = database["USER"], database["PASSWORD"]
        sign_in = f"{user}:{password}" if password else user
        url = f"postgresql://{sign_in}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return {
        **{name: value for name, value in os.environ.items() if name != "TEST_DATABASE_URL"},
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": url,
        "DATA_DIR": str(settings.DATA_DIR),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "SECRET_KEY": settings.SECRET_KEY,
    }


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """A Chromium without a window."""
    path = capabilities.chromium_path()
    if path is None:
        lacking("Chromium", package="chromium fonts-noto-cjk")
    # Playwright runs an event loop in this thread; Django would take the test's own queries for asynchronous ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def browser_page(chromium: "Browser", live_server: "LiveServer") -> "Iterator[Page]":
    """A page of the running site, 1366 px wide. Fails the test on a script error or a Content-Security-Policy report.

    Addresses may be given relative to the site: `browser_page.goto("/")`. A refused request (404, 422) is no error.
    """
    context = chromium.new_context(
        base_url=live_server.url,
        viewport={"width": 1366, "height": 768},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        accept_downloads=True,
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda message: (
            complaints.append(f"{page.url}: {message.text}")
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    yield page
    context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def sign_in(client: Client, live_server: "LiveServer") -> "Callable[[Page, User], None]":
    """A function that signs a person in on a page, past the form."""

    def signed_in(page: "Page", user: "User") -> None:
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return signed_in


@pytest.fixture(scope="session")
def axe() -> "Callable[..., list[str]]":
    """A function that returns what axe-core finds wrong with a page, one line for each element; nothing is good."""

    def violations(page: "Page", *, without: tuple[str, ...] = ()) -> list[str]:
        """Return the violations on the page as it is now; `without` names rules to leave out."""
        # Evaluated from outside, which the page's Content-Security-Policy does not forbid.
        page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
        rules = {rule: {"enabled": False} for rule in without}
        found: dict[str, Any] = page.evaluate("rules => axe.run(document, {rules})", rules)
        return [
            f"{violation['id']} ({violation['help']}): {node['html'][:200]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    return violations
