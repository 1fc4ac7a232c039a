"""Counts for Prometheus: `GET /metrics`. Right under several workers, by files that they share (`PROMETHEUS_MULTIPROC_DIR`).

Knows numbers and names of routes, sections, categories and versions; a comment never comes near. The score histogram is a
counter by tenths: `moderation_scores_total{category="obscene", bin="0.9"}` counts scores from 0.9 on.
"""

from __future__ import annotations

import contextlib
import os
import threading
from bisect import bisect_left
from collections import Counter as Counted
from collections import deque
from typing import Any, TypeVar

import numpy as np
from flask import Flask, Response, current_app
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from moderation.policy import ACTIONS, Policy
from moderation.scorer import Scorer, ScoreTable
from moderation.service.guard import needs
from moderation.table import DEEP, FAST

Event = TypeVar("Event")
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_MICROSECONDS = [seconds * 1e6 for seconds in _SECONDS]
_BINS = 10
_LATER = 0.5  # seconds after which a request is counted


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.requests = Counter("moderation_requests", "Requests answered", ["route", "method", "status"], registry=registry)
        self.seconds = Histogram("moderation_request_seconds", "Time to answer", ["route"], registry=registry, buckets=_SECONDS)
        self.decisions = Counter("moderation_decisions", "Comments by what a category decided", ["category", "section", "action"],
                                 registry=registry)
        self.scores = Counter("moderation_scores", "Comments by a category's score, in tenths", ["category", "bin"], registry=registry)
        self.tiers = Counter("moderation_comments_by_tier", "Comments by the tier that decided them", ["tier"], registry=registry)
        self.reloads = Counter("moderation_reloads", "Reloads of policy, lexicon and model", ["outcome"], registry=registry)
        self.lost_writes = Counter("moderation_lost_writes", "Labels that the store did not take", registry=registry)
        self.uncounted = Counter("moderation_rate_store_failures", "Times that the rate store failed", registry=registry)
        self.shadow = Counter("moderation_shadow_disagreements", "Comments that the shadow policy decides otherwise", ["live", "shadow"],
                              registry=registry)
        self._children: dict[Any, Any] = {}
        self._requests: deque[tuple[str, str, int, int]] = deque()  # route, method, status, microseconds
        self._tables: deque[tuple[Policy, Any, Any, Any, int]] = deque()  # policy, sections, actions, scores, and how many rows are deep
        self._timer: threading.Timer | None = None

    def _child(self, metric: Counter | Histogram, *labels: str) -> Any:
        key = (metric, labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = metric.labels(*labels)
        return child

    def answered(self, route: str, method: str, status: int, microseconds: int) -> None:
        """A request was answered."""
        self._requests.append((route, method, status, microseconds))
        self._count_later()

    def scored(self, table: ScoreTable) -> None:
        """Comments were scored."""
        self._tables.append((table.policy, table.sections, table.actions, table.categories, len(table.deep)))
        self._count_later()

    def _count_later(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(_LATER, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def flush(self) -> None:
        """Add what requests left to the counters: shared files and their lock are too dear for each of them.

        Equal ones are counted together first, so that requests meanwhile hardly wait.
        """
        self._timer = None
        requests, tables = _taken(self._requests), _taken(self._tables)
        for policy in {id(table[0]): table[0] for table in tables}.values():
            self._count_rows(policy, [table[1:] for table in tables if table[0] is policy])
        for (route, method, status), count in Counted([request[:3] for request in requests]).items():
            known = method if method in ("GET", "POST", "HEAD", "OPTIONS") else "other"
            self._child(self.requests, route, known, str(status)).inc(count)
        # What `observe` does, for many at once.
        for (route, bucket), count in Counted([(request[0], bisect_left(_MICROSECONDS, request[3])) for request in requests]).items():
            self._child(self.seconds, route)._buckets[bucket].inc(count)
        for route in {request[0] for request in requests}:
            self._child(self.seconds, route)._sum.inc(sum([request[3] for request in requests if request[0] == route]) / 1e6)

    def _count_rows(self, policy: Policy, tables: list[tuple[Any, Any, Any, int]]) -> None:
        sections = np.concatenate([np.broadcast_to(sections, len(actions)) for sections, actions, _, _ in tables])
        actions = np.concatenate([actions for _, actions, _, _ in tables])
        scores = np.concatenate([scores for _, _, scores, _ in tables])
        deep = sum(count for *_, count in tables)
        for tier, count in ((DEEP, deep), (FAST, len(actions) - deep)):
            if count:
                self._child(self.tiers, tier).inc(count)
        names = ("-", *policy.sections)
        combined = sections[:, None] * len(ACTIONS) + actions
        tenths = np.minimum((scores * _BINS).astype(np.intp), _BINS - 1)
        for column, name in enumerate(policy.categories):
            for index, count in enumerate(np.bincount(combined[:, column]).tolist()):
                if count:
                    number, action = divmod(index, len(ACTIONS))
                    self._child(self.decisions, name, names[number], ACTIONS[action]).inc(count)
            for tenth, count in enumerate(np.bincount(tenths[:, column]).tolist()):
                if count:
                    self._child(self.scores, name, str(tenth / _BINS)).inc(count)

    def text(self, scorer: Scorer) -> bytes:
        """All that was counted, by all workers, in Prometheus's text format."""
        self.flush()
        registry = self.registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no type for it
        return generate_latest(registry) + generate_latest(_Versions(scorer))


def _taken(events: deque[Event]) -> list[Event]:
    """All that is in a queue, taken out; others may put in and take out meanwhile."""
    taken = []
    with contextlib.suppress(IndexError):  # another thread was quicker
        for _ in range(len(events)):
            taken.append(events.popleft())
    return taken


class _Versions:
    """The versions and the tier in force in the worker that answers."""

    def __init__(self, scorer: Scorer) -> None:
        self._versions, self._tier = scorer.versions, scorer.tier

    def collect(self) -> list[GaugeMetricFamily]:
        family = GaugeMetricFamily("moderation_versions", "What answers are made with", labels=self._versions._fields)
        family.add_metric(list(self._versions), 1)
        tier = GaugeMetricFamily("moderation_tier", "Who decides where a comment names no tier", labels=["tier"])
        tier.add_metric([self._tier], 1)
        return [family, tier]


def of(app: Flask) -> Metrics:
    """The application's counters."""
    metrics: Metrics = app.extensions["metrics"]
    return metrics


@needs("admin")
def _metrics() -> Response:
    return Response(of(current_app).text(current_app.extensions["scorer"]), content_type="text/plain; version=0.0.4; charset=utf-8")


def keep(app: Flask) -> None:
    """Count the requests of an application, and show the counts."""
    metrics = app.extensions["metrics"] = Metrics()
    app.add_url_rule("/metrics", "metrics", _metrics)
    app.extensions["when_scored"].append(metrics.scored)
    app.extensions["when_answered"].append(metrics.answered)
