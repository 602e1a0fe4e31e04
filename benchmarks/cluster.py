"""A PostgreSQL cluster for one run, with its settings said here, and a database of its own for each size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.capabilities import postgresql_server

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


def settings_words() -> str:
    """The settings as the report names them."""
    return ", ".join(f"{name} {value}" for name, value in SETTINGS.items())


@contextmanager
def cluster(programs: Path) -> Iterator[str]:
    """Run a cluster with these settings; yields its address, ending in ``/``."""
    with postgresql_server(programs, settings=SETTINGS) as url:
        yield url.removesuffix("postgres")


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
