"""Versions of a policy: published with who, when, why and the figures it was chosen by; listed, compared, taken back.

They lie in a folder beside the policy in force, `policy.toml` -> `policy.versions/`: `0007.toml` is the seventh version, byte for
byte, `0007.json` its record, `live` the number that was put in force last. Publishing writes the version, then puts its bytes in the
place of the policy by renaming, then writes `live`, which workers look at: whoever shares the folder takes it up. One who publishes
holds a lock, and a draft made from another policy than the one in force is refused: two people cannot undo each other unseen.
"""

from __future__ import annotations

import fcntl
import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from moderation.errors import DataError, LoadError, Problem
from moderation.policies.files import digest, folder, marker, replace
from moderation.policies.gate import Finding

FOUND = "found in force"
_REASON = 500  # characters


class PublishError(LoadError):
    """A policy that is not put in force, or a version that there is not."""

    kind = "publish"


class Version(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a version.

    Attributes
    ----------
    policy : the digest by which answers name it.
    when : ISO 8601, UTC.
    before : the digest of the policy that was in force.
    override : why it was published although the gate was closed; empty if it was not.
    restores : the number of the version whose content this is, if it was taken back.
    figures : what it was chosen by, as `tune` wrote it.
    gate : what was tried before.
    """

    number: int
    policy: str
    who: str
    when: str
    why: str
    before: str = ""
    override: str = ""
    restores: int | None = None
    figures: dict[str, Any] | None = None
    gate: tuple[Finding, ...] = ()


def versions(live: Path) -> list[Version]:
    """All versions, oldest first.

    Raises
    ------
    PublishError : a record cannot be read.
    """
    found = []
    for path in sorted(folder(live).glob("[0-9]*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=Version))
        except (OSError, msgspec.MsgspecError) as error:
            problem = Problem(str(path), f"cannot be read: {type(error).__name__}", "restore it from a backup")
            raise PublishError(path.name, [problem]) from error
    return sorted(found, key=lambda version: version.number)


def text_of(live: Path, number: int) -> str:
    """What a version holds.

    Raises
    ------
    PublishError : there is no such version, or its content is not what its record says.
    """
    known = {version.number: version for version in versions(live)}
    if number not in known:
        numbers = ", ".join(map(str, known)) or "none"
        raise PublishError(folder(live).name, [Problem(f"version {number}", "is not there", f"the versions are {numbers}")])
    path = _content(live, number)
    content = path.read_bytes() if path.exists() else b""
    if digest(content) != known[number].policy:
        raise PublishError(path.name, [Problem(str(path), "is not what was published", "restore it from a backup")])
    return content.decode()


def in_force(live: Path) -> Version | None:
    """The newest version whose content is the policy in force; None if none is."""
    current = digest(live.read_bytes())
    return next((version for version in reversed(versions(live)) if version.policy == current), None)


def somebody() -> str:
    """The name of who runs this program."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"user {os.getuid()}"


def publish(live: Path, text: str, who: str, why: str, *, base: str | None = None, figures: dict[str, Any] | None = None,
            gate: Sequence[Finding] = (), override: str = "", restores: int | None = None) -> Version:
    """Put a policy in force as a new version. The text must have been checked against the model.

    Parameters
    ----------
    live : the policy file that the settings name.
    base : the digest of the policy that the text was drafted from; None does not ask.
    gate : what `gate.examine` found; one that is refused needs an `override`, a reason that is kept.

    Raises
    ------
    PublishError : no reason, a closed gate without an override, or another policy in force than `base`.
    DataError : the folder or the policy cannot be written.
    """
    if not why.strip() or len(why) > _REASON:
        hint = "say why, for whoever reads the list later"
        raise PublishError("the reason", [Problem("reason", f"expected 1 to {_REASON} characters", hint)])
    refused = [finding for finding in gate if finding.is_refused]
    if refused and not override.strip():
        raise PublishError("the gate", [Problem(finding.check, f"{finding.after:g}, and {finding.allowed:g} is allowed"
                                                + (f" ({', '.join(finding.against)})" if finding.against else ""),
                                                "change the draft, or give a reason to publish all the same") for finding in refused])
    with _alone(live):
        content, before = text.encode(), live.read_bytes()
        if base is not None and digest(before) != base:
            raise PublishError("the draft", [Problem("the policy in force", f"is {digest(before)}, and the draft was made from {base}",
                                                     "look at `moderation policy list`, and make the draft again")])
        known = versions(live)
        if not known or (digest(before) != known[-1].policy and all(version.policy != digest(before) for version in known)):
            why_found = "as it was before the first version" if not known else "changed by hand"
            known.append(_write(live, Version(_next(known), digest(before), FOUND, _now(), why_found), before))
        made = Version(_next(known), digest(content), who, _now(), why.strip(), digest(before), override.strip() if refused else "",
                       restores, figures, tuple(gate))
        _write(live, made, content)
        replace(live, content)
        replace(marker(live), f"{made.number} {made.policy}\n".encode())
    return made


def rollback(live: Path, number: int | None, who: str, why: str) -> Version:
    """Put an earlier version in force again, as a new one; without a number the one before the one in force.

    The gate is not asked: it was in force before, and the way back must be short.

    Raises
    ------
    PublishError : there is no such version, or none before.
    """
    if number is None:
        number = _before(live)
    return publish(live, text_of(live, number), who, why, restores=number)


def _before(live: Path) -> int:
    """The version before the one in force; before what was restored, if it was."""
    known, current = versions(live), in_force(live)
    while current is not None and current.restores is not None:
        current = next((version for version in known if version.number == current.restores), None)
    before = current.before if current else known[-1].policy if known else ""
    number = next((version.number for version in reversed(known) if version.policy == before), None)
    if number is None:
        raise PublishError(folder(live).name, [Problem("version", "there is none before the one in force", "see `moderation policy list`")])
    return number


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _next(known: Sequence[Version]) -> int:
    return known[-1].number + 1 if known else 1


def _content(live: Path, number: int) -> Path:
    return folder(live) / f"{number:04}.toml"


def _write(live: Path, version: Version, content: bytes) -> Version:
    replace(_content(live, version.number), content)
    replace(_content(live, version.number).with_suffix(".json"), msgspec.json.format(msgspec.json.encode(version), indent=1) + b"\n")
    return version


@contextmanager
def _alone(live: Path) -> Iterator[None]:
    """Hold the lock of those who publish."""
    try:
        folder(live).mkdir(exist_ok=True)
        lock = (folder(live) / ".lock").open("w")
    except OSError as error:
        where = str(folder(live))
        hint = "let `MODERATION_POLICY` name a copy in a folder that this user may write to"
        raise DataError(where, [Problem(where, f"cannot be written: {error.strerror}", hint)]) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
