"""What a machine may lack for the tests, and where it is found: PostgreSQL, Redis, Chromium, gettext."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# With this set, a missing capability fails a test that needs it instead of skipping it.
REQUIRE_VARIABLE = "XIAOHAO_REQUIRE"
READY_SECONDS = 30.0
# A cluster for one test run: nothing has to survive a power cut.
FOR_TESTS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


def required() -> bool:
    """Whether skipping is forbidden on this machine."""
    return os.environ.get(REQUIRE_VARIABLE, "") == "all"


def chromium_path() -> str | None:
    """Return where a Chromium or Chrome lies, if one does; CHROMIUM names another one."""
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "chrome"):
        if name and (path := shutil.which(name)):
            return path
    return None


def postgresql_folder() -> Path | None:
    """Return the folder with the programs of the newest PostgreSQL here, if there is one."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if folders:
        return max(folders, key=lambda folder: int(folder.parent.name))
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


def free_port() -> int:
    """Return a port of the loopback address on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], *, seconds: float = READY_SECONDS) -> bool:
    """Return whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def listening(port: int) -> bool:
    """Whether something takes connections on a port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True


@contextmanager
def redis_server() -> Iterator[str]:
    """Run a Redis server of its own and yield its address; nothing of it is kept."""
    with tempfile.TemporaryDirectory(prefix="xiaohao-redis-") as folder:
        port = free_port()
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            if not wait_until(lambda: listening(port)):
                raise RuntimeError("Redis does not start")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait()


@contextmanager
def postgresql_server(programs: Path, *, settings: Mapping[str, str] = FOR_TESTS) -> Iterator[str]:
    """Run a PostgreSQL cluster of its own and yield its address as a DATABASE_URL; nothing of it is kept.

    PostgreSQL refuses to run as root, so root hands it to an account without rights. At the end whoever is still
    connected is sent away.
    """
    with tempfile.TemporaryDirectory(prefix="xiaohao-pg-") as folder:
        data = Path(folder) / "data"
        as_whom: Sequence[str] = ()
        if os.getuid() == 0:
            account = unprivileged_account()
            os.chown(folder, account.pw_uid, account.pw_gid)
            as_whom = ("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
        initdb = [*as_whom, str(programs / "initdb"), "--no-sync", "--auth=trust", "--username=xiaohao"]
        initdb += ["--encoding=UTF8", "--locale=C", f"--pgdata={data}"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        port = free_port()
        own = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": folder}
        postgres = [*as_whom, str(programs / "postgres"), "-D", str(data)]
        for name, value in {**settings, **own}.items():
            postgres += ["-c", f"{name}={value}"]
        process = subprocess.Popen(postgres, stderr=subprocess.DEVNULL, cwd=folder)
        try:
            ready = [str(programs / "pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}"]
            if not wait_until(lambda: subprocess.run(ready, check=False).returncode == 0):
                raise RuntimeError("PostgreSQL does not start")
            yield f"postgresql://xiaohao@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=READY_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def unprivileged_account() -> pwd.struct_passwd:
    """Return an account that may run PostgreSQL."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("there is neither an account postgres nor one called nobody")
