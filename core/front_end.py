"""Front-end packages as static files: exactly the files that pages use, served from this site."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage, Storage

# Static path -> file under node_modules. A package holds thousands of files; these are the ones that are served.
PACKAGE_FILES = {
    "vendor/bootstrap/css/bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "vendor/bootstrap/css/bootstrap.min.css.map": "bootstrap/dist/css/bootstrap.min.css.map",
    "vendor/bootstrap/js/bootstrap.bundle.min.js": "bootstrap/dist/js/bootstrap.bundle.min.js",
    "vendor/bootstrap/js/bootstrap.bundle.min.js.map": "bootstrap/dist/js/bootstrap.bundle.min.js.map",
    "vendor/htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/echarts/echarts.min.js": "echarts/dist/echarts.min.js",
}


class PackageFinder(BaseFinder):
    """Finds the files of PACKAGE_FILES under node_modules."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = Path(settings.BASE_DIR) / "node_modules"

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Name the packages that are not installed, where any is."""
        if not self.folder.is_dir():
            return []  # Commands that need no page, such as migrate, run before the packages are there.
        missing = [source for source in PACKAGE_FILES.values() if not (self.folder / source).is_file()]
        if missing:
            return [Error(f"node_modules lacks {', '.join(missing)}", hint="make setup", id="core.E001")]
        return []

    # Django calls the argument `find_all`, and once called it `all`.
    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        source = PACKAGE_FILES.get(path)
        found = [str(self.folder / source)] if source and (self.folder / source).is_file() else []
        if find_all or kwargs.get("all"):
            return found
        return found[0] if found else []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Yield each file as collectstatic wants it: its path within a storage, and the storage."""
        for path, source in PACKAGE_FILES.items():
            if not matches_patterns(path, list(ignore_patterns or [])):
                yield path, SingleFileStorage(path, self.folder / source)


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
