"""A PostgreSQL cluster for one run, with its settings said here, and a database of its own for each size."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.capabilities import free_port, unprivileged_account, wait_until

MISSING = "PostgreSQL is not installed: SQLite alone is measured (Debian: apt install postgresql)"
# What an administrator of a small server sets; whatever is about durability stays as PostgreSQL ships it (fsync,
# full_page_writes and synchronous_commit on), because every save pays for it.
SETTINGS = {
    "shared_buffers": "512MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "2GB",
    "random_page_cost": "1.1",
    "max_wal_size": "4GB",
    "max_connections": "100",
}
STOP_SECONDS = 30


def settings_words() -> str:
    """The settings as the report names them."""
    return ", ".join(f"{name} {value}" for name, value in SETTINGS.items())


@contextmanager
def cluster(programs: Path) -> Iterator[str]:
    """Run a cluster on a free port of the loopback address; yields its address, ending in ``/``.

    PostgreSQL refuses to run as root, so root hands it to an account without rights. Nothing of it is kept.
    """
    with tempfile.TemporaryDirectory(prefix="xiaohao-bench-pg-") as folder:
        data = Path(folder) / "data"
        as_whom: Sequence[str] = ()
        if os.getuid() == 0:
            account = unprivileged_account()
            os.chown(folder, account.pw_uid, account.pw_gid)
            as_whom = ("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
        initdb = [*as_whom, str(programs / "initdb"), "--auth=trust", "--username=xiaohao"]
        initdb += ["--encoding=UTF8", "--locale=C", f"--pgdata={data}"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        port = free_port()
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "port": str(port)}
        postgres = [*as_whom, str(programs / "postgres"), "-D", str(data)]
        for name, value in {**SETTINGS, **settings}.items():
            postgres += ["-c", f"{name}={value}"]
        process = subprocess.Popen(postgres, stderr=subprocess.DEVNULL, cwd=folder)
        try:
            ready = [str(programs / "pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}"]
            if not wait_until(lambda: subprocess.run(ready, check=False).returncode == 0):
                raise RuntimeError("PostgreSQL does not start")
            yield f"postgresql://xiaohao@127.0.0.1:{port}/"
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """A fast shutdown: whoever is still connected is sent away."""
    process.send_signal(2)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def create_database(address: str, name: str) -> str:
    """Make an empty database in the cluster and return its address."""
    run_alone(address, f'CREATE DATABASE "{name}"')
    return f"{address}{name}"


def drop_database(address: str, name: str) -> None:
    """Remove a database that has been measured: a million rows and their indexes are a gigabyte and more."""
    run_alone(address, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def run_alone(address: str, statement: str) -> None:
    """Run a statement that must stand outside any transaction, in the cluster's own database."""
    import psycopg2

    connection = psycopg2.connect(f"{address}postgres")
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def server_version(address: str) -> str:
    """The server's version in one word."""
    import psycopg2

    connection = psycopg2.connect(f"{address}postgres")
    try:
        return f"{connection.server_version // 10000}.{connection.server_version % 10000}"
    finally:
        connection.close()
