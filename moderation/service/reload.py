"""A new policy, lexicon, model and encoder without a stop: built beside the old, tested, swapped by reference; the last good stays.

Knows when and how to swap; what is loaded is the scorer's, what is kept of it `last_good`'s. What has not changed is not loaded again.

All workers share a few bytes: whoever reloads keeps a copy of the files that it tested, writes their digest and counts a generation
on, and every process looks at that number: a worker before each request, gunicorn's first process before it makes a worker. They
load the copy, never the files, which may have changed since. So once a reload is answered, no later request is answered by the old
versions, and no worker that is made later either. `POST /v1/admin/reload` does it in the worker that is asked, SIGHUP in gunicorn's
first process, whose new workers then share the memory again. When a version of the policy is published, on any machine that shares
its folder, the first worker that sees it does it, within a second of the next request.

A shadow policy (`MODERATION_SHADOW_POLICY`) is loaded with the rest: it decides every comment once more, over the live
policy's scores, matches and exclusions; what it would have decided otherwise is counted and named in the request's line.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import mmap
import threading
import time
from typing import NamedTuple

import msgspec
import numpy as np
from flask import Blueprint, Flask, Response, current_app, g

from moderation import budget, parity
from moderation.answers import VersionsResult
from moderation.errors import LoadError
from moderation.found import RowMatches
from moderation.policies.files import marker
from moderation.policy import ACTIONS, Policy
from moderation.scorer import Scorer, ScorerSpec, ScoreTable, reopen
from moderation.service import guard, journal, metrics, problems
from moderation.service.last_good import LastGood, Sources
from moderation.settings import Settings

blueprint = Blueprint("admin", __name__)
_TRIES = 5
_LOOK = 1.0  # seconds between looks at what is published
_NUMBER, _DIGEST = slice(0, 8), slice(8, 40)


class Live(NamedTuple):
    """What answers are made with, the digest of the files it came from, and the models' test texts."""

    scorer: Scorer
    shadow: Policy | None
    digest: bytes
    cases: parity.Cases | None


class ReloadResult(msgspec.Struct):
    """What is in force now, and whether it differs from what was."""

    versions: VersionsResult
    changed: bool


class Place(msgspec.Struct):
    """One thing that is wrong with what would have been loaded."""

    where: str
    what: str
    hint: str


class ReloadProblem(problems.ProblemDetails):
    """Why a reload was refused."""

    problems: list[Place] = msgspec.field(default_factory=list)


def _open(settings: Settings, before: Scorer | None) -> tuple[Scorer, Sources]:
    budget.start(0)  # what is loaded takes its time
    for _ in range(_TRIES):
        sources = Sources.of(ScorerSpec.from_settings(settings), settings.shadow_policy)
        try:
            return reopen(sources.spec, before), sources
        except LoadError as error:
            if error.problems[0].where != "digest":
                raise
            changed = error  # somebody wrote to the files while they were read
    raise changed


def _build(scorer: Scorer, sources: Sources) -> Live:
    cases = parity.read_all(scorer, sources.spec.model, sources.spec.encoder)
    parity.check_all(scorer, cases)
    shadow = Policy.load(sources.shadow, scorer.policy.attributes) if sources.shadow else None
    for problem in scorer.warnings:
        journal.LOGGER.warning("%s: %s", problem.where, problem)
    return Live(scorer, shadow, sources.digest, cases)


def build(settings: Settings, scorer: Scorer | None = None) -> Live:
    """Load and test what the settings name.

    Parameters
    ----------
    scorer : taken as it is, and only the shadow policy loaded.

    Raises
    ------
    LoadError : with every problem; nothing is changed.
    """
    if scorer is None:
        return _build(*_open(settings, None))
    return Live(scorer, Policy.load(settings.shadow_policy, scorer.policy.attributes) if settings.shadow_policy else None, b"", None)


def _give_back() -> None:
    """Let the system have the memory of what was in force before: glibc keeps it for the thread that had it, so that each reload by
    another thread would add to the whole."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


class Reloader:
    """What is in force in this process, and the number by which all processes know whether that is the newest."""

    def __init__(self, app: Flask, settings: Settings, scorer: Scorer | None) -> None:
        self._app = app
        self._settings = settings
        self._lock = threading.Lock()
        self._kept = LastGood(settings.languages, settings.tier, settings.encoder_threads)
        self._shared = mmap.mmap(-1, mmap.PAGESIZE)  # the same memory in all workers
        self._seen = bytes(8)
        self._look_at, self._published = 0.0, self._mark()
        self._put(build(settings, scorer))

    def _put(self, live: Live) -> None:
        self.live = live
        self._app.extensions["parity"] = live.cases
        self._app.extensions["shadow"] = live.shadow
        self._app.extensions["scorer"] = live.scorer

    def reload(self) -> bool:
        """Take what lies at the settings' places now, in every worker; whether it differs from what was in force.

        Raises
        ------
        LoadError : it cannot be used; what was in force stays.
        """
        count = metrics.of(self._app).reloads
        with self._lock, self._kept.alone():
            try:
                self._take_newest()
                scorer, sources = _open(self._settings, self.live.scorer)
                is_new = sources.digest != self.live.digest
                if is_new:
                    live = _build(scorer, sources)
                    self._kept.keep(sources)
                    self._put(live)
                    _give_back()
            except LoadError:
                count.labels("refused").inc()
                raise
            if is_new:
                self._shared[_DIGEST] = self.live.digest
                self._seen = (int.from_bytes(self._shared[_NUMBER], "big") + 1).to_bytes(8, "big")
                self._shared[_NUMBER] = self._seen
        count.labels("taken").inc()
        journal.LOGGER.warning("reloaded: %s", ", ".join(self.live.scorer.versions))
        return is_new

    def catch_up(self) -> None:
        """Load what another process has put in force since; some hundred nanoseconds if there is nothing new."""
        if time.monotonic() >= self._look_at:
            self._look()
        if self._shared[_NUMBER] != self._seen:
            with self._lock:
                self._take_newest()

    def _look(self) -> None:
        self._look_at = time.monotonic() + _LOOK
        mark = self._mark()
        if mark != self._published:
            self._published = mark
            try:
                self.reload()
            except LoadError as error:
                journal.LOGGER.error("a published policy was refused, the last good one goes on: %s", error)

    def _mark(self) -> tuple[int, int]:
        """What is another as soon as a version is published: renaming gives the file a new number and time."""
        try:
            found = marker(self._settings.policy).stat()
        except OSError:
            return 0, 0
        return found.st_ino, found.st_mtime_ns

    def _take_newest(self) -> None:
        budget.start(0)
        for _ in range(_TRIES):
            number, digest = self._shared[_NUMBER], self._shared[_DIGEST]
            if number == self._seen:
                return
            try:
                if digest != self.live.digest:
                    sources = self._kept.sources(digest)
                    self._put(_build(reopen(sources.spec, self.live.scorer), sources))
                    _give_back()
                self._seen = number  # last, so that no other thread answers meanwhile
                return
            except LoadError as error:
                failed = error  # it was replaced by a newer one while it was read
        metrics.of(self._app).reloads.labels("missed").inc()
        journal.LOGGER.error("this worker stays with what it has: %s", failed)
        self._seen = number


def _compare(table: ScoreTable) -> None:
    """Let the shadow policy decide a table, and count where it would have decided otherwise.

    A stream goes on by the model that it began with; a shadow policy that was loaded since for other attributes cannot read its scores.
    """
    shadow: Policy | None = current_app.extensions["shadow"]
    if shadow is None or not len(table) or shadow.attributes != table.policy.attributes:
        return
    numbers = {name: number for number, name in enumerate(shadow.sections, 1)}
    known = np.array([0, *(numbers.get(name, 0) for name in table.policy.sections)], dtype=np.intp)
    fused = shadow.fuse(table.attributes, [RowMatches(row, list(matches)) for row, matches in table.matches.items()])
    theirs = shadow.decide(fused, np.broadcast_to(known[table.sections], len(table))).max(axis=1, initial=0)
    if table.unread:
        theirs[table.unread] = np.maximum(theirs[table.unread], shadow.unread)
    ours = table.worst
    for live, other in zip(ours[ours != theirs].tolist(), theirs[ours != theirs].tolist(), strict=True):
        metrics.of(current_app).shadow.labels(ACTIONS[live], ACTIONS[other]).inc()
        name = f"{ACTIONS[live]}>{ACTIONS[other]}"
        g.line.shadow[name] = g.line.shadow.get(name, 0) + 1


def keep(app: Flask, scorer: Scorer | None) -> None:
    """Open what the settings name, and look for newer before each request.

    Raises
    ------
    LoadError : it cannot be used.
    """
    reloader = app.extensions["reload"] = Reloader(app, app.extensions["settings"], scorer)
    app.before_request(reloader.catch_up)
    app.extensions["before_fork"].append(reloader.catch_up)
    if app.extensions["settings"].shadow_policy:
        app.extensions["when_scored"].append(_compare)
    app.register_blueprint(blueprint)


@blueprint.post("/v1/admin/reload")
@guard.needs("admin")
def reload() -> Response:
    """Put the policy, lexicon and model that lie there now in force, in every worker; or say everything that is wrong."""
    reloader: Reloader = current_app.extensions["reload"]
    try:
        changed = reloader.reload()
    except LoadError as error:
        count = len(error.problems)
        return problems.answer(ReloadProblem(
            "The new versions were refused; the last good ones go on", 422, f"{count} problem{'s' * (count != 1)} in {error.source}",
            problems=[Place(problem.where, problem.what, problem.hint) for problem in error.problems]))
    result = ReloadResult(VersionsResult(*reloader.live.scorer.versions), changed)
    return Response(msgspec.json.encode(result), mimetype="application/json")
