"""The Perspective dialect: `comments:analyze` and `comments:suggestscore`, as Google's Comment Analyzer answers them.

Knows the shapes of its requests and answers, and by the tables below which of our scores each attribute is; knows no
threshold, no lexicon and no classifier. An attribute that nothing here scores is an error, never a made-up number.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec
from flask import Blueprint, Response, current_app, request
from msgspec import UNSET
from werkzeug.exceptions import HTTPException

from moderation import language
from moderation.answers import Answers, attributes
from moderation.errors import RequestError
from moderation.markup import visible
from moderation.scorer import Scorer, ScoreTable
from moderation.service import body, envelope, guard, labels, scoring
from moderation.service.decode import decode
from moderation.service.discovery import document
from moderation.service.envelope import AnalyzerError
from moderation.service.lean import Ready
from moderation.service.origin import origin
from moderation.service.perspective_forms import (
    AnalyzeRequest,
    AnalyzeResponse,
    AttributeScores,
    Score,
    SpanScore,
    SuggestRequest,
    SuggestResponse,
    checked_text,
    in_camel_case,
)

blueprint = Blueprint("perspective", __name__)


class Source(NamedTuple):
    """Where an attribute's score is from. With an `attribute`: the classifier's probability, or what the lexicon's words of
    the `category` count at least, whichever is more, so that a slur the classifier does not know is not lost. Without: the
    category's score. `ANY` is the worst of all categories."""

    attribute: str
    category: str


ANY = "*"
ATTRIBUTES = {
    "TOXICITY": Source("toxicity", ANY),
    "SEVERE_TOXICITY": Source("severe_toxicity", ""),
    "IDENTITY_ATTACK": Source("identity_attack", "derogatory"),
    "INSULT": Source("insult", "personal"),
    "PROFANITY": Source("profanity", "obscene"),
    "THREAT": Source("threat", ""),
    "SEXUALLY_EXPLICIT": Source("sexually_explicit", ""),
    "ATTACK_ON_COMMENTER": Source("", "personal"),
    "LIKELY_TO_REJECT": Source("", ANY),
}
ALIASES = {"OBSCENE": "PROFANITY", "TOXICITY_FAST": "TOXICITY",
           **{f"{name}_EXPERIMENTAL": name for name, source in ATTRIBUTES.items() if source.attribute}}

_MAX_ATTRIBUTES, _MAX_SENTENCES = 64, 200  # beyond which an answer would be out of all proportion to its request
_SCORE_TYPES = {None, "", "SCORE_TYPE_UNSPECIFIED", "PROBABILITY"}
_OTHER_SCORE_TYPES = {"STD_DEV_SCORE", "PERCENTILE", "RAW"}
_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}")


_ANALYZE: msgspec.json.Decoder[AnalyzeRequest] = msgspec.json.Decoder(AnalyzeRequest)
_SUGGEST: msgspec.json.Decoder[SuggestRequest] = msgspec.json.Decoder(SuggestRequest)
_ENCODER = msgspec.json.Encoder()


def _json(value: Any) -> Ready:
    return Ready(_ENCODER.encode(value), kind="application/json; charset=UTF-8")


def _is_scored(source: Source, scorer: Scorer) -> bool:
    if source.attribute:
        return source.attribute in scorer.policy.attributes
    return source.category in (ANY, *scorer.policy.categories)


def _sources(sent: AnalyzeRequest, scorer: Scorer) -> dict[str, Source]:
    """The source of each requested attribute, under its name as sent; none of an attribute in a language that is not read."""
    if not sent.requested_attributes:
        raise AnalyzerError("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    if len(sent.requested_attributes) > _MAX_ATTRIBUTES:
        raise AnalyzerError(f"Too many requested attributes; the limit is {_MAX_ATTRIBUTES}")
    found = {}
    for name, parameters in sent.requested_attributes.items():
        shown = name if _NAME.fullmatch(name) else "(not a name)"
        plain = name.partition("@")[0]
        source = ATTRIBUTES.get(ALIASES.get(plain, plain))
        if source is None or not _is_scored(source, scorer):
            raise AnalyzerError(f"Unknown requested attribute: {shown}")
        kind = parameters.score_type if parameters else None
        if kind not in _SCORE_TYPES:
            shown_kind = kind if kind in _OTHER_SCORE_TYPES else "(unknown)"
            raise AnalyzerError(f"Requested score type {shown_kind} is not supported by attribute {shown}")
        found[name] = source
    unread = [name for name in sent.languages or () if language.tag(name) not in scorer.reads]
    if unread and not sent.drop_unsupported_attributes:
        first = next(iter(found))
        message = f"Attribute {first} does not support request languages: {', '.join(unread)}"
        raise AnalyzerError(message, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
                            languageNotSupportedByAttributeError={"attribute": first, "requestedLanguages": unread})
    return {} if unread else found


def _values(table: ScoreTable, row: int, sources: dict[str, Source]) -> dict[str, Score]:
    found, floors = table[row], table.floors(row)
    scored = attributes(table, row)
    categories = {name: score for name, score, _ in found.categories}
    values = {}
    for name, (attribute, category) in sources.items():
        of_category = floors if attribute else categories
        best = max(of_category.values(), default=0.0) if category == ANY else of_category.get(category, 0.0)
        values[name] = Score(max(best, scored.get(attribute, 0.0)))
    return values


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@blueprint.post("/v1alpha1/comments:analyze")
def analyze() -> Ready:
    """One comment in, the scores of the requested attributes out."""
    sent = decode(in_camel_case(body.read()) or b"{}", _ANALYZE)
    text = checked_text(sent)
    scorer = scoring.scorer()
    sources = _sources(sent, scorer)
    named = sent.languages[0] if sent.languages else None
    is_html = sent.comment is not None and sent.comment.type == "HTML"
    table = scoring.score([visible(text) if is_html else text], scoring.known_section(sent.community_id, scorer), named, scorer)
    summary = _values(table, 0, sources)
    places, rows = [(0, _units(text))], [summary]
    if sent.span_annotations:
        spans, parts = table.sentences(0)
        if 0 < len(spans) <= _MAX_SENTENCES:
            places = [(_units(text[:start]), _units(text[:end])) for start, end in spans]
            rows = [_values(parts, row, sources) for row in range(len(spans))]
    asked = sent.requested_attributes or {}
    scores = {}
    for name, score in summary.items():
        parameters = asked[name]
        if parameters is None or parameters.score_threshold is None or score.value >= parameters.score_threshold:
            scores[name] = AttributeScores(score, [SpanScore(*place, row[name]) for place, row in zip(places, rows, strict=True)])
    detected = [table.languages[0] if named is None else language.detect(text)]
    return _json(AnalyzeResponse(scores or UNSET, sent.languages or detected, detected,
                                 UNSET if sent.client_token is None else sent.client_token,
                                 Answers(table).row(0, text) if "x_moderation" in request.args else UNSET))


@blueprint.post("/v1alpha1/comments:suggestscore")
@guard.needs("label")
def suggestscore() -> Ready:
    """What a person decided about a comment in, a receipt out. Kept as labels where the service keeps labels."""
    sent = decode(in_camel_case(body.read()) or b"{}", _SUGGEST)
    text = checked_text(sent)
    if not sent.attribute_scores:
        raise AnalyzerError("Missing attribute_scores")
    for name, scores in sent.attribute_scores.items():
        if not _NAME.fullmatch(name):
            raise AnalyzerError("Unknown attribute: (not a name)")
        spans = (scores.span_scores if scores else None) or []
        if any(span.begin is None or span.end is None or not 0 <= span.begin <= span.end for span in spans):
            raise AnalyzerError(f"Span scores of attribute {name} need a begin and an end")
        given = [score for score in (scores and scores.summary_score, *(span.score for span in spans)) if score]
        if not given or any(score.value is None or not 0 <= score.value <= 1 or score.type not in _SCORE_TYPES for score in given):
            raise AnalyzerError(f"Scores of attribute {name} must be probabilities from 0 to 1")
    from moderation.store import NewLabel  # SQLAlchemy takes longer to import than all the rest

    kept = labels.of(current_app)
    told = {name: scores.summary_score.value for name, scores in sent.attribute_scores.items()
            if scores and scores.summary_score and scores.summary_score.value is not None}
    kept.record(NewLabel("suggestscore", None, text, told, guard.caller(), scoring.known_section(sent.community_id), sent.client_token,
                         keep=kept.suggestions))
    detected = language.detect(text)
    return _json(SuggestResponse(UNSET if sent.client_token is None else sent.client_token, [detected], sent.languages or UNSET))


@blueprint.get("/$discovery/rest")
@blueprint.get("/discovery/v1/apis/commentanalyzer/v1alpha1/rest")
@guard.needs(None)
def discovery() -> Ready:
    """The document from which Google's client libraries learn where and how to call us."""
    if request.args.get("version", "v1alpha1") != "v1alpha1":
        raise AnalyzerError("Discovery document not found: the only version is v1alpha1.")
    return _json(document(origin()))


@blueprint.route("/v1alpha1/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing(rest: str) -> Response:
    """Any other method of the interface, refused in its own words."""
    return envelope.refuse_http(_NotFound())


class _NotFound(HTTPException):
    code = 404
    name = "Method not found"


blueprint.register_error_handler(RequestError, envelope.refuse)
blueprint.register_error_handler(HTTPException, envelope.refuse_http)
blueprint.register_error_handler(Exception, envelope.fail)
