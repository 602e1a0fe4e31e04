"""config/settings.py: the database, the headers, the static files, and what is not public."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test import Client, override_settings

# The real ones: tests take static files from their source.
from config.settings import STORAGES
from tests.check import PRODUCTION

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.sqlite
def test_sqlite_takes_the_write_lock_at_the_beginning(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        pragmas = {}
        for pragma in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys"):
            cursor.execute(f"PRAGMA {pragma}")
            pragmas[pragma] = cursor.fetchone()[0]
    assert pragmas == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 20_000, "foreign_keys": 1}
    other = connection.copy()
    other.settings_dict["OPTIONS"] = {**other.settings_dict["OPTIONS"], "timeout": 0}
    other.connect()
    with (
        transaction.atomic(),
        closing(other.cursor()) as cursor,
        pytest.raises(OperationalError, match="locked"),
    ):
        cursor.execute("BEGIN IMMEDIATE")
    other.close()


def test_no_request_is_one_transaction() -> None:
    assert settings.DATABASES["default"]["ATOMIC_REQUESTS"] is False


def test_the_browser_is_told_to_run_nothing_inline(db: None, client: Client) -> None:
    headers = client.get("/healthz").headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'self'",
        "img-src": "'self' data:",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'self'",
        "object-src": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/media/", "/var/secret-key", "/static/../var/secret-key", "/media/x.xlsx"])
def test_private_files_have_no_address(db: None, client: Client, path: str) -> None:
    (settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
    (settings.MEDIA_ROOT / "x.xlsx").write_bytes(b"private")
    response = client.get(path)
    assert response.status_code in {302, 404}
    assert b"private" not in response.content


def test_collected_files_are_named_by_their_digest_and_may_be_read_by_another_account(
    tmp_path: Path,
) -> None:
    root = tmp_path / "collected"
    with override_settings(STATIC_ROOT=root, STORAGES=STORAGES):
        call_command("collectstatic", interactive=False, verbosity=0)
        sheet = root / staticfiles_storage.url("build/site.css").removeprefix("/static/")
        arrow = staticfiles_storage.url("img/chevron-down.svg").removeprefix("/static/")
    assert sheet.name != "site.css"
    assert f'url("../{arrow}")' in sheet.read_text(encoding="utf-8")
    assert sheet.with_name(f"{sheet.name}.gz").is_file()
    for path in (root, *(found for found in root.rglob("*") if found.suffix != ".gz")):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def test_an_organs_settings_pass_the_deployment_check() -> None:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATA_DIR", "DEMO", "DJANGO_ALLOW_ASYNC_UNSAFE"}
    }
    result = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**kept, "DJANGO_SETTINGS_MODULE": "config.settings", **PRODUCTION},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_the_health_page_writes_nothing_and_takes_no_post(db: None, client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.get("/healthz").headers["Cache-Control"].startswith("max-age=0")
