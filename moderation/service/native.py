"""The native dialect: `POST /v1/score` and `POST /v1/score/batch`.

Knows the shape of its requests and answers; knows no threshold, no lexicon and no classifier.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from flask import Blueprint, Response, current_app
from msgspec import UNSET, UnsetType
from werkzeug.exceptions import UnsupportedMediaType

from moderation import budget, language
from moderation.answers import Answers, ContextResult, ScoreResult
from moderation.errors import Problem, RequestError
from moderation.markup import outside_tags, visible
from moderation.masking import mask
from moderation.scorer import Scorer
from moderation.service import body, guard, journal, lean, problems, stream
from moderation.service.decode import decode
from moderation.service.lean import Ready
from moderation.settings import Settings

blueprint = Blueprint("native", __name__)
LONGEST_TEXT = 100_000  # characters of a comment: some thirty pages
LONGEST_ID = 1_000
Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
Id = Annotated[str, msgspec.Meta(max_length=LONGEST_ID)]


class Context(msgspec.Struct, forbid_unknown_fields=True):
    """What a comment stands under. It is accepted so that callers can send it already, and the answer says that it was not used:
    the classifier reads the comment alone, and cannot tell an insult aimed at another commenter from one aimed at somebody in the
    article."""

    parent: str | None = None
    article: str | None = None


class ScoreRequest(msgspec.Struct, forbid_unknown_fields=True):
    """One comment to score. With `mask`, the answer holds the text with every matched word starred out; with `explain`, the
    words that, taken out, would have changed the action; `language` is what the comment is in, if the sender knows. As `html`,
    what a reader of the page sees is scored, and spans are those of the HTML as sent. `tier` says who decides."""

    text: Text
    id: Id | None = None
    section: str | None = None
    mask: bool = False
    explain: bool = False
    language: str | None = None
    format: Literal["plain", "html"] = "plain"
    context: Context | None = None
    tier: Literal["fast", "auto", "deep"] | None = None

    @property
    def seen(self) -> str:
        """What is scored, as long as the text."""
        return visible(self.text) if self.format == "html" else self.text


class BatchRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Comments to score, answered in their order."""

    comments: list[ScoreRequest]


class _LooseBatch(msgspec.Struct, forbid_unknown_fields=True):
    comments: list[msgspec.Raw]


class _Named(msgspec.Struct):
    id: str | None = None


class ItemError(msgspec.Struct):
    """A comment of a batch that could not be scored, in its place."""

    error: problems.ProblemDetails
    id: str | UnsetType = UNSET


class BatchResult(msgspec.Struct):
    """The answers in the order of the comments."""

    results: list[ScoreResult | ItemError]  # an item of a batch is one or the other; never decoded here


_ONE: msgspec.json.Decoder[ScoreRequest] = msgspec.json.Decoder(ScoreRequest)
_BATCH: msgspec.json.Decoder[BatchRequest] = msgspec.json.Decoder(BatchRequest)
_LOOSE: msgspec.json.Decoder[_LooseBatch] = msgspec.json.Decoder(_LooseBatch)
_ID: msgspec.json.Decoder[_Named] = msgspec.json.Decoder(_Named)
_ENCODER = msgspec.json.Encoder()


def _json(value: Any) -> Ready:
    return Ready(_ENCODER.encode(value))


def _scorer() -> Scorer:
    scorer: Scorer = lean.now().app.extensions["scorer"]
    return scorer


@blueprint.post("/v1/score")
def score() -> Ready | Response:
    """One comment in, one assessment out; or lines in and out."""
    if stream.is_asked():
        return _stream()
    comment = decode(body.read(), _ONE)
    scorer = _scorer()
    table = scorer.score_batch([comment.seen], guard.section() if comment.section is None else comment.section,
                               None if comment.language is None else [comment.language], comment.tier)
    journal.note(table, scorer.policy.categories)
    return _json(_result(Answers(table), 0, comment))


@blueprint.post("/v1/score/batch")
def score_batch() -> Ready | Response:
    """Comments in, assessments out in their order; a bad comment gets an `error` in its place. Or lines in and out."""
    if stream.is_asked():
        return _stream()
    settings: Settings = current_app.extensions["settings"]
    comments = _comments(body.read())
    if len(comments) > settings.max_batch:
        raise RequestError(Problem("comments", f"has more than {settings.max_batch} entries", "send several batches"), 413)
    return _json(BatchResult(_answers(_scorer(), comments, "comments[{}]".format)))


def _stream() -> Response:
    if body.is_packed(lean.now().request.environ):
        raise UnsupportedMediaType("lines are read as they come, and not out of gzip")
    settings: Settings = current_app.extensions["settings"]
    limit = settings.max_body
    scorer = _scorer()  # one for the whole stream: every line is answered by the same versions

    def read(line: stream.Line) -> ScoreRequest | ItemError:
        where = f"lines[{line.number}]"
        if line.content is None:
            error = RequestError(Problem(where, f"is longer than {limit} bytes", "raise `MODERATION_MAX_BODY`"), 413)
        else:
            try:
                return decode(line.content, _ONE, where)
            except RequestError as found:
                error = found
        return _item_error(None, error, _named(line.content or b""))

    def scored(lines: list[stream.Line]) -> list[ScoreResult | ItemError]:
        budget.start(settings.time_limit)
        comments = [read(line) for line in lines]
        try:
            return _answers(scorer, list(comments), lambda index: f"lines[{lines[index].number}]")
        except budget.OutOfTime as error:
            if len(lines) > 1:
                return [found for line in lines for found in scored([line])]
            return [_item_error(f"lines[{lines[0].number}]", error, comments[0].id if isinstance(comments[0], ScoreRequest) else None)]

    def answers(lines: list[stream.Line]) -> bytes:
        try:
            return _ENCODER.encode_lines(scored(lines))
        finally:
            budget.start(0)

    return stream.answer(limit, answers)


def _answers(scorer: Scorer, comments: list[ScoreRequest | ItemError], place: Callable[[int], str]) -> list[ScoreResult | ItemError]:
    """The answers in order; `place` names a comment by its index, for errors."""
    good = [(index, comment) for index, comment in enumerate(comments) if isinstance(comment, ScoreRequest)]
    own = guard.section()
    section: Any = own
    languages: Any = None
    tier: Any = None
    if any(_names(comment) for _, comment in good):
        for index, comment in good:
            try:
                scorer.policy.section(comment.section)
                scorer.known_tier(comment.tier)
                language.tag(language.ENGLISH if comment.language is None else comment.language)
            except RequestError as error:
                comments[index] = _item_error(place(index), error, comment.id)
        good = [(index, comment) for index, comment in good if comments[index] is comment]
        section = [own if comment.section is None else comment.section for _, comment in good]
        languages = [comment.language for _, comment in good]
        tier = [comment.tier for _, comment in good]
    table = scorer.score_batch([comment.seen for _, comment in good], section, languages, tier)
    journal.note(table, scorer.policy.categories)
    found = Answers(table)
    answers: list[Any] = comments
    for row, (index, comment) in enumerate(good):
        answers[index] = _result(found, row, comment)
    return answers


def _names(comment: ScoreRequest) -> bool:
    """Whether a comment names a section, a language or a tier."""
    return not (comment.section is None and comment.language is None and comment.tier is None)


def _result(answers: Answers, row: int, comment: ScoreRequest) -> ScoreResult:
    is_html = comment.format == "html"
    found = answers.row(row, comment.text, comment.id, comment.mask and not is_html, comment.explain)
    if comment.mask and is_html:
        found.masked = mask(comment.text, outside_tags(comment.text, (match.span for match in answers.table.matches.get(row, ()))))
    if comment.context is not None:
        found.context = ContextResult(False)
    return found


def _comments(content: bytes) -> list[ScoreRequest | ItemError]:
    try:
        return list(decode(content, _BATCH).comments)
    except RequestError as error:
        if error.status != 422:
            raise
    # Some comment has a wrong shape: each is read by itself, so that the others are scored.
    comments: list[ScoreRequest | ItemError] = []
    for index, raw in enumerate(decode(content, _LOOSE).comments):
        try:
            comments.append(decode(bytes(raw), _ONE, f"comments[{index}]"))
        except RequestError as error:
            comments.append(_item_error(None, error, _named(raw)))
    return comments


def _named(content: bytes | msgspec.Raw) -> str | None:
    """The id of a comment that cannot be read otherwise."""
    try:
        return _ID.decode(content).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _item_error(place: str | None, error: RequestError, named: str | None) -> ItemError:
    problem = error.problem
    if place is not None:
        problem = Problem(f"{place}.{problem.where}", problem.what, problem.hint)
    return ItemError(problems.details(problem, error.status), UNSET if named is None else named)


blueprint.register_error_handler(RequestError, problems.refuse)
