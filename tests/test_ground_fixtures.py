"""The fixtures of conftest.py themselves."""

import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import redis
from django.contrib.sessions.models import Session
from django.test import Client

if TYPE_CHECKING:
    from playwright.sync_api import Page

PRINT_SESSIONS = """
import django; django.setup()
from django.contrib.sessions.models import Session
print(Session.objects.get().pk)
"""


def test_redis_answers(redis_server: str) -> None:
    client = redis.Redis.from_url(redis_server)
    assert client.ping()
    client.close()


def test_a_child_process_sees_the_rows_of_the_test(child_environment: dict[str, str]) -> None:
    Session.objects.create(session_key="seen", session_data="", expire_date="2030-01-01T00:00:00Z")
    command = [sys.executable, "-c", PRINT_SESSIONS]
    result = subprocess.run(command, env=child_environment, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "seen"


def test_the_browser_reads_a_page(browser_page: "Page") -> None:
    response = browser_page.goto("/healthz")
    assert response is not None
    assert response.ok
    assert browser_page.inner_text("body") == "ok"
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


def test_axe_finds_a_picture_without_words(browser_page: "Page", axe: Callable[..., list[str]]) -> None:
    browser_page.set_content("<html lang=zh><title>x</title><main><h1>x</h1><img src='data:,'></main></html>")
    assert [line for line in axe(browser_page) if line.startswith("image-alt")]


def test_health_is_open_to_everybody(db: None, client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")
