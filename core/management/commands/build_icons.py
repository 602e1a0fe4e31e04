"""Build the one icon sprite from the icons that the pages use."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import navigation
from core.templatetags import look

LIST = "static/img/icons.txt"
OWN = "static/img/icons"
PACKAGE = "node_modules/bootstrap-icons/icons"
TARGET = "static/build/icons.svg"

_IN_TEMPLATES = re.compile(r"""(?:{%\s*icon\s+|icon_name=)["']([a-z0-9-]+)["']""")
_BODY = re.compile(r"<svg([^>]*)>(.*)</svg>", re.DOTALL)
_VIEW_BOX = re.compile(r'viewBox="([^"]+)"')


class Command(BaseCommand):
    """Names come from icons.txt, the templates, the navigation and ``look.ICONS``; an unknown one stops it."""

    # Runs during setup, before anything else of the site needs to be right.
    requires_system_checks: list[str] = []
    help = "Build static/build/icons.svg from the icons in use."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the sprite."""
        root = Path(settings.BASE_DIR)
        names = wanted_names(root)
        symbols = [symbol(root, name) for name in sorted(names)]
        target = root / TARGET
        target.parent.mkdir(parents=True, exist_ok=True)
        sprite = '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n"
        # Left alone when nothing changed, so that nobody collects static files for nothing.
        if not target.is_file() or target.read_text(encoding="utf-8") != sprite:
            target.write_text(sprite, encoding="utf-8")
        if options["verbosity"]:
            self.stdout.write(f"{TARGET}: {len(symbols)} icons")


def wanted_names(root: Path) -> set[str]:
    """Return every icon that a template, the list or Python names."""
    listed = (root / LIST).read_text(encoding="utf-8").split("\n")
    names = {line.strip() for line in listed if line.strip() and not line.startswith("#")}
    names.update(look.ICONS)
    names.update(entry.icon for entry in navigation.registered())
    for path in (root / "templates").rglob("*.html"):
        names.update(_IN_TEMPLATES.findall(path.read_text(encoding="utf-8")))
    return names


def symbol(root: Path, name: str) -> str:
    """Return one icon as a ``symbol``; our own drawing goes before the package's."""
    for folder in (OWN, PACKAGE):
        path = root / folder / f"{name}.svg"
        if path.is_file():
            found = _BODY.search(path.read_text(encoding="utf-8"))
            if found is None:
                raise CommandError(f"{path} is no SVG drawing")
            box = _VIEW_BOX.search(found[1])
            body = " ".join(found[2].split())
            return f'<symbol id="{name}" viewBox="{box[1] if box else "0 0 16 16"}">{body}</symbol>'
    raise CommandError(f"There is no icon named {name}: neither in {OWN} nor in {PACKAGE}")
