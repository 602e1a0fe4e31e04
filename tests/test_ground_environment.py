"""core/env.py: what is read, what is refused, and that the manual says the same."""

import os
import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.env import WrongEnvironment, kept_secret_key, read_environment

ROOT = Path(__file__).resolve().parent.parent
KEY = "abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGHIJKLMNOP"
ORGAN = {
    "SITE_URL": "https://xiaohao.example.cn/",
    "SECRET_KEY": KEY,
    "TRUSTED_PROXIES": "1",
    "DATABASE_URL": "postgresql://xiaohao:p%40ss@db:5432/xiaohao",
    "REDIS_URL": "redis://:secret@redis:6379/0",
}


def refused(base_dir: Path, **variables: str) -> list[str]:
    """Return the lines with which an environment is refused."""
    with pytest.raises(WrongEnvironment) as caught:
        read_environment({"DATA_DIR": str(base_dir), **variables}, base_dir=base_dir)
    return caught.value.lines


def test_nothing_set_is_a_trial_on_this_machine(tmp_path: Path) -> None:
    env = read_environment({}, base_dir=tmp_path)
    assert env.local
    assert env.demo
    assert not env.debug
    assert not env.https
    assert (env.bind_address, env.port, env.site_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert env.data_dir == tmp_path / "var"
    assert env.database["NAME"] == str(tmp_path / "var" / "xiaohao.sqlite3")
    assert env.media_root == tmp_path / "var" / "media"


def test_the_address_follows_the_port(tmp_path: Path) -> None:
    assert read_environment({"PORT": "8001"}, base_dir=tmp_path).site_url == "http://127.0.0.1:8001"


def test_an_organ(tmp_path: Path) -> None:
    env = read_environment({**ORGAN, "WEB_WORKERS": "4", "ALLOWED_HOSTS": "a.cn, b.cn"}, base_dir=tmp_path)
    assert env.https
    assert not env.demo
    assert not env.local
    assert env.site_url == "https://xiaohao.example.cn"
    assert env.database["PASSWORD"] == "p@ss"
    assert env.allowed_hosts[:3] == ["a.cn", "b.cn", "xiaohao.example.cn"]
    assert env.web_workers == 4
    assert not (tmp_path / "var").exists()


def test_an_empty_variable_is_an_unset_one(tmp_path: Path) -> None:
    assert read_environment({"PORT": "", "REDIS_URL": " "}, base_dir=tmp_path).port == 8000


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "eight", "'eight' is not a whole number"),
        ("PORT", "0", "0 is not between 1 and 65535"),
        ("PORT", "70000", "70000 is not between 1 and 65535"),
        ("DEBUG", "maybe", "'maybe' is neither yes nor no"),
        ("BIND_ADDRESS", "localhost", "'localhost' is not an IP address"),
        ("SITE_URL", "xiaohao.example.cn", "is not an address such as"),
        ("SITE_URL", "https://xiaohao.example.cn/ledger", "has more than scheme, host and port"),
        ("SECRET_KEY", "short", "it is too short or too plain"),
        ("SECRET_KEY", "a" * 80, "it is too short or too plain"),
        ("DATABASE_URL", "mysql://u:hidden@h/n", "it is not an address such as postgresql://"),
        ("DATABASE_URL", "postgresql://u:hidden@h:5432/", "it names no database"),
        ("DATABASE_URL", "postgresql://u:hid#den@h:port/n", "it c"),
        ("REDIS_URL", "http://redis:6379", "it is not an address such as redis://"),
        ("CSRF_TRUSTED_ORIGINS", "xiaohao.example.cn", "does not begin with http:// or https://"),
        ("LOG_LEVEL", "LOUD", "'LOUD' is not one of"),
        ("REMIND_AT", "25:00", "'25:00' is not a time of day"),
        ("REMIND_AT", "8", "'8' is not a time of day"),
        ("WEB_WORKERS", "2", "set REDIS_URL too"),
        ("EMAIL_HOST_PASSWORD", "hidden", "EMAIL_HOST_USER is not set"),
    ],
)
def test_each_wrong_variable_has_one_line(tmp_path: Path, name: str, value: str, said: str) -> None:
    lines = [line for line in refused(tmp_path, **{name: value}) if line.startswith(f"{name}: ")]
    assert len(lines) == 1
    assert said in lines[0]
    assert "hidden" not in lines[0]


def test_all_wrong_variables_are_told_at_once(tmp_path: Path) -> None:
    lines = refused(tmp_path, PORT="x", DEBUG="x", LOG_LEVEL="x")
    assert {line.partition(":")[0] for line in lines} == {"PORT", "DEBUG", "LOG_LEVEL"}
    assert len(lines) == 3


def test_an_organ_needs_a_key_of_its_own_and_no_debugging(tmp_path: Path) -> None:
    lines = refused(tmp_path, SITE_URL="https://xiaohao.example.cn", DEBUG="1")
    assert [line.partition(":")[0] for line in lines] == ["SECRET_KEY", "DEBUG", "TRUSTED_PROXIES"]


def test_the_kept_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: kept_secret_key(tmp_path), range(32)))
    assert len(keys) == 1
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]


def test_a_wrong_environment_ends_every_command_with_its_lines_alone() -> None:
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PORT": "eight", "DEBUG": "maybe"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "The environment is not right:",
        "PORT: 'eight' is not a whole number",
        "DEBUG: 'maybe' is neither yes nor no (use 1 or 0)",
    ]


def test_the_manual_names_every_variable() -> None:
    source = (ROOT / "core" / "env.py").read_text(encoding="utf-8")
    read = set(re.findall(r'reader\.\w+\(\s*"([A-Z_]+)"', source))
    manual = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([A-Z_]+)`", manual, flags=re.MULTILINE))
    assert read - {"XIAOHAO_REQUIRE"} == told
