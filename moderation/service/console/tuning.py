"""What `/console/tune` asks: labels brought and opened, figures for lines as they are moved, a target's lines, the draft.

Knows the shapes of questions and answers; every figure is `moderation.tune`'s.
"""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Flask, Response, current_app, request

from moderation import budget
from moderation.charts import figure
from moderation.errors import DataError, LoadError, ModerationError, Problem, RequestError
from moderation.scorer import Scorer
from moderation.service import body
from moderation.service.console.pages import blueprint
from moderation.service.console.uploads import STORE, Uploads
from moderation.service.decode import decode
from moderation.service.guard import needs
from moderation.settings import Settings
from moderation.tune import board, from_store
from moderation.tune.choose import Capacity, Wish, plan
from moderation.tune.draft import difference, draft
from moderation.tune.estimates import Floats
from moderation.tune.labelled import ScoredLabels
from moderation.tune.report import lacking, promised
from moderation.tune.targets import TuneError, read_costs, read_target
from moderation.tune.words import SECONDS

Pairs = dict[str, dict[str, tuple[float, float]]]  # section ("" for all) to category to (review, reject)


class Opened(msgspec.Struct):
    """A set of labels: its name for further questions, its categories and sections, and the lines in force."""

    labels: str
    comments: int
    categories: list[str]
    sections: list[str]
    live: Pairs
    policy: str


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """Lines that were moved, and which category and section (none: all) are looked at. `costs` are written `miss=3`."""

    labels: str
    category: str
    section: str | None = None
    lines: Pairs = {}
    comments_per_day: float = 0.0
    seconds_per_review: float = SECONDS
    costs: list[str] = []


class WishRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What is wished for, as on the command line."""

    labels: str
    targets: list[str] = []
    costs: list[str] = []
    review_per_day: float = 0.0
    comments_per_day: float = 0.0
    by_section: bool = False


class Found(msgspec.Struct):
    """Lines for a wish: what is promised of them, and what the labels cannot support."""

    lines: Pairs
    promised: list[str]
    missing: list[str]


class Drafted(msgspec.Struct):
    """A policy with these lines, and its difference from the one in force."""

    text: str
    difference: str


class Charts(msgspec.Struct):
    """Figures as HTML."""

    histogram: str
    curves: list[str]


_QUESTION: msgspec.json.Decoder[Question] = msgspec.json.Decoder(Question)
_WISH: msgspec.json.Decoder[WishRequest] = msgspec.json.Decoder(WishRequest)


def keep(app: Flask) -> None:
    """Make the folder of brought labels in gunicorn's first process, so that all workers share it."""
    app.extensions["uploads"] = Uploads()


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), mimetype="application/json")


def _scorer() -> Scorer:
    scorer: Scorer = current_app.extensions["scorer"]
    return scorer


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def labels_of(name: str, scorer: Scorer) -> ScoredLabels:
    """The labels of this name, scored by this scorer; an editor's set may take longer than a comment."""
    budget.start(0)
    uploads: Uploads = current_app.extensions["uploads"]
    if name != STORE:
        return uploads.scored(name, scorer)
    return uploads.stored(from_store.read(_settings().database_url, scorer.policy.categories), scorer)


def lines_of(scored: ScoredLabels, scorer: Scorer, wanted: Pairs) -> Floats:
    """The lines in force, with those that were moved."""
    return board.lines_of(scored, scorer.policy.thresholds, wanted)


def _pairs(lines: Floats, scorer: Scorer) -> Pairs:
    policy = scorer.policy
    return {section: {category: (review, reject) for category, (review, reject) in zip(policy.categories, row, strict=True)}
            for section, row in zip(("", *policy.sections), lines.tolist(), strict=True)}


@blueprint.post("/tune/labels")
@needs("tune", browser=True)
def open_labels() -> Response:
    """A file of labels as the body, `name` its name; or the store's labels, by `name=store`."""
    scorer, uploads, name = _scorer(), current_app.extensions["uploads"], request.args.get("name", "")
    if name == STORE:
        scored = labels_of(STORE, scorer)
    else:
        budget.start(0)
        name, scored = uploads.add(body.read(), name, scorer)
    return _json(Opened(name, len(scored), list(scored.categories), list(scored.section_names), _pairs(scorer.policy.thresholds, scorer),
                        scorer.versions.policy))


def _asked() -> tuple[Question, Scorer, ScoredLabels, Floats]:
    question, scorer = decode(body.read(), _QUESTION), _scorer()
    scored = labels_of(question.labels, scorer)
    return question, scorer, scored, lines_of(scored, scorer, question.lines)


@blueprint.post("/tune/figures")
@needs("tune", browser=True)
def figures() -> Response:
    """The figures of one category's lines."""
    question, _, scored, lines = _asked()
    costs = read_costs(question.costs) if question.costs else None
    return _json(board.figured(scored, lines, question.category, question.section, comments=question.comments_per_day,
                               seconds=question.seconds_per_review, costs=costs))


@blueprint.post("/tune/details")
@needs("tune", browser=True)
def details() -> Response:
    """Who is hit, what changes, and what stands nearest the lines."""
    question, scorer, scored, lines = _asked()
    return _json(board.details(scored, scorer, scorer.policy.thresholds, lines, question.category, question.section))


@blueprint.post("/tune/charts")
@needs("tune", browser=True)
def charts() -> Response:
    """The distribution and the curves of one category."""
    question, _, scored, _ = _asked()
    histogram, *curves = (str(figure(chart)) for chart in board.charts_of(scored, question.category, question.section))
    return _json(Charts(histogram, curves))


@blueprint.post("/tune/find")
@needs("tune", browser=True)
def find() -> Response:
    """Lines for targets, costs or a capacity: just what `moderation tune` chooses."""
    asked, scorer = decode(body.read(), _WISH), _scorer()
    scored = labels_of(asked.labels, scorer)
    if asked.review_per_day and not asked.comments_per_day:
        raise RequestError(Problem("comments_per_day", "is missing", "a capacity needs the comments of a day too"), 422)
    wish = Wish(tuple(map(read_target, asked.targets)), read_costs(asked.costs) if asked.costs else None,
                Capacity(asked.review_per_day, asked.comments_per_day) if asked.review_per_day else None, by_section=asked.by_section)
    chosen = plan(scored, scorer.policy.thresholds, wish)
    kept = [f"{choice.category}{f' in {choice.section}' if choice.section else ''}: {promised(kept.target, wish.delta)}"
            for choice in chosen.choices for kept in choice.kept]
    return _json(Found(_pairs(chosen.lines, scorer), kept, [lacking(missing) for missing in chosen.missing]))


@blueprint.post("/tune/draft")
@needs("tune", browser=True)
def drafted() -> Response:
    """The policy file with these lines."""
    _, scorer, _, lines = _asked()
    return _json(Drafted(*draft_of(scorer, lines)))


def draft_of(scorer: Scorer, lines: Floats) -> tuple[str, str]:
    """The policy with these lines, and how it differs from the one in force."""
    old = _settings().policy.read_text(encoding="utf-8")
    new = draft(old, lines, scorer.policy.attributes)
    return new, difference(old, new)


@blueprint.errorhandler(ModerationError)
def refuse(error: ModerationError) -> Response:
    """What is wrong with labels, a wish or a draft, each problem with its place."""
    from moderation.service.problems import answer, details

    if isinstance(error, LoadError):
        shown = [f"{problem.where}: {problem}" for problem in error.problems]
        what = "cannot be used" if isinstance(error, DataError) else "is not possible"
        return answer(details(Problem(error.source, what, "\n".join(shown)), 422))
    return answer(details(Problem("" if isinstance(error, TuneError) else "labels", str(error)), 422))
