"""The files that hold the ground together: catalogue, packages, layers, compose file, documents."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
import yaml

from tests import catalogue
from tests.check import checks

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT.parent / "shared" / "requirements.csv"


def test_every_text_has_its_chinese() -> None:
    assert catalogue.problems() == []


def test_the_catalogue_is_what_its_parts_say() -> None:
    result = run_merge(ROOT / "locale", "--check")
    assert result.returncode == 0, result.stderr


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """A folder like locale/ with two parts."""
    (tmp_path / "parts").mkdir()
    shutil.copy(ROOT / "locale" / "merge.py", tmp_path)
    for name, words in {
        "a": {"Zebra": "斑马", "Apple": "苹果"},
        "b": {"Apple": "苹果", "Pear": "梨"},
    }.items():
        part = polib.POFile()
        part.metadata = {"Content-Type": "text/plain; charset=UTF-8", "POT-Creation-Date": "2024-01-01"}
        part.extend(
            polib.POEntry(msgid=word, msgstr=chinese, occurrences=[("x.py", "1")])
            for word, chinese in words.items()
        )
        part.save(str(tmp_path / "parts" / f"{name}.po"))
    return tmp_path


def run_merge(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "merge.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_parts_merge_into_one_sorted_catalogue_of_words_alone(parts: Path) -> None:
    assert run_merge(parts, "--check").returncode == 1
    assert run_merge(parts).returncode == 0
    merged = parts / "zh_Hans" / "LC_MESSAGES" / "django.po"
    assert [entry.msgid for entry in polib.pofile(str(merged))] == ["Apple", "Pear", "Zebra"]
    text = merged.read_text(encoding="utf-8")
    assert "x.py" not in text
    assert "2024" not in text
    assert run_merge(parts, "--check").returncode == 0
    assert polib.mofile(str(merged.with_suffix(".mo"))).find("Pear").msgstr == "梨"


def test_two_translations_of_one_word_are_told(parts: Path) -> None:
    part = parts / "parts" / "b.po"
    part.write_text(part.read_text(encoding="utf-8").replace("苹果", "频果"), encoding="utf-8")
    result = run_merge(parts)
    assert result.returncode == 1
    assert "'Apple': a.po says '苹果', b.po says '频果'" in result.stderr


@pytest.mark.parametrize(
    ("english", "chinese", "problem"),
    [
        ("%(n)s days", "%(n)s天", None),
        ("%(n)s days", "天", "placeholders"),
        ("{n} days", "{m}天", "placeholders"),
        ("5 days", "5 个工作日", "a typed space"),
        ("Yes?", "是否?", "half-width punctuation"),
        ("You", "您", "您 instead of 你"),
        ("Done", "完成！", "an exclamation mark"),
        ("Done", "", "empty"),
    ],
)
def test_a_translation_that_cannot_be_right_is_told(english: str, chinese: str, problem: str | None) -> None:
    found = list(catalogue.wrong_with(polib.POEntry(msgid=english, msgstr=chinese)))
    assert bool(found) == bool(problem)
    assert problem is None or problem in found[0]


def test_texts_are_found_in_python_and_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    source = tmp_path / "x.py"
    source.write_text(
        "a = _('One')\nb = pgettext_lazy('month', 'May')\nc = ngettext('%d row', '%d rows', n)\n"
    )
    template = tmp_path / "x.html"
    template.write_text(
        "{% load i18n %}\n  <p title=\"it's {% translate 'Two' %}\">\n"
        "{% blocktranslate trimmed count n=n %}\n  {{ n }} item\n{% plural %}\n  {{ n }} items\n{% endblocktranslate %}"
        "\n    {% translate 'May' context 'verb' %}</p>"
    )
    assert [message.key for message in catalogue.messages_of(source)] == [
        ("", "One", ""),
        ("month", "May", ""),
        ("", "%d row", "%d rows"),
    ]
    assert [message.key for message in catalogue.messages_of(template)] == [
        ("", "Two", ""),
        ("", "%(n)s item", "%(n)s items"),
        ("verb", "May", ""),
    ]


def test_imports_go_downwards() -> None:
    (layers,) = [check for check in checks() if check.name == "import-linter"]
    result = subprocess.run(layers.command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_front_end_packages_are_pinned_without_addresses() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    for versions in (package["dependencies"], package["devDependencies"]):
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values()), versions
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    entries = {path: entry for path, entry in lock["packages"].items() if path}
    assert entries
    assert not [path for path, entry in entries.items() if "resolved" in entry]
    assert not [path for path, entry in entries.items() if not entry.get("integrity")]


def test_python_packages_are_pinned() -> None:
    pinned = re.compile(r"[A-Za-z0-9._-]+==[\w.]+")
    for name in ("requirements.txt", "requirements-dev.txt", "constraints.txt"):
        lines = [
            line
            for line in (ROOT / name).read_text().splitlines()
            if line and not line.startswith(("#", "-"))
        ]
        assert lines
        assert not [line for line in lines if not pinned.fullmatch(line)]
    direct = set(
        re.findall(r"^[A-Za-z0-9._-]+==[\w.]+", (ROOT / "requirements.txt").read_text(), flags=re.MULTILINE)
    )
    all_pins = {
        line.lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    assert {line.lower().replace("_", "-") for line in direct} <= all_pins


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    result = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r"make ([a-z-]+) ", result.stdout)) == targets
    assert {"setup", "run", "test", "check", "bench"} <= targets


def test_the_compose_file_runs_everything_as_nobody_special() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    services = compose["services"]
    assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "beat"}
    assert all("healthcheck" in service for name, service in services.items() if name != "migrate")
    assert set(compose["volumes"]) == {"postgres", "redis", "data"}
    for name in ("web", "worker", "beat"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert "\nUSER xiaohao\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    # What the compose file passes on is what the environment knows.
    manual = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert all(f"| `{name}`" in manual for name in services["web"]["environment"])


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_links_of_a_document_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_marked_requirements_exist() -> None:
    if not REQUIREMENTS.exists():
        pytest.skip("the list of requirements is not beside this repository")
    with REQUIREMENTS.open(encoding="utf-8-sig", newline="") as file:
        known = {row["id"] for row in csv.DictReader(file)}
    marked: set[str] = set()
    for folder in ("core", "accounts", "remediation", "supervision", "tests"):
        for path in (ROOT / folder).rglob("test_*.py"):
            for marks in re.findall(r"mark\.requirement\(([^)]*)\)", path.read_text(encoding="utf-8")):
                marked |= set(re.findall(r"S\d{3}-\d+", marks))
    assert marked <= known, marked - known
