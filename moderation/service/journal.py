"""The journal: one line of JSON for each request, with what was decided and how long it took. Never a comment.

Knows requests, counts and versions. A dialect says what it scored with `note`; the line is written when the answer is.
"""

from __future__ import annotations

import logging
import re
import time
import traceback
from random import getrandbits
from typing import Any

import msgspec
import numpy as np
from flask import Flask, g

from moderation.policy import ACTIONS
from moderation.scorer import ScoreTable
from moderation.service import lean

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # a caller's own request id that is taken over
_ENCODER = msgspec.json.Encoder()
LOGGER = logging.getLogger("moderation")


class Line(msgspec.Struct, omit_defaults=True):
    """What is written of one request. `categories` counts the comments that each category did not approve,
    `shadow` those that the shadow policy would have decided otherwise."""

    id: str
    route: str = ""
    status: int = 0
    microseconds: int = 0
    comments: int = 0
    actions: dict[str, int] = {}
    categories: dict[str, int] = {}
    versions: tuple[str, ...] = ()
    shadow: dict[str, int] = {}


def note(table: ScoreTable, categories: tuple[str, ...]) -> None:
    """Remember what was decided in this request, for its line, and tell those who count it; a stream does so many times."""
    if LOGGER.isEnabledFor(logging.INFO):
        _remember(lean.own().line, table, categories)
    for tell in lean.now().app.extensions["when_scored"]:
        tell(table)


def _remember(line: Line, table: ScoreTable, categories: tuple[str, ...]) -> None:
    if len(table) == 1:  # as below, without numpy's price for each call
        row: list[int] = table.actions[0].tolist()
        worst = max([*row, table.policy.unread]) if table.unread else max(row, default=0)
        counts = [int(worst == action) for action in range(len(ACTIONS))]
        held = [int(action > 0) for action in row]
    else:
        counts = np.bincount(table.worst, minlength=len(ACTIONS)).tolist()
        held = np.count_nonzero(table.actions, axis=0).tolist()
    line.comments += len(table)
    for names, found, into in ((ACTIONS, counts, line.actions), (categories, held, line.categories)):
        for name, count in zip(names, found, strict=True):
            if count:
                into[name] = into.get(name, 0) + count
    line.versions = tuple(table.versions)


def close(status: int) -> None:
    """Write the request's line, and tell those who count requests: when it is answered, or at the end of its stream."""
    own, context = lean.own(), lean.now()
    line: Line = own.line
    rule = context.request.url_rule
    line.route, line.status = rule.rule if rule else "none", status
    line.microseconds = (time.perf_counter_ns() - own.began) // 1000
    if LOGGER.isEnabledFor(logging.INFO):
        LOGGER.info(_ENCODER.encode(line).decode())
    for tell in context.app.extensions["when_answered"]:
        tell(line.route, context.request.method, status, line.microseconds)


def report_failure(error: BaseException) -> None:
    """Log an exception nobody expected: its type and where it rose. Its message may hold a comment, so it is left out."""
    frames: list[Any] = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames[-8:]))
    LOGGER.error("request %s failed: %s at %s", g.get("request_id", "-"), type(error).__name__, places)


def keep(app: Flask) -> None:
    """Give every request an id, the caller's own if it sent a plain one, and write its line when it is answered."""

    app.extensions["when_scored"] = []  # called with each table that `note` is given
    app.extensions["when_answered"] = []  # called with route, method, status and microseconds of each request

    @app.before_request
    def begin() -> None:
        own = lean.own()
        own.began = time.perf_counter_ns()
        sent = lean.now().request.environ.get("HTTP_X_REQUEST_ID")
        own.request_id = sent if sent and _ID.fullmatch(sent) else f"{getrandbits(64):016x}"
        own.line = Line(own.request_id)


def set_up(level: str) -> None:
    """Write the program's log to standard error, one line each."""
    LOGGER.setLevel(level.upper())
    if not LOGGER.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        LOGGER.addHandler(handler)
        LOGGER.propagate = False
