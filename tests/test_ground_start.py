"""`make run` for real: it starts, answers, stops, and leaves nothing behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.capabilities import free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent
FIRST_PAGE_SECONDS = 60.0  # measured on a machine at rest: 6, and 3 the second time


def surroundings(data_dir: Path, *, port: int) -> dict[str, str]:
    """The environment of a person who types `make run`, with the data elsewhere."""
    ours = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "TEST_DATABASE_URL", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "DATA_DIR": str(data_dir), "PORT": str(port), "DEMO": "0"}


def fetched(port: int, path: str) -> tuple[int, str]:
    """Return the status and the text of an answer, or 0 while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, ""
    except OSError:
        return 0, ""


@contextmanager
def running(data_dir: Path, *, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`make run` in a group of its own, as in a terminal, until the block ends; then Ctrl-C."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=ROOT,
            env=surroundings(data_dir, port=port),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            answered = wait_until(lambda: fetched(port, "/healthz")[0] == 200, seconds=FIRST_PAGE_SECONDS)
            assert answered, log.read_text()
            yield process
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=30)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def entries(folder: Path) -> set[str]:
    """The names in the folder, but for caches of tools that other tests may be running."""
    return {path.name for path in folder.iterdir() if not path.name.endswith(("_cache", ".pyc"))} - {
        "staticfiles"
    }


def processes_on(data_dir: Path) -> list[psutil.Process]:
    """The processes that were started for this data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("DATA_DIR") == str(data_dir) and process.pid != os.getpid():
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.slow
def test_it_runs_stops_and_runs_again(tmp_path: Path) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "log"
    before = entries(ROOT)
    port = free_port()
    with running(data_dir, port=port, log=log):
        assert wait_until(lambda: f"http://127.0.0.1:{port}/" in log.read_text(), seconds=10)
        # Three programs, one of them with a child for each thing that it does side by side.
        commands = [" ".join(process.cmdline()) for process in processes_on(data_dir)]
        assert any("granian" in command for command in commands)
        assert any(" worker " in command for command in commands)
        assert any(" beat " in command for command in commands)
        manifest = json.loads((ROOT / "staticfiles" / "staticfiles.json").read_text(encoding="utf-8"))
        style_sheet = manifest["paths"]["build/site.css"]
        assert fetched(port, f"/static/{style_sheet}")[0] == 200
        assert fetched(port, "/no-such-page")[0] in {302, 404}
    said = log.read_text()
    assert "Traceback" not in said
    assert "Warm shutdown" in said
    assert processes_on(data_dir) == []
    assert entries(ROOT) == before
    left = {path.name for path in data_dir.rglob("*") if path.is_file()}
    assert not {name for name in left if name.endswith((".pid", ".sock", ".lock")) or name == "lock"}
    key = (data_dir / "secret-key").read_text()

    again = time.monotonic()
    with running(data_dir, port=port, log=log):
        assert time.monotonic() - again < FIRST_PAGE_SECONDS
    assert (data_dir / "secret-key").read_text() == key
    assert processes_on(data_dir) == []


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        result = make_run(surroundings(tmp_path, port=port))
    assert result.returncode != 0
    assert one_line(result.stderr).startswith(f"端口{port}已被占用")


def test_data_in_use_is_one_line(tmp_path: Path) -> None:
    import fcntl

    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = make_run(surroundings(tmp_path, port=free_port()))
    assert result.returncode != 0
    assert str(tmp_path) in one_line(result.stderr)


def test_a_wrong_variable_is_one_line(tmp_path: Path) -> None:
    result = make_run({**surroundings(tmp_path, port=1), "PORT": "eight"})
    assert result.returncode != 0
    assert "PORT: 'eight' is not a whole number" in result.stderr


@pytest.fixture
def empty_copy(tmp_path: Path) -> Path:
    """What `make run` looks at first, in a folder without a virtual environment."""
    copy = tmp_path / "copy"
    (copy / "config").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", copy)
    shutil.copy(ROOT / "config" / "prepare.py", copy / "config")
    return copy


def fake_python(folder: Path, body: str) -> Path:
    """A program called python3 that is as if another Python were the only one here; return its folder."""
    programs = folder / "programs"
    programs.mkdir()
    for name in ("make", "sh", "echo", "env", "awk"):
        (programs / name).symlink_to(shutil.which(name) or "/bin/sh")
    python = programs / "python3"
    python.write_text(f"#!/bin/sh\n{body}\n")
    python.chmod(0o755)
    return programs


def test_an_old_python_is_one_line(empty_copy: Path, tmp_path: Path) -> None:
    # The real interpreter, told that it is an old one, runs the very file that an old one would be given.
    real = Path(sys.executable).resolve()
    body = f"""case "$1" in
-c) exit 1;;
*) exec {real} -c "import sys, runpy; sys.version_info = (3, 9, 2, 'final', 0); sys.argv = sys.argv[1:]; \
runpy.run_path(sys.argv[0], run_name='__main__')" "$@";;
esac"""
    programs = fake_python(tmp_path, body)
    result = subprocess.run(
        ["make", "run"],
        cwd=empty_copy,
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert one_line(result.stderr).startswith("Xiaohao needs Python 3.11 or later; this is 3.9.")
    assert not (empty_copy / ".venv").exists()


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_one_line(empty_copy: Path, tmp_path: Path, module: str) -> None:
    real = Path(sys.executable).resolve()
    body = f"""case "$1" in
-c) exec {real} "$@";;
*) exec {real} -c "import sys, runpy; sys.modules['{module}'] = None; sys.argv = sys.argv[1:]; \
runpy.run_path(sys.argv[0], run_name='__main__')" "$@";;
esac"""
    programs = fake_python(tmp_path, body)
    result = subprocess.run(
        ["make", "run"],
        cwd=empty_copy,
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert one_line(result.stderr).startswith("This Python lacks its venv module.")
    assert not (empty_copy / ".venv").exists()


def test_no_python_is_one_line(empty_copy: Path, tmp_path: Path) -> None:
    programs = fake_python(tmp_path, "")
    (programs / "python3").unlink()
    result = subprocess.run(
        ["make", "run"],
        cwd=empty_copy,
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert one_line(result.stderr) == "Xiaohao needs Python 3.11 or later: python3 is not here"


def make_run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "run"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def one_line(stderr: str) -> str:
    """Return the only line on stderr beside make's own."""
    lines = [line for line in stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1, stderr
    return lines[0]
