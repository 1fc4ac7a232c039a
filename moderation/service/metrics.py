"""Counts for Prometheus: `GET /metrics`. Right under several workers, by files that they share (`PROMETHEUS_MULTIPROC_DIR`).

Knows numbers and names of routes, sections, categories and versions; a comment never comes near. The score histogram is a
counter by tenths: `moderation_scores_total{category="obscene", bin="0.9"}` counts scores from 0.9 on.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_left
from collections import deque
from typing import Any

import numpy as np
from flask import Flask, Response, current_app
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from moderation.policy import ACTIONS
from moderation.scorer import Scorer, ScoreTable
from moderation.service.guard import needs
from moderation.table import DEEP, FAST

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BINS = 10
_LATER = 0.5  # seconds after which a single request is counted


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
        self._pending: deque[tuple[Any, ...]] = deque()
        self._timer: threading.Timer | None = None

    def _child(self, metric: Counter | Histogram, *labels: str) -> Any:
        key = (metric, labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = metric.labels(*labels)
        return child

    def answered(self, route: str, method: str, status: int, microseconds: int) -> None:
        """A request was answered."""
        self._later((route, method, status, microseconds))

    def scored(self, table: ScoreTable) -> None:
        """Comments were scored; costs some microseconds for each category, however many comments."""
        policy = table.policy
        if len(table) == 1:
            number = table.sections if isinstance(table.sections, int) else int(table.sections[0])
            self._later((policy, (number, table.tier(0)), table.categories[0].tolist(), table.actions[0].tolist()))
            return
        for tier, count in ((DEEP, len(table.deep)), (FAST, len(table) - len(table.deep))):
            if count:
                self._child(self.tiers, tier).inc(count)
        sections = ("-", *policy.sections)
        combined = np.asarray(table.sections)[..., None] * len(ACTIONS) + table.actions
        tenths = np.minimum((table.categories * _BINS).astype(np.intp), _BINS - 1)
        for column, name in enumerate(policy.categories):
            for index, count in enumerate(np.bincount(combined[:, column]).tolist()):
                if count:
                    number, action = divmod(index, len(ACTIONS))
                    self._child(self.decisions, name, sections[number], ACTIONS[action]).inc(count)
            for tenth, count in enumerate(np.bincount(tenths[:, column]).tolist()):
                if count:
                    self._child(self.scores, name, str(tenth / _BINS)).inc(count)

    def _later(self, event: tuple[Any, ...]) -> None:
        self._pending.append(event)
        if self._timer is None:
            self._timer = threading.Timer(_LATER, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def flush(self) -> None:
        """Add what single requests left to the counters: shared files and their lock are too dear for each request."""
        self._timer = None
        requests: dict[tuple[str, str, int], int] = {}
        buckets: dict[tuple[str, int], list[int]] = {}
        rows: dict[tuple[Any, ...], int] = {}
        tiers: dict[str, int] = {}
        while self._pending:
            try:
                first, second, third, fourth = self._pending.popleft()
            except IndexError:  # another thread was quicker
                break
            if isinstance(first, str):
                requests[first, second, third] = requests.get((first, second, third), 0) + 1
                buckets.setdefault((first, bisect_left(_SECONDS, fourth / 1e6)), []).append(fourth)
                continue
            number, tier = second
            tiers[tier] = tiers.get(tier, 0) + 1
            for column, (score, action) in enumerate(zip(third, fourth, strict=True)):
                key = first, column, number, action, min(int(score * _BINS), _BINS - 1)
                rows[key] = rows.get(key, 0) + 1
        for tier, count in tiers.items():
            self._child(self.tiers, tier).inc(count)
        for (route, method, status), count in requests.items():
            known = method if method in ("GET", "POST", "HEAD", "OPTIONS") else "other"
            self._child(self.requests, route, known, str(status)).inc(count)
        for (route, bucket), times in buckets.items():
            # What `observe` does, for many at once.
            child = self._child(self.seconds, route)
            child._buckets[bucket].inc(len(times))
            child._sum.inc(sum(times) / 1e6)
        for (policy, column, number, action, tenth), count in rows.items():
            name = policy.categories[column]
            self._child(self.decisions, name, ("-", *policy.sections)[number], ACTIONS[action]).inc(count)
            self._child(self.scores, name, str(tenth / _BINS)).inc(count)

    def text(self, scorer: Scorer) -> bytes:
        """All that was counted, by all workers, in Prometheus's text format."""
        self.flush()
        registry = self.registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no type for it
        return generate_latest(registry) + generate_latest(_Versions(scorer))


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
