"""Counts for Prometheus: `GET /metrics`. Right under several workers, by files that they share (`PROMETHEUS_MULTIPROC_DIR`).

Knows numbers and names of routes, sections, categories and versions; a comment never comes near. The score histogram is a
counter by tenths: `moderation_scores_total{category="obscene", bin="0.9"}` counts scores from 0.9 on.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from flask import Flask, Response, current_app
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from moderation.policy import ACTIONS
from moderation.scorer import Scorer, ScoreTable
from moderation.service.guard import needs

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BINS = 10


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.requests = Counter("moderation_requests", "Requests answered", ["route", "method", "status"], registry=registry)
        self.seconds = Histogram("moderation_request_seconds", "Time to answer", ["route"], registry=registry, buckets=_SECONDS)
        self.decisions = Counter("moderation_decisions", "Comments by what a category decided", ["category", "section", "action"],
                                 registry=registry)
        self.scores = Counter("moderation_scores", "Comments by a category's score, in tenths", ["category", "bin"], registry=registry)
        self.reloads = Counter("moderation_reloads", "Reloads of policy, lexicon and model", ["outcome"], registry=registry)
        self.lost_writes = Counter("moderation_lost_writes", "Labels that the store did not take", registry=registry)
        self.uncounted = Counter("moderation_rate_store_failures", "Times that the rate store failed", registry=registry)
        self.shadow = Counter("moderation_shadow_disagreements", "Comments that the shadow policy decides otherwise", ["live", "shadow"],
                              registry=registry)
        self._children: dict[Any, Any] = {}

    def _child(self, metric: Counter | Histogram, *labels: str) -> Any:
        key = (metric, labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = metric.labels(*labels)
        return child

    def answered(self, route: str, method: str, status: int, microseconds: int) -> None:
        """A request was answered."""
        found = self._children.get((route, method, status))
        if found is None:
            known = method if method in ("GET", "POST", "HEAD", "OPTIONS") else "other"
            found = self._child(self.requests, route, known, str(status)), self._child(self.seconds, route)
            if known == method:  # others are made up by callers
                self._children[route, method, status] = found
        found[0].inc()
        found[1].observe(microseconds / 1e6)

    def scored(self, table: ScoreTable) -> None:
        """Comments were scored; costs some microseconds for each category, however many comments."""
        policy = table.policy
        sections = ("-", *policy.sections)
        if len(table) == 1:
            number = table.sections if isinstance(table.sections, int) else int(table.sections[0])
            scores, actions = table.categories[0].tolist(), table.actions[0].tolist()
            for name, score, action in zip(policy.categories, scores, actions, strict=True):
                tenth = min(int(score * _BINS), _BINS - 1)
                found = self._children.get((name, number, action, tenth, sections))
                if found is None:
                    found = (self._child(self.decisions, name, sections[number], ACTIONS[action]),
                             self._child(self.scores, name, str(tenth / _BINS)))
                    self._children[name, number, action, tenth, sections] = found
                found[0].inc()
                found[1].inc()
            return
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

    def text(self, scorer: Scorer) -> bytes:
        """All that was counted, by all workers, in Prometheus's text format."""
        registry = self.registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no type for it
        return generate_latest(registry) + generate_latest(_Versions(scorer))


class _Versions:
    """The versions in force in the worker that answers."""

    def __init__(self, scorer: Scorer) -> None:
        self._versions = scorer.versions

    def collect(self) -> list[GaugeMetricFamily]:
        family = GaugeMetricFamily("moderation_versions", "What answers are made with", labels=self._versions._fields)
        family.add_metric(list(self._versions), 1)
        return [family]


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
