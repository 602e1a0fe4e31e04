"""`python -m tests.check`: every check that is not a test, as CI runs it; all of them, also when one fails."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
# An installation as it should be: Django's deployment check looks at its settings.
PRODUCTION = {
    "SITE_URL": "https://xiaohao.example.cn",
    "SECRET_KEY": "only-for-this-check-abcdefghijklmnopqrstuvwxyz-0123456789",
    "DATABASE_URL": "postgresql://xiaohao@localhost/xiaohao",
    "REDIS_URL": "redis://localhost:6379/0",
    "TRUSTED_PROXIES": "1",
    "WEB_WORKERS": "2",
}


@dataclass(frozen=True)
class Check:
    """A program that ends with 0 when all is well."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def node_tool(name: str) -> list[str]:
    """Return how to run a tool from node_modules: with the machine's Node, else with the one in the environment."""
    script = {"stylelint": "stylelint/bin/stylelint.mjs", "eslint": "eslint/bin/eslint.js"}[name]
    node = shutil.which("node") or str(Path(PYTHON).with_name("node"))
    return [node, str(ROOT / "node_modules" / script)]


def checks() -> list[Check]:
    manage = [PYTHON, "manage.py"]
    return [
        Check("ruff", [PYTHON, "-m", "ruff", "check", "."]),
        Check("ruff format", [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."]),
        Check("mypy", [PYTHON, "-m", "mypy"]),
        Check(
            "import-linter", [PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
        ),
        Check("djlint", [PYTHON, "-m", "djlint", "templates", "--lint", "--quiet"]),
        Check("stylelint", [*node_tool("stylelint"), "static/css/**/*.css"]),
        Check("eslint", [*node_tool("eslint"), "static/js"]),
        Check("catalogue merged", [PYTHON, "locale/merge.py", "--check"]),
        Check("catalogue complete", [PYTHON, "-m", "tests.catalogue"]),
        Check("migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        Check("deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
    ]


def main() -> int:
    failed: list[str] = []
    for check in checks():
        began = time.monotonic()
        environment = {**os.environ, **check.environment}
        result = subprocess.run(
            check.command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - began
        print(
            f"{'ok      ' if result.returncode == 0 else 'FAILED  '} {check.name} ({seconds:.1f} s)",
            flush=True,
        )
        if result.returncode:
            failed.append(check.name)
            print((result.stdout + result.stderr).rstrip(), flush=True)
    if failed:
        print(f"{len(failed)} of {len(checks())} checks failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
