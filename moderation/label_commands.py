"""`moderation labels export|purge|forget`: thin; `store` does the work."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

import msgspec

from moderation import settings

if TYPE_CHECKING:
    from moderation.store import Store

_DAY = 86_400_000


def _store() -> Store:
    from moderation.store import Store  # SQLAlchemy takes longer to import than all the rest

    return Store(settings.load().database_url, create=False)


def _deleted(count: int) -> str:
    return f"{count} label{'s' * (count != 1)} deleted"


def _export(arguments: argparse.Namespace) -> int:
    store = _store()
    for row in store.export():
        print(msgspec.json.encode(row).decode())
    store.close()
    return 0


def _purge(arguments: argparse.Namespace) -> int:
    store = _store()
    print(_deleted(store.purge(time.time_ns() // 1_000_000 - arguments.days * _DAY)))
    store.close()
    return 0


def _forget(arguments: argparse.Namespace) -> int:
    store = _store()
    print(_deleted(store.forget(arguments.author)))
    store.close()
    return 0


def _days(text: str) -> int:
    if not (text.isdecimal() and int(text) < 100_000):
        raise argparse.ArgumentTypeError("expected a number of days")
    return int(text)


def add_commands(commands: Any) -> None:
    """Add `labels` to the program's commands."""
    program = commands.add_parser("labels", help="export or delete what moderators decided")
    actions = program.add_subparsers(title="what", required=True, metavar="what")
    actions.add_parser("export", help="print every label as a line of JSON").set_defaults(run=_export)
    purge = actions.add_parser("purge", help="delete the labels that are older than a number of days")
    purge.add_argument("--days", type=_days, required=True, help="how old the oldest may be that stay")
    purge.set_defaults(run=_purge)
    forget = actions.add_parser("forget", help="delete all labels of one author's comments")
    forget.add_argument("author", help="the author's id, as it was sent with the labels")
    forget.set_defaults(run=_forget)
