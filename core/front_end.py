"""What pages load on every visit, put together from many small files: served from this site, in few requests."""

import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage, Storage

# Static path -> the files of this project that it is put together from, in their order.
# What every page needs is one style sheet and one script: thirty requests cost a first visit more than their bytes do.
# They are set behind each other and nothing else, so that no tool is needed and the browser shows them as written.
# Left as files of their own: what some pages alone link to, early.js, which runs before the page is drawn, and the
# chart library, which only a page with a chart fetches.
BUNDLES = {
    "build/site.css": [
        "node_modules/bootstrap/dist/css/bootstrap.min.css",
        "static/css/tokens.css",
        "static/css/base.css",
        "static/css/shell.css",
        "static/css/states.css",
        "static/css/components.css",
        "static/css/tables.css",
        "static/css/forms.css",
        "static/css/overlays.css",
        "static/css/work.css",
        "static/css/print.css",
    ],
    "build/site.js": [
        "node_modules/bootstrap/dist/js/bootstrap.bundle.min.js",
        "node_modules/htmx.org/dist/htmx.min.js",
        "static/js/shell.js",
        "static/js/busy.js",
        "static/js/drafts.js",
        "static/js/toasts.js",
        "static/js/dialogs.js",
        "static/js/network.js",
        "static/js/print-foot.js",
        "static/js/selection.js",
        "static/js/columns-menu.js",
        "static/js/office-finder.js",
        "static/js/date-field.js",
        "static/js/file-field.js",
        "static/js/progress-form.js",
    ],
    # A package holds thousands of files; this is the one that is served.
    "vendor/echarts/echarts.min.js": ["node_modules/echarts/dist/echarts.min.js"],
}
# Style sheets for paper. A link of their own would say so; in a bundle it is said around them.
FOR_PAPER = {"static/css/print.css"}

# The map lies beside the file that a package brings, not beside a bundle; the manifest of static files would miss it.
_SOURCE_MAP = re.compile(r"^/[/*]# sourceMappingURL=.*$", re.MULTILINE)


class BundleFinder(BaseFinder):
    """Finds BUNDLES, each put together anew when a file of it has changed, so that nobody has to remember to."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Name the files that are missing, where the packages are installed."""
        root = Path(settings.BASE_DIR)
        if not (root / "node_modules").is_dir():
            return []  # Commands that need no page, such as migrate, run before the packages are there.
        missing = [
            source for sources in BUNDLES.values() for source in sources if not (root / source).is_file()
        ]
        if missing:
            return [Error(f"Missing: {', '.join(missing)}", hint="make setup", id="core.E001")]
        return []

    # Django calls the argument `find_all`, and once called it `all`.
    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [str(built(path))] if path in BUNDLES else []
        if find_all or kwargs.get("all"):
            return found
        return found[0] if found else []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Yield each bundle as collectstatic wants it: its path within a storage, and the storage."""
        for path in BUNDLES:
            if not matches_patterns(path, list(ignore_patterns or [])):
                yield path, SingleFileStorage(path, built(path))


class SingleFileStorage(FileSystemStorage):
    """A storage of one file under a name of its own."""

    def __init__(self, name: str, source: Path) -> None:
        super().__init__(location=source.parent)
        self.name = name
        self.source = source

    def path(self, name: str) -> str:
        """Return where the one file lies; raise ValueError for any other name."""
        if name != self.name:
            raise ValueError(f"{name} is not {self.name}")
        return str(self.source)


def built(path: str) -> Path:
    """Return the file of a bundle, written below the data folder unless it is there as its sources are now."""
    target = Path(settings.DATA_DIR) / "static" / path
    text = bundle(path)
    # Left alone when nothing changed, so that nobody collects static files for nothing.
    if not target.is_file() or target.read_text(encoding="utf-8") != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Whoever reads at the same time gets the old file or the new one, whole.
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, delete=False) as draft:
            draft.write(text)
        Path(draft.name).replace(target)
    return target


def bundle(path: str) -> str:
    """Return the text of a bundle."""
    return "".join(_part(source) for source in BUNDLES[path])


def _part(source: str) -> str:
    """Return a source as a part of its bundle."""
    text = _SOURCE_MAP.sub("", (Path(settings.BASE_DIR) / source).read_text(encoding="utf-8")).rstrip()
    if source in FOR_PAPER:
        return f"@media print {{\n{text}\n}}\n"
    # A statement that a script leaves open would go on in the next one.
    return f"{text}\n;\n" if source.endswith(".js") else f"{text}\n"
