"""The callers' keys: made, revoked and checked against a file that holds only their hashes.

Knows keys and their file; knows nothing of HTTP. A key is `mk-<id>-<secret>`; the secret has 192 random bits, so that one
round of SHA-256 is enough at rest, and its comparison takes the same time whatever was sent.

    text, key = create(Path("var/keys.json"), "newsroom", ["score", "label"])
    KeyRing.load(Path("var/keys.json")).find(text).name        # "newsroom"
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import secrets
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from moderation.errors import LoadError, Problem, SettingsError
from moderation.settings import Settings, is_rate

SCOPES = ("score", "label", "tune", "admin")
_LONGEST_NAME = 60
_NOBODY = hashlib.sha256(b"").hexdigest()  # what a key of an unknown id is compared with


class KeysError(LoadError):
    """A keys file that cannot be used."""

    kind = "keys"


class Key(msgspec.Struct, frozen=True, omit_defaults=True):
    """A caller: `section` holds where a request names none, `rate` in place of the service's own. Times are ISO 8601, UTC."""

    id: str
    name: str
    hash: str
    scopes: tuple[str, ...]
    created: str
    section: str | None = None
    rate: str = ""
    revoked: str = ""


class _File(msgspec.Struct):
    keys: list[Key]


class KeyRing:
    """The keys of a file, by id."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self.keys = {key.id: key for key in keys}

    @classmethod
    def load(cls, path: Path) -> KeyRing | None:
        """The keys in a file; None if there is no such file.

        Raises
        ------
        LoadError : the file cannot be read, or holds something else.
        """
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeysError(str(path), [Problem("the file", f"cannot be read: {error.strerror}")]) from error
        try:
            keys = msgspec.json.decode(content, type=_File).keys
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            hint = "make keys with `moderation keys create`"
            raise KeysError(str(path), [Problem("the file", f"is not a keys file: {error}", hint)]) from error
        return cls(keys)

    def find(self, text: str) -> Key | None:
        """The key that this text is, unless it is unknown or revoked; as slow for one as for the other."""
        parts = text.split("-")
        key = self.keys.get(parts[1]) if len(parts) == 3 else None
        same = hmac.compare_digest(_hash(text), key.hash if key else _NOBODY)
        return key if key and same and not key.revoked else None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def create(path: Path, name: str, scopes: Sequence[str] = ("score",), section: str | None = None, rate: str = "") -> tuple[str, Key]:
    """Make a key and add it to the file; its text is known to nobody but the caller of this function.

    Raises
    ------
    LoadError : a name that says nothing, a scope or a rate that there is not, or a file that cannot be used.
    """
    problems = [Problem("scopes", f"there is no scope `{scope}`", f"the scopes are {', '.join(SCOPES)}")
                for scope in scopes if scope not in SCOPES]
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        problems.append(Problem("name", f"expected 1 to {_LONGEST_NAME} printable characters", "say whose key it is, such as `newsroom`"))
    if rate and not is_rate(rate):
        problems.append(Problem("rate", "expected a number of requests and a time", "such as `600/minute`"))
    if problems:
        raise KeysError("the new key", problems)
    ring = KeyRing.load(path) or KeyRing([])
    number = secrets.token_hex(4)
    text = f"mk-{number}-{secrets.token_hex(24)}"
    key = Key(number, name, _hash(text), tuple(scopes), _now(), section, rate)
    _write(path, [*ring.keys.values(), key])
    return text, key


def revoke(path: Path, number: str) -> Key:
    """Revoke a key by its id; running services refuse it from their next request on.

    Raises
    ------
    LoadError : there is no such key.
    """
    ring = KeyRing.load(path) or KeyRing([])
    if number not in ring.keys:
        raise KeysError(str(path), [Problem("id", "no key has this id", "`moderation keys list` shows them")])
    key = msgspec.structs.replace(ring.keys[number], revoked=ring.keys[number].revoked or _now())
    _write(path, [key if other.id == number else other for other in ring.keys.values()])
    return key


def _write(path: Path, keys: list[Key]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # for its owner's eyes alone
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(_File(keys)), indent=1) + b"\n")
        if path.exists():
            # A service that runs as another user goes on reading what it could read.
            was = path.stat()
            os.chmod(name, was.st_mode & 0o777)
            if os.geteuid() == 0:
                os.chown(name, was.st_uid, was.st_gid)
        os.replace(name, path)
    except OSError as error:
        raise KeysError(str(path), [Problem("the file", f"cannot be written: {error.strerror}")]) from error


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own; a name is only if it is `localhost`.

    >>> [is_loopback(address) for address in ("127.0.0.1", "::1", "localhost", "::ffff:127.0.0.1", "0.0.0.0", "10.0.0.7")]
    [True, True, True, True, False, False]
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address == "localhost"
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def missing(path: Path) -> KeysError:
    """What to say of a keys file that `MODERATION_KEYS` names and that is not there."""
    hint = "`moderation keys create NAME` makes it there; unset MODERATION_KEYS, or say `MODERATION_OPEN=yes`, to serve without keys"
    return KeysError(str(path), [Problem("MODERATION_KEYS", "names a file that is not there", hint)])


def check_exposure(settings: Settings) -> str:
    """Who is answered, in a line for the log.

    Raises
    ------
    LoadError : a keys file that the environment names is not there, or other machines could call the service without a key; and
        no setting wants that.
    """
    ring = KeyRing.load(settings.keys)
    if ring is not None:
        return f"callers need one of {sum(not key.revoked for key in ring.keys.values())} keys"
    if settings.open:
        return "no keys are configured, and MODERATION_OPEN is set: everyone who can reach it is answered"
    if "keys" in settings.named:
        # Behind a proxy on the same machine everybody would be answered, for a slip in a path.
        raise missing(settings.keys)
    if not is_loopback(settings.host):
        what = "other machines could call the service without a key"
        raise SettingsError("the environment", [Problem("MODERATION_HOST", what, "make keys with `moderation keys create`, "
                                                                                 "or say `MODERATION_OPEN=yes`")])
    return "no keys are configured: only this machine is answered"
