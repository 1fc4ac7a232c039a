"""Files that are whole or not there: written beside their place and renamed into it. And the figures that a draft brings along."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from moderation.errors import DataError, Problem


def digest(content: bytes) -> str:
    """What answers name a policy by."""
    return hashlib.sha256(content).hexdigest()[:12]


def folder(live: Path) -> Path:
    """Where the versions of a policy lie."""
    return live.with_suffix(".versions")


def marker(live: Path) -> Path:
    """The file that is another whenever a version of the policy is put in force."""
    return folder(live) / "live"


def replace(path: Path, content: bytes) -> None:
    """Put content in a place so that a reader finds the old or the new, and neither a power cut nor a full disk leaves half of it.

    The mode of a file that was there stays; a new one is readable by all.

    Raises
    ------
    DataError : the place cannot be written to.
    """
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        problem = Problem(str(path), f"cannot be written: {error.strerror}", "name a place that this user may write to")
        raise DataError(path.name, [problem]) from error


def figures_path(draft: Path) -> Path:
    """Where a draft's figures lie."""
    return draft.with_suffix(".figures.json")


def write_draft(path: Path, text: str, figures: dict[str, Any]) -> None:
    """A policy that is not in force, with what it was chosen by beside it.

    Raises
    ------
    DataError : it cannot be written.
    """
    content = text.encode()
    replace(path, content)
    replace(figures_path(path), msgspec.json.format(msgspec.json.encode({"policy": digest(content), **figures}), indent=1) + b"\n")


def read_figures(path: Path) -> dict[str, Any] | None:
    """The figures of a draft; None if there are none, or if the draft was changed since they were written."""
    try:
        found: dict[str, Any] = msgspec.json.decode(figures_path(path).read_bytes(), type=dict[str, Any])
        return found if found.get("policy") == digest(path.read_bytes()) else None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
