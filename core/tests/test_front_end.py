"""core/front_end.py: bundles hold what their sources hold, and are put together anew when one of them has changed."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import override_settings

from core.front_end import BUNDLES, BundleFinder, built, bundle
from core.management.commands.start import collect_static_files

ROOT = Path(settings.BASE_DIR)
LINK = re.compile(r"""{%\s*static\s+["']([^"']+\.[a-z]+)["']""")


def linked() -> set[str]:
    """The static files that templates name."""
    return {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in LINK.findall(path.read_text(encoding="utf-8"))
    }


def collected() -> dict[str, int]:
    """When each bundle was written, as collectstatic would see it."""
    return {path: Path(storage.path(path)).stat().st_mtime_ns for path, storage in BundleFinder().list(None)}


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one source of a bundle named build/sample.css."""
    source = tmp_path / "sample.css"
    source.write_text("a { color: red; }\n", encoding="utf-8")
    monkeypatch.setitem(BUNDLES, "build/sample.css", [str(source)])
    return source


def test_every_file_that_a_template_links_to_exists() -> None:
    assert {"build/site.css", "build/site.js"} <= linked()
    assert [name for name in sorted(linked()) if finders.find(name) is None] == []


def test_every_style_sheet_and_script_is_loaded_by_a_page() -> None:
    bundled = {source for sources in BUNDLES.values() for source in sources}
    files = {
        str(path.relative_to(ROOT))
        for folder in ("css", "js")
        for path in (ROOT / "static" / folder).iterdir()
    }
    assert files - bundled - {f"static/{name}" for name in linked()} == set()


@pytest.mark.parametrize("path", list(BUNDLES))
def test_a_bundle_holds_its_sources_in_their_order(path: str) -> None:
    text = built(path).read_text(encoding="utf-8")
    at = 0
    for source in BUNDLES[path]:
        part = (ROOT / source).read_text(encoding="utf-8").rstrip()
        if "node_modules" in source:
            part = re.sub(r"\n/[/*]# sourceMappingURL=\S+.*$", "", part)
        at = text.index(part, at) + len(part)
    assert "sourceMappingURL" not in text


def test_what_is_for_paper_stays_for_paper() -> None:
    printed = (ROOT / "static/css/print.css").read_text(encoding="utf-8").rstrip()
    assert bundle("build/site.css").endswith(f"@media print {{\n{printed}\n}}\n")


@pytest.mark.parametrize("source", [name for name in BUNDLES["build/site.js"] if name.startswith("static/")])
def test_a_script_keeps_its_names_to_itself(source: str) -> None:
    script = re.sub(r"^/\*.*?\*/\s*", "", (ROOT / source).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert script.startswith(("(function () {", "(() => {"))
    assert script.rstrip().endswith("})();")


def test_a_bundle_is_written_when_a_source_has_changed_and_not_otherwise(sample: Path) -> None:
    first = collected()
    assert collected() == first
    sample.write_text("a { color: blue; }\n", encoding="utf-8")
    assert {path for path, moment in collected().items() if moment != first[path]} == {"build/sample.css"}
    found = finders.find("build/sample.css")
    assert isinstance(found, str)
    assert Path(found).read_text(encoding="utf-8") == "a { color: blue; }\n"


def test_a_changed_source_is_collected_at_the_next_start(sample: Path, tmp_path: Path) -> None:
    if not (ROOT / "node_modules" / "bootstrap-icons").is_dir():
        pytest.skip("front-end packages are not installed (make setup)")
    stamp, root = tmp_path / "stamp", tmp_path / "collected"
    with override_settings(STATIC_ROOT=root):
        collect_static_files(stamp)
        moment = stamp.stat().st_mtime_ns
        collect_static_files(stamp)
        assert stamp.stat().st_mtime_ns == moment
        sample.write_text("a { color: blue; }\n", encoding="utf-8")
        collect_static_files(stamp)
    assert (root / "build/sample.css").read_text(encoding="utf-8") == "a { color: blue; }\n"


def test_of_a_package_the_named_files_alone_are_served() -> None:
    assert finders.find("vendor/echarts/echarts.min.js") is not None
    assert finders.find("vendor/echarts/echarts.js") is None
    assert finders.find("vendor/echarts/../../package.json") is None


def test_a_missing_package_is_told(tmp_path: Path) -> None:
    with override_settings(BASE_DIR=tmp_path):
        assert BundleFinder().check() == []
        (tmp_path / "node_modules").mkdir()
        (problem,) = BundleFinder().check()
    assert "htmx.min.js" in problem.msg
    assert problem.hint == "make setup"
