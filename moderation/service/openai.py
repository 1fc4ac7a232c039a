"""The OpenAI dialect: `POST /v1/moderations`.

Knows the shapes of its requests and answers, and by the table below what each of OpenAI's categories is with us; knows no
threshold, no lexicon and no classifier. `flagged` is the policy's decision: true for whatever is not approved, also where
none of OpenAI's categories says it (a vulgar word has none). A category that nothing here scores is false, 0.0, not applied.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

import msgspec
from flask import Blueprint, Response, current_app
from werkzeug.exceptions import HTTPException

from moderation.answers import attributes
from moderation.errors import Problem, RequestError
from moderation.scorer import ScoreTable
from moderation.service import body, journal, scoring
from moderation.service.decode import decode
from moderation.service.lean import Ready
from moderation.settings import Settings

blueprint = Blueprint("openai", __name__)


class Source(NamedTuple):
    """What a category of OpenAI's is with us: a category of the policy, an attribute of the classifier, or, with both, the
    lesser of the two. With neither, nothing."""

    category: str = ""
    attribute: str = ""


CATEGORIES = {
    "harassment": Source("personal"),
    "harassment/threatening": Source(attribute="threat"),
    "hate": Source("derogatory"),
    "hate/threatening": Source("derogatory", "threat"),
    "illicit": Source(),
    "illicit/violent": Source(),
    "self-harm": Source(),
    "self-harm/intent": Source(),
    "self-harm/instructions": Source(),
    "sexual": Source(attribute="sexually_explicit"),
    "sexual/minors": Source(),
    "violence": Source(attribute="threat"),
    "violence/graphic": Source(),
}


class Part(msgspec.Struct):
    """A part of a multimodal input."""

    type: str
    text: str | None = None
    image_url: object = None


class ModerationRequest(msgspec.Struct):
    """A text, texts, or the parts of one comment."""

    input: str | list[str | Part]
    model: str | None = None


class Result(msgspec.Struct):
    """The answer for one text."""

    flagged: bool
    categories: dict[str, bool]
    category_scores: dict[str, float]
    category_applied_input_types: dict[str, list[str]]


class ModerationResponse(msgspec.Struct):
    """The answers in the order of the texts."""

    id: str
    model: str
    results: list[Result]


class _Fault(msgspec.Struct):
    message: str
    type: str
    param: str | None
    code: str | None


class ErrorResponse(msgspec.Struct):
    """OpenAI's error body: all four members, always."""

    error: _Fault


_REQUEST: msgspec.json.Decoder[ModerationRequest] = msgspec.json.Decoder(ModerationRequest)
_ENCODER = msgspec.json.Encoder()
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error", 500: "server_error"}
_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded", 500: "internal_error"}


class _UnsupportedInput(RequestError):
    """An input of a kind that is not read."""


def _texts(sent: ModerationRequest, most: int) -> list[str]:
    if isinstance(sent.input, str):
        return [sent.input]
    if not sent.input:
        raise RequestError(Problem("input", "is an empty list", "send at least one text"), 400)
    texts = [item for item in sent.input if isinstance(item, str)]
    parts = [item for item in sent.input if not isinstance(item, str)]
    if not parts:
        if len(texts) > most:
            raise RequestError(Problem("input", f"has more than {most} entries", "send several requests"), 400)
        return texts
    if texts:
        raise RequestError(Problem("input", "mixes texts and parts", "send texts alone, or the parts of one comment"), 400)
    for index, part in enumerate(parts):
        if part.type != "text":
            raise _UnsupportedInput(Problem(f"input[{index}]", "is not a text, and nothing else is read", "leave images out"), 400)
        if part.text is None:
            raise RequestError(Problem(f"input[{index}].text", "is missing"), 400)
    return ["\n".join(part.text or "" for part in parts)]


def _least(scored: dict[Source, tuple[float, bool]], source: Source) -> tuple[float, bool] | None:
    """The lesser of a source's two parts, score and flag each; None if either is not scored, or there is none."""
    parts = [scored.get(part) for part in (Source(source.category), Source("", source.attribute)) if any(part)]
    found = [part for part in parts if part]
    if not found or len(found) < len(parts):
        return None
    return min(score for score, _ in found), all(flagged for _, flagged in found)


def _result(table: ScoreTable, row: int) -> Result:
    found = table[row]
    scored = {Source(name): (score, action != "approve") for name, score, action in found.categories}
    alone = table.alone(row)
    scored |= {Source("", name): (score, alone.get(name, 0) > 0) for name, score in attributes(table, row).items()}
    results = {name: _least(scored, source) for name, source in CATEGORIES.items()}
    return Result(
        found.decision.action != "approve",
        {name: bool(result and result[1]) for name, result in results.items()},
        {name: result[0] if result else 0.0 for name, result in results.items()},
        {name: ["text"] if result else [] for name, result in results.items()},
    )


@blueprint.post("/v1/moderations")
def moderate() -> Ready:
    """Texts in, a result for each out; the parts of one comment have one result."""
    settings: Settings = current_app.extensions["settings"]
    texts = _texts(decode(body.read(), _REQUEST), settings.max_batch)
    table = scoring.score(texts)
    answered = ModerationResponse(f"modr-{secrets.token_hex(12)}", table.versions.model, [_result(table, row) for row in range(len(texts))])
    return Ready(_ENCODER.encode(answered))


@blueprint.route("/v1/moderations", methods=["GET", "PUT", "PATCH", "DELETE"])
def nothing() -> Response:
    """Any other method, refused in its own words."""
    return _answer(405, "this route takes POST alone", None, "method_not_supported")


def _answer(status: int, message: str, param: str | None, code: str | None) -> Response:
    fault = _Fault(message, _TYPES.get(status, "invalid_request_error"), param, code)
    return Response(_ENCODER.encode(ErrorResponse(fault)), status, mimetype="application/json")


@blueprint.errorhandler(RequestError)
def _refuse(error: RequestError) -> Response:
    problem = error.problem
    # Never 409, which OpenAI's client tries again, and 400 where its service says 400.
    status = error.status if error.status in _TYPES else 413 if error.status == 413 else 400
    code = "unsupported_input" if isinstance(error, _UnsupportedInput) else _CODES.get(status)
    named = "" if problem.where in ("", "key", "rate") else f"`{problem.where}` "
    named = {"key": "the API key ", "rate": "the rate of requests "}.get(problem.where, named)
    return _answer(status, f"{named}{problem}", problem.where if problem.where.startswith(("input", "model")) else None, code)


@blueprint.errorhandler(HTTPException)
def _refuse_http(error: HTTPException) -> Response:
    return _answer(error.code or 500, error.description or error.name.lower(), None, None)


@blueprint.errorhandler(Exception)
def _fail(error: Exception) -> Response:
    journal.report_failure(error)
    return _answer(500, "an unexpected fault; the log has its place", None, _CODES[500])
