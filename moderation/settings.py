"""Every setting of the service in one table: name, default, help. Read from the environment, shown by CLI and docs.

Knows names and how each value is read; knows no policy and opens no file.

>>> load({}).port
8000
>>> load({"MODERATION_PORT": "http", "MODERATION_WORKER": "4"})
Traceback (most recent call last):
moderation.errors.SettingsError: settings error: 2 problems in the environment
 --> MODERATION_PORT
     expected a whole number from 1 to 65535; the default is 8000
 --> MODERATION_WORKER
     is not a setting; did you mean `MODERATION_WORKERS`?
"""

from __future__ import annotations

import difflib
import glob
import ipaddress
import itertools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from moderation.errors import Problem, SettingsError

PREFIX = "MODERATION_"
ROOT = Path(__file__).resolve().parent.parent
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_RATE = re.compile(r"[1-9][0-9]{0,8}/(second|minute|hour|day)")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-]+(:[0-9]+)?")
_SECRET = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")


class _Refused(Exception):
    """A value that a reader does not take; the message says what it expected."""


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 12 and low <= int(value) <= high):
            raise _Refused(f"expected a whole number from {low} to {high}")
        return int(value)

    return read


def _choice(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in words:
            raise _Refused(f"expected one of {', '.join(f'`{word}`' for word in words)}")
        return value.lower()

    return read


def _tier(value: str) -> str:
    return _choice("fast", "auto", "deep")(value) if value else ""


def _path(value: str) -> Path:
    if not value or "\0" in value:
        raise _Refused("expected a path")
    return Path(value)


def _maybe_path(value: str) -> Path | None:
    return _path(value) if value else None


def _paths(value: str) -> tuple[Path, ...]:
    return tuple(_path(part) for part in value.split(os.pathsep)) if value else ()


def _languages(value: str) -> tuple[str, ...]:
    tags = tuple(part.strip() for part in value.split(",") if part.strip())
    if not all(_TAG.fullmatch(tag) for tag in tags):
        raise _Refused("expected language tags separated by commas, such as `hi,hi-Latn`")
    return tags


def _flag(value: str) -> bool:
    if value.lower() not in ("yes", "no"):
        raise _Refused("expected `yes` or `no`")
    return value.lower() == "yes"


def is_rate(value: str) -> bool:
    """Whether this is a rate, such as `600/minute`."""
    return bool(_RATE.fullmatch(value))


def _rate(value: str) -> str:
    if value and not is_rate(value):
        raise _Refused("expected a number of requests and a time, such as `600/minute`")
    return value


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(part.strip() for part in value.split(",") if part.strip())
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise _Refused("expected origins separated by commas, such as `https://news.example`")
    return origins


class _Secrets(tuple[str, ...]):
    """Secrets: shown by their number alone."""


def _rate_store(value: str) -> str:
    if not re.match(r"memory://|(?:rediss?|redis\+cluster|redis\+sentinel|unix)://", value):
        raise _Refused("expected `memory://` or a Redis URL such as `redis://cache:6379`")
    try:
        _ = urlsplit(value).port
    except ValueError:
        raise _Refused("expected a number as the port, as in `redis://cache:6379`") from None
    return value


def _database(value: str) -> str:
    if not re.match(r"sqlite://|postgres(?:ql)?(?:\+psycopg)?://", value):
        raise _Refused("expected an SQLite or PostgreSQL URL such as `postgresql://me@db/comments`")
    return value


def shown(value: Any) -> str:
    """A setting's value as it may be shown: lists with commas, an URL without its password, secrets by their number.

    >>> shown("postgresql://me:secret@db/comments")
    'postgresql://me:...@db/comments'
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, _Secrets):
        return f"{len(value)} set" if value else "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return _SECRET.sub(r"\1:...@", str(value)) or "none"


def _base_url(value: str) -> str:
    if value and not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~/-]*)?", value):
        raise _Refused("expected an address such as `https://moderation.example`")
    return value.rstrip("/")


def _networks(value: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError:
        raise _Refused("expected addresses or networks separated by commas, such as `10.0.0.0/8`") from None


def _secrets(value: str) -> tuple[str, ...]:
    return _Secrets(part.strip() for part in value.split(",") if part.strip())


def _session_secrets(value: str) -> tuple[str, ...]:
    found = _secrets(value)
    if any(len(secret) < 32 for secret in found):
        raise _Refused("expected secrets of at least 32 characters")
    return found


def _text(value: str) -> str:
    if not value.strip():
        raise _Refused("expected some text")
    return value


class Setting(NamedTuple):
    """One row of the table: the attribute of `Settings`, its default as one would write it, what it is for, its reader."""

    name: str
    default: str
    help: str
    read: Callable[[str], Any]

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + self.name.upper()


# A default path is a place in this repository; a path from the environment is taken as it stands.
TABLE = (
    Setting("model", "models/default", "folder of the classifier", _path),
    Setting("encoder", "models/encoder", "folder of the encoder, which reads meaning; none: the linear model alone", _maybe_path),
    Setting("encoder_threads", "1", "threads for one comment in the encoder", _number(1, 64)),
    Setting("tier", "", "who decides: `fast` (the linear model), `auto` (the encoder where it could change the decision) or `deep` "
            "(the encoder always); empty: the policy's `tier`", _tier),
    Setting("lexicon", "", "your own word lists, added to `seeds/lexicon`: files, folders or patterns such as `/etc/words/*.txt`, "
            "separated by colons", _paths),
    Setting("languages", "", "languages whose word lists are read beside those that are on by default, such as `hi,hi-Latn`", _languages),
    Setting("policy", "seeds/policy.toml", "the site's comment policy", _path),
    Setting("shadow_policy", "", "a policy that decides beside the live one and is only counted", _maybe_path),
    Setting("host", "127.0.0.1", "address to listen on", _text),
    Setting("port", "8000", "port to listen on", _number(1, 65535)),
    Setting("workers", "2", "worker processes; they share the model's memory", _number(1, 512)),
    Setting("max_body", "2000000", "largest request body, in bytes", _number(1_000, 1_000_000_000)),
    Setting("max_batch", "1000", "most comments in one batch request", _number(1, 100_000)),
    Setting("time_limit", "5", "seconds that a request may take to be scored; one that takes longer is refused", _number(1, 600)),
    Setting("keys", "var/keys.json", "the callers' keys (`moderation keys create`); without keys only this machine is answered; a file "
            "that is named here must be there", _path),
    Setting("open", "no", "answer callers without keys from everywhere: yes or no", _flag),
    Setting("rate_limit", "", "requests that a caller may make, such as `600/minute`, unless its key says otherwise", _rate),
    Setting("rate_store", "memory://", "where requests are counted: `memory://`, each worker by itself, or a Redis URL", _rate_store),
    Setting("cors_origins", "", "origins whose pages may call the service, separated by commas", _origins),
    Setting("database_url", "sqlite:///var/labels.db",
            "where labels are stored: SQLite or PostgreSQL; `DATABASE_URL` holds in its place", _database),
    Setting("store_suggestions", "no", "keep the texts that suggestscore brings: yes or no", _flag),
    Setting("public_base_url", "", "address at which clients reach the service, for documents that name it; else the request's", _base_url),
    Setting("trusted_proxies", "", "addresses or networks whose `X-Forwarded-Proto` and `X-Forwarded-Host` are believed", _networks),
    Setting("coral_secrets", "", "signing secrets of Coral's external moderation phase, separated by commas while they rotate", _secrets),
    Setting("session_secrets", "", "secrets that sign the console's sign-in, the newest first, with commas between; without any, each "
            "start makes its own and everybody signs in again", _session_secrets),
    Setting("log_level", "info", "least level that is logged: debug, info, warning, error", _choice("debug", "info", "warning", "error")),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force; `TABLE` says what each is for. `named`: those that the environment names."""

    model: Path
    encoder: Path | None
    encoder_threads: int
    tier: str
    lexicon: tuple[Path, ...]
    languages: tuple[str, ...]
    policy: Path
    shadow_policy: Path | None
    host: str
    port: int
    workers: int
    max_body: int
    max_batch: int
    time_limit: int
    keys: Path
    open: bool
    rate_limit: str
    rate_store: str
    cors_origins: tuple[str, ...]
    database_url: str
    store_suggestions: bool
    public_base_url: str
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    coral_secrets: tuple[str, ...] = field(repr=False)
    session_secrets: tuple[str, ...] = field(repr=False)
    log_level: str
    named: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def lexicon_paths(self) -> tuple[Path, ...]:
        """The project's word lists, then the operator's; a pattern that fits nothing stays, and is reported when it is read."""
        own = (sorted(map(Path, glob.glob(str(path)))) or [path] for path in self.lexicon)
        return (ROOT / "seeds/lexicon", *itertools.chain.from_iterable(own))


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read every setting from the environment (`os.environ` if none is given).

    Raises
    ------
    SettingsError : with every problem at once, unknown MODERATION_ variables included.
    """
    found, problems = read(environment)
    if problems:
        raise SettingsError("the environment", problems)
    return found


def read(environment: Mapping[str, str] | None = None) -> tuple[Settings, list[Problem]]:
    """As `load`, but with every problem beside the settings, in which the defaults stand for what is wrong."""
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    problems = []
    named = []
    for setting in TABLE:
        given = environment.get(setting.variable)
        if given is None and setting.name == "database_url":
            given = environment.get("DATABASE_URL", f"sqlite:///{ROOT}/var/labels.db")
        try:
            values[setting.name] = setting.read(setting.default if given is None else given)
        except _Refused as refusal:
            problems.append(Problem(setting.variable, str(refusal), f"the default is {setting.default or 'none'}"))
            given, values[setting.name] = None, setting.read(setting.default)
        if given is not None:
            named.append(setting.name)
        elif isinstance(values[setting.name], Path):
            values[setting.name] = ROOT / values[setting.name]
    known = {setting.name.upper(): setting.variable for setting in TABLE}
    for name in sorted(set(environment).difference(known.values())):
        if name.startswith(PREFIX):
            near = difflib.get_close_matches(name.removeprefix(PREFIX), known, 1)
            hint = f"did you mean `{known[near[0]]}`?" if near else "the README lists the settings"
            problems.append(Problem(name, "is not a setting", hint))
    return Settings(**values, named=frozenset(named)), problems
