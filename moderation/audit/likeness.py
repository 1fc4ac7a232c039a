"""Whether two audits are of the same comments, and if not, what differs and what to do.

Knows what `key.json` says of a run; knows no results. The archive and how it was read must be alike; what scored it is what may differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from moderation.audit.columns import flag
from moderation.audit.words import number
from moderation.errors import Problem, listed

_AGAIN = "audit one of the two again as the other was"
_OPTIONS = {"family": "--format", "encoding": "--encoding", "delimiter": "--delimiter", "quoting": "--quoting", "header": "--no-header",
            "html": "--html", "past": "--past-map", "lines": "--format"}


def alike(key: Mapping[str, Any], name: str) -> Any:
    """What of a run's key must be the same in another; of an archive's files only their sizes, since a copy has other names and times."""
    if name != "source":
        return key.get(name)
    return [entry[1] for entry in key["source"] if isinstance(entry, list)]


def unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Problem]:
    """What differs between two runs' keys so that they are not of the same comments; A is the first, B the second. None if nothing does."""
    found = []
    sizes = alike(one, "source"), alike(other, "source")
    if sizes[0] != sizes[1]:
        found.append(Problem("the archive", f"A is of {_files(sizes[0])}, B of {_files(sizes[1])}",
                             "audit the same archive, or a copy of it, with both versions"))
    found += _readings(one.get("reading") or {}, other.get("reading") or {})
    if one.get("--since") != other.get("--since"):
        found.append(Problem("--since", f"{_since(one)} in A, {_since(other)} in B", _AGAIN))
    if one.get("--section") != other.get("--section"):
        found.append(Problem("--section", f"{_sections(one)} in A, {_sections(other)} in B", _AGAIN))
    return found


def _files(sizes: list[int]) -> str:
    return f"{number(len(sizes))} file{'s' * (len(sizes) != 1)} of {number(sum(sizes))} bytes" + " in all" * (len(sizes) > 1)


def _since(key: Mapping[str, Any]) -> str:
    found = key.get("--since")
    return "not given" if found is None else datetime.fromtimestamp(found / 1_000_000, UTC).isoformat()


def _sections(key: Mapping[str, Any]) -> str:
    return listed(key.get("--section") or []) or "all sections"


def _readings(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Problem]:
    for name in sorted({*one, *other} - {"columns"}):
        if one.get(name) == other.get(name):
            continue
        if name == "names":
            what = f"{listed(one.get(name) or []) or 'none'} in A, {listed(other.get(name) or []) or 'none'} in B"
            yield Problem("the archive's columns", what, "audit the same archive, or a copy of it, with both versions")
        elif name == "past":
            yield Problem("--past-map", "past decisions are not understood alike", _AGAIN)
        else:
            yield Problem(_OPTIONS.get(name, name), f"`{name}` is {_said(one.get(name))} in A, {_said(other.get(name))} in B", _AGAIN)
    columns = one.get("columns") or {}, other.get("columns") or {}
    for name in sorted({*columns[0], *columns[1]}):
        sides = [side.get(name) for side in columns]
        if sides[0] != sides[1]:
            shown = [listed([side]) if side else "no column" for side in sides]
            yield Problem(flag(name), f"read from {shown[0]} in A, from {shown[1]} in B", _AGAIN)


def _said(value: Any) -> str:
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"`{value}`" if str(value).isprintable() and value != " " else repr(value)
