"""Labels over HTTP: `POST /v1/labels` records what a moderator decided, `GET /v1/labels` exports; and the hook of the dialects.

Knows requests and the store's words; knows no database. A dialect that carries labels calls

    current_app.extensions["labels"].record(NewLabel("suggestscore", None, text, scores, guard.caller(), keep=labels.suggestions))

which never raises: a store that is down costs the label, is counted and said, and stops nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec
from flask import Blueprint, Flask, Response, current_app, request, stream_with_context

from moderation.errors import ModerationError, Problem, RequestError
from moderation.service import body, guard, journal, metrics, problems, scoring
from moderation.service.decode import decode
from moderation.service.native import Id, Text
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.store import NewLabel, Store

blueprint = Blueprint("labels", __name__)
_LONGEST_KEY = 255
_IS_KEY = re.compile(f"[!-~]{{1,{_LONGEST_KEY}}}")


class LabelRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What a moderator decided about a comment. The text is kept only with `store`; else a keyed hash, as for `author`
    always."""

    text: Text
    action: Literal["approve", "review", "reject"]
    categories: dict[str, bool] = {}
    id: Id | None = None
    section: str | None = None
    author: Id | None = None
    store: bool = False


class LabelResult(msgspec.Struct):
    """The label's id in the store."""

    id: str


_LABEL: msgspec.json.Decoder[LabelRequest] = msgspec.json.Decoder(LabelRequest)
_ENCODER = msgspec.json.Encoder()


class Labels:
    """The application's store, opened by the process that first needs it.

    Attributes
    ----------
    suggestions : whether the texts that suggestscore brings are kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = settings.database_url
        self.suggestions = settings.store_suggestions
        self._lock = threading.Lock()
        self._process = 0
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """The store; StoreError or ImportError if it cannot even be thought of."""
        with self._lock:
            if self._store is None or self._process != os.getpid():
                from moderation.store import Store  # SQLAlchemy takes longer to import than all the rest

                self._store, self._process = Store(self._url), os.getpid()
            return self._store

    def record(self, label: NewLabel) -> str | None:
        """Store a label if it can be done; its id, or None if it was lost."""
        try:
            return self.store.add(label)[0]
        except (ModerationError, ImportError) as error:
            lost(error)
            return None

    def close(self) -> None:
        """Give back the connections."""
        if self._store is not None and self._process == os.getpid():
            self._store.close()


def lost(error: Exception) -> None:
    """Count a label that was not stored, and say so."""
    metrics.of(current_app).lost_writes.inc()
    journal.LOGGER.error("a label was lost: %s", error)


def of(app: Flask) -> Labels:
    """The application's labels."""
    labels: Labels = app.extensions["labels"]
    return labels


@blueprint.post("/v1/labels")
@guard.needs("label")
def add() -> Response:
    """Record one label: 201, or 200 if the same request with the same `Idempotency-Key` was recorded before."""
    content = body.read()
    label = decode(content, _LABEL)
    _check(label)
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _IS_KEY.fullmatch(key):
        raise RequestError(Problem("Idempotency-Key", f"expected 1 to {_LONGEST_KEY} letters, digits and signs of ASCII, without a space",
                                   "a UUID will do"), 400)
    try:
        from moderation.store import NewLabel

        number, is_old = of(current_app).store.add(NewLabel(
            "native", label.action, label.text, {name: float(holds) for name, holds in label.categories.items()}, guard.caller(),
            label.section or guard.section(), label.id, label.author, label.store, key, hashlib.sha256(content).hexdigest()))
    except RequestError:
        raise
    except (ModerationError, ImportError) as error:
        lost(error)
        return _away()
    response = Response(_ENCODER.encode(LabelResult(number)), 200 if is_old else 201, mimetype="application/json")
    if is_old:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _check(label: LabelRequest) -> None:
    """Refuse names that the policy in force does not have: a label under a misspelt name would never be found again."""
    policy = scoring.scorer().policy
    policy.section(label.section)
    if not label.categories.keys() <= set(policy.categories):
        known = ", ".join(f"`{name}`" for name in policy.categories)
        raise RequestError(Problem("categories", "has a name that is no category of the policy", f"the categories are {known}"))


@blueprint.get("/v1/labels")
@guard.needs("label")
def export() -> Response:
    """All labels as lines, oldest first; `since` leaves out those from before a time in milliseconds."""
    since = request.args.get("since", "0")
    if not (since.isascii() and since.isdigit() and len(since) < 16):
        raise RequestError(Problem("since", "expected milliseconds since 1970"), 400)
    try:
        rows = of(current_app).store.export(int(since))
        first = next(rows, None)  # what is wrong with the store is said before the answer begins
    except (ModerationError, ImportError) as error:
        journal.LOGGER.error("labels were not exported: %s", error)
        return _away()

    def lines() -> Iterator[bytes]:
        if first is not None:
            yield _ENCODER.encode(first) + b"\n"
            for row in rows:
                yield _ENCODER.encode(row) + b"\n"

    return Response(stream_with_context(lines()), mimetype="application/x-ndjson")


def _away() -> Response:
    response = problems.answer(problems.details(Problem("", "the store of labels is away", "send it again later"), 503))
    response.headers["Retry-After"] = "5"
    return response
