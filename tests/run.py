"""`python -m tests.run`: the whole suite on SQLite, then on PostgreSQL; arguments go to pytest.

Where there is no PostgreSQL the second round is skipped and said so; XIAOHAO_REQUIRE=all makes that a failure.
TEST_DATABASE_URL names a server to use instead of a cluster made for the occasion.
"""

import os
import subprocess
import sys

from tests.capabilities import postgresql_folder, postgresql_server, required

MISSING = "PostgreSQL is not installed: the suite ran on SQLite alone (Debian: apt install postgresql)"


def main(arguments: list[str]) -> int:
    url = os.environ.pop("TEST_DATABASE_URL", "")
    results = [suite("SQLite", arguments, url="")]
    folder = postgresql_folder()
    if url:
        results.append(suite("PostgreSQL", arguments, url=url))
    elif folder:
        with postgresql_server(folder) as own_url:
            results.append(suite("PostgreSQL", arguments, url=own_url))
    elif required():
        print(MISSING, file=sys.stderr)
        results.append(1)
    else:
        print(f"SKIPPED: {MISSING}")
    return max(results)


def suite(database: str, arguments: list[str], *, url: str) -> int:
    """Run the suite once and return pytest's exit code."""
    print(f"=== The suite on {database}", flush=True)
    command = [sys.executable, "-m", "pytest", "--numprocesses=2", "--dist=loadfile", *arguments]
    return subprocess.run(command, env={**os.environ, "TEST_DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
