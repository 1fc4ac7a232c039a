"""The journal: one line of JSON for each request, with what was decided and how long it took. Never a comment.

Knows requests, counts and versions. A dialect says what it scored with `note`; the line is written when the answer is.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
import traceback
from typing import Any

import msgspec
import numpy as np
from flask import Flask, Response, g, request

from moderation.policy import ACTIONS
from moderation.scorer import ScoreTable

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # a caller's own request id that is taken over
LOGGER = logging.getLogger("moderation")


class Line(msgspec.Struct, omit_defaults=True):
    """What is written of one request. `categories` counts the comments that each category did not approve."""

    id: str
    route: str
    status: int
    microseconds: int
    comments: int = 0
    actions: dict[str, int] = {}
    categories: dict[str, int] = {}
    versions: tuple[str, ...] = ()


def note(table: ScoreTable, categories: tuple[str, ...]) -> None:
    """Remember what was decided in this request, for its line."""
    g.scored = table, categories


def _line(response: Response) -> Line:
    line = Line(g.request_id, str(request.url_rule or "none"), response.status_code, (time.perf_counter_ns() - g.began) // 1000)
    table, names = g.pop("scored", (None, ()))
    if table is not None:
        counts = np.bincount(table.worst, minlength=len(ACTIONS)).tolist()
        held = np.count_nonzero(table.actions, axis=0).tolist()
        line.comments = len(table)
        line.actions = {action: count for action, count in zip(ACTIONS, counts, strict=True) if count}
        line.categories = {name: count for name, count in zip(names, held, strict=True) if count}
        line.versions = tuple(table.versions)
    return line


def report_failure(error: BaseException) -> None:
    """Log an exception nobody expected: its type and where it rose. Its message may hold a comment, so it is left out."""
    frames: list[Any] = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames[-8:]))
    LOGGER.error("request %s failed: %s at %s", g.get("request_id", "-"), type(error).__name__, places)


def keep(app: Flask) -> None:
    """Give every request an id, the caller's own if it sent a plain one, and write its line when it is answered."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter_ns()
        sent = request.environ.get("HTTP_X_REQUEST_ID", "")
        g.request_id = sent if _ID.fullmatch(sent) else secrets.token_hex(8)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        if LOGGER.isEnabledFor(logging.INFO):
            LOGGER.info(msgspec.json.encode(_line(response)).decode())
        return response


def set_up(level: str) -> None:
    """Write the program's log to standard error, one line each."""
    LOGGER.setLevel(level.upper())
    if not LOGGER.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        LOGGER.addHandler(handler)
        LOGGER.propagate = False
