"""`moderation keys create|list|revoke`: thin; `keys` does the work."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from moderation import keys, settings
from moderation.policy import no_section
from moderation.rules import read_rules


def _create(arguments: argparse.Namespace) -> int:
    found = settings.load()
    scopes = [scope.strip() for scope in arguments.scopes.split(",")]
    if arguments.section is not None:
        _check_section(found.policy, arguments.section)
    text, key = keys.create(found.keys, arguments.name, scopes, arguments.section, arguments.rate)
    print(text)
    print(f"id {key.id}, scopes {', '.join(key.scopes)}. The key is shown only now; keep it where secrets are kept.")
    return 0


def _check_section(policy: Path, name: str) -> None:
    """Refuse a section that the policy in force does not have: every request of the key that names none would be refused."""
    sections = [section.name for section in read_rules(policy).sections]
    if name not in sections:
        raise keys.KeysError("the new key", [no_section(sections)])


def _list(arguments: argparse.Namespace) -> int:
    found = settings.load()
    ring = keys.KeyRing.load(found.keys)
    if ring is None:
        if "keys" in found.named:
            raise keys.missing(found.keys)
        print(f"no keys: {found.keys} is not there; `moderation keys create NAME` makes it", file=sys.stderr)
        return 0
    rows = [("id", "name", "scopes", "section", "rate", "created", "state")]
    rows += [(key.id, key.name, ",".join(key.scopes), key.section or "-", key.rate or "-", key.created,
              f"revoked {key.revoked}" if key.revoked else "in use") for key in ring.keys.values()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    key = keys.revoke(settings.load().keys, arguments.id)
    print(f"{key.id} ({key.name}) is revoked")
    return 0


def add_commands(commands: Any) -> None:
    """Add `keys` to the program's commands."""
    program = commands.add_parser("keys", help="make, list and revoke the keys of callers", description=(
        "The keys of callers, in the file that MODERATION_KEYS names (var/keys.json), which holds their hashes alone. Running services "
        "take a change from their next request on."))
    actions = program.add_subparsers(title="what", required=True, metavar="what")
    create = actions.add_parser("create", help="make a key and show it once")
    create.add_argument("name", help="whose key it is, for people to read")
    create.add_argument("--scopes", default="score", help=f"what it allows, separated by commas: {', '.join(keys.SCOPES)} (default: score)")
    create.add_argument("--section", help="the section of its requests that name none")
    create.add_argument("--rate", default="", help="requests that it may make, such as 600/minute")
    create.set_defaults(run=_create)
    actions.add_parser("list", help="show all keys, without their secrets").set_defaults(run=_list)
    revoke = actions.add_parser("revoke", help="take a key out of use at once")
    revoke.add_argument("id", help="as `moderation keys list` shows it")
    revoke.set_defaults(run=_revoke)
