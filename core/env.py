"""The environment, typed: the one place that reads variables, and says plainly which of them are wrong.

`read_environment(os.environ)` returns an `Environment` or raises `WrongEnvironment` with one line for each wrong
variable. What each variable means is told in docs/configuration.md; a test keeps that page and this file together.
"""

import ipaddress
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import dj_database_url

T = TypeVar("T")

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
# What Django's own deployment check asks of a key (security.W009).
SECRET_KEY_CHARACTERS = 50
SECRET_KEY_DISTINCT_CHARACTERS = 5
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class WrongEnvironment(Exception):
    """Variables of the environment that cannot be used; one line each in `lines`."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Every setting that comes from outside, with its type."""

    debug: bool
    demo: bool
    secret_key: str
    site_url: str
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    trusted_proxies: int
    bind_address: str
    port: int
    data_dir: Path
    media_root: Path
    database: dj_database_url.DBConfig
    redis_url: str
    web_workers: int
    web_threads: int
    worker_concurrency: int
    remind_at: time
    email_host: str
    email_port: int
    email_user: str
    email_password: str
    email_use_tls: bool
    email_use_ssl: bool
    email_from: str
    log_level: str

    @property
    def https(self) -> bool:
        """Whether people reach the site over https."""
        return self.site_url.startswith("https://")

    @property
    def local(self) -> bool:
        """Whether the site is reached on this machine alone: a trial or a developer's copy."""
        return is_loopback(urlsplit(self.site_url).hostname or "")


class Reader:
    """Reads variables one by one and remembers what is wrong with them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.problems: list[str] = []

    def read(self, name: str, parse: Callable[[str], T], *, default: T) -> T:
        """Return the parsed value; an empty variable is an unset one.

        A ValueError of `parse` becomes the line about this variable.
        """
        value = self.variables.get(name, "").strip()
        if not value:
            return default
        try:
            return parse(value)
        except ValueError as error:
            self.problems.append(f"{name}: {error}")
            return default

    def text(self, name: str, *, default: str = "") -> str:
        return self.read(name, str, default=default)

    def flag(self, name: str, *, default: bool) -> bool:
        return self.read(name, parse_flag, default=default)

    def number(self, name: str, *, default: int, least: int, most: int) -> int:
        return self.read(name, lambda value: parse_number(value, least=least, most=most), default=default)

    def words(self, name: str) -> list[str]:
        return self.read(name, parse_words, default=list[str]())

    def wrong(self, name: str, reason: str) -> None:
        self.problems.append(f"{name}: {reason}")


def parse_flag(value: str) -> bool:
    """Return the truth value of a word; raise ValueError for any other word."""
    if value.lower() in TRUE_WORDS:
        return True
    if value.lower() in FALSE_WORDS:
        return False
    raise ValueError(f"{value!r} is neither yes nor no (use 1 or 0)")


def parse_words(value: str) -> list[str]:
    """Return the words between commas."""
    return [word.strip() for word in value.split(",") if word.strip()]


def parse_number(value: str, *, least: int, most: int) -> int:
    """Return a whole number between two bounds; raise ValueError for anything else."""
    try:
        number = int(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a whole number") from None
    if not least <= number <= most:
        raise ValueError(f"{number} is not between {least} and {most}")
    return number


def parse_address(value: str) -> str:
    """Return an IP address of this machine to listen on; raise ValueError for a name."""
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise ValueError(f"{value!r} is not an IP address (127.0.0.1 or 0.0.0.0, for example)") from None


def parse_site(value: str) -> str:
    """Return the address of the site, without a slash at its end; raise ValueError for anything but a bare origin."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{value!r} is not an address such as https://xiaohao.example.cn")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{value!r} has more than scheme, host and port")
    return f"{parts.scheme}://{parts.netloc}"


def parse_redis(value: str) -> str:
    """Return the address of a Redis server; raise ValueError for any other kind."""
    parts = urlsplit(value)
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        raise ValueError("it is not an address such as redis://:PASSWORD@redis:6379/0")
    return value


def parse_database(value: str) -> dj_database_url.DBConfig:
    """Return Django's settings of a database; raise ValueError for any kind but PostgreSQL and SQLite.

    The value is never part of the message: it holds a password.
    """
    scheme = value.partition("://")[0]
    if scheme not in {"postgres", "postgresql", "sqlite"} or "://" not in value:
        raise ValueError(
            "it is not an address such as postgresql://USER:PASSWORD@HOST:5432/NAME or sqlite:////folder/file"
        )
    try:
        config = dj_database_url.parse(value)
    except (ValueError, KeyError):
        raise ValueError("it cannot be read; special characters of a password are written as %XX") from None
    if not config.get("NAME"):
        raise ValueError("it names no database")
    return config


def parse_key(value: str) -> str:
    """Return a secret key that is long and mixed enough; raise ValueError for any other."""
    if len(value) < SECRET_KEY_CHARACTERS or len(set(value)) < SECRET_KEY_DISTINCT_CHARACTERS:
        raise ValueError(
            f"it is too short or too plain: use {SECRET_KEY_CHARACTERS} random characters or more"
        )
    return value


def parse_origins(value: str) -> list[str]:
    """Return a list of origins with their schemes; raise ValueError for one without."""
    origins = parse_words(value)
    for origin in origins:
        if not origin.startswith(("http://", "https://")):
            raise ValueError(f"{origin!r} does not begin with http:// or https://")
    return origins


def parse_level(value: str) -> str:
    """Return a logging level's name; raise ValueError for any other word."""
    if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
        raise ValueError(f"{value!r} is not one of DEBUG, INFO, WARNING, ERROR, CRITICAL")
    return value.upper()


def parse_hour(value: str) -> time:
    """Return a time of day; raise ValueError for anything but 08:30."""
    hours, _, minutes = value.partition(":")
    try:
        return time(int(hours), int(minutes))
    except ValueError:
        raise ValueError(f"{value!r} is not a time of day such as 08:30") from None


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def kept_secret_key(data_dir: Path) -> str:
    """Return the key kept in the data folder, made there at the first call.

    Only for a site that is reached on its own machine alone: there nobody should have to invent one. Two processes
    that start together agree on one key, because the file is created by exactly one of them.
    """
    path = data_dir / "secret-key"
    data_dir.mkdir(parents=True, exist_ok=True)
    draft = data_dir / f".secret-key-{secrets.token_hex(8)}"
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64), encoding="ascii")
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()


def read_environment(variables: Mapping[str, str], *, base_dir: Path) -> Environment:
    """Return the typed environment; raise WrongEnvironment with a line for each variable that is wrong.

    Relative folders are taken from `base_dir`.
    """
    reader = Reader(variables)
    port = reader.number("PORT", default=8000, least=1, most=65535)
    site_url = reader.read("SITE_URL", parse_site, default=f"http://127.0.0.1:{port}")
    host = urlsplit(site_url).hostname or ""
    local = is_loopback(host)
    data_dir = base_dir / reader.read("DATA_DIR", Path, default=Path("var"))
    redis_url = reader.read("REDIS_URL", parse_redis, default="")
    demo = reader.flag("DEMO", default=local)
    environment = Environment(
        debug=reader.flag("DEBUG", default=False),
        demo=demo,
        secret_key=reader.read("SECRET_KEY", parse_key, default=""),
        site_url=site_url,
        allowed_hosts=[*reader.words("ALLOWED_HOSTS"), host, *LOOPBACK_NAMES],
        csrf_trusted_origins=[
            *reader.read("CSRF_TRUSTED_ORIGINS", parse_origins, default=list[str]()),
            site_url,
        ],
        trusted_proxies=reader.number("TRUSTED_PROXIES", default=0, least=0, most=10),
        bind_address=reader.read("BIND_ADDRESS", parse_address, default="127.0.0.1"),
        port=port,
        data_dir=data_dir,
        media_root=base_dir / reader.read("MEDIA_ROOT", Path, default=data_dir / "media"),
        database=reader.read(
            "DATABASE_URL",
            parse_database,
            default=dj_database_url.parse(f"sqlite:///{data_dir / 'xiaohao.sqlite3'}"),
        ),
        redis_url=redis_url,
        web_workers=reader.number("WEB_WORKERS", default=1, least=1, most=64),
        web_threads=reader.number("WEB_THREADS", default=4, least=1, most=128),
        worker_concurrency=reader.number("WORKER_CONCURRENCY", default=2, least=1, most=64),
        remind_at=reader.read("REMIND_AT", parse_hour, default=time(8, 30)),
        email_host=reader.text("EMAIL_HOST"),
        email_port=reader.number("EMAIL_PORT", default=25, least=1, most=65535),
        email_user=reader.text("EMAIL_HOST_USER"),
        email_password=reader.text("EMAIL_HOST_PASSWORD"),
        email_use_tls=reader.flag("EMAIL_USE_TLS", default=False),
        email_use_ssl=reader.flag("EMAIL_USE_SSL", default=False),
        email_from=reader.text("EMAIL_FROM", default=f"xiaohao@{'localhost' if local else host}"),
        log_level=reader.read("LOG_LEVEL", parse_level, default="INFO"),
    )
    check_together(reader, environment)
    if reader.problems:
        raise WrongEnvironment(reader.problems)
    if not environment.secret_key:
        return Environment(**{**vars(environment), "secret_key": kept_secret_key(data_dir)})
    return environment


def check_together(reader: Reader, environment: Environment) -> None:
    """Note what is wrong with variables that are right each by itself."""
    if not environment.local:
        if not environment.secret_key and not any(line.startswith("SECRET_KEY:") for line in reader.problems):
            reader.wrong("SECRET_KEY", "it is not set, and SITE_URL is not this machine alone")
        if environment.debug:
            reader.wrong("DEBUG", "it shows settings and code to strangers: only for a SITE_URL on 127.0.0.1")
    if environment.https and not environment.trusted_proxies:
        reader.wrong(
            "TRUSTED_PROXIES", "SITE_URL begins with https://: say how many proxies stand in front (1)"
        )
    if environment.web_workers > 1 and not environment.redis_url:
        reader.wrong("WEB_WORKERS", "several web processes count failed sign-ins together: set REDIS_URL too")
    if environment.email_use_tls and environment.email_use_ssl:
        reader.wrong("EMAIL_USE_SSL", "EMAIL_USE_TLS is on too: choose one of them")
    if environment.email_password and not environment.email_user:
        reader.wrong("EMAIL_HOST_PASSWORD", "EMAIL_HOST_USER is not set")
