"""The shapes of the Perspective dialect's requests and answers, and what is checked of every request.

Knows fields and the real service's wording; knows no score.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import UnsetType

from moderation import language
from moderation.answers import ScoreResult
from moderation.errors import RequestError
from moderation.service.envelope import AnalyzerError

MAX_BYTES = 20_480  # of a comment
_TEXT_TYPES = {None, "", "TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"}


class TextEntry(msgspec.Struct):
    """A text, plain or HTML."""

    text: str | None = None
    type: str | None = None


class Parameters(msgspec.Struct, rename="camel"):
    """What is asked about one attribute."""

    score_type: str | None = None
    score_threshold: float | None = None


class Article(msgspec.Struct, rename="camel"):
    """What a comment answers to."""

    article: TextEntry | None = None
    parent_comment: TextEntry | None = None


class Context(msgspec.Struct, rename="camel"):
    """What a comment stands in: one of the two, or nothing."""

    entries: list[TextEntry] | None = None
    article_and_parent_comment: Article | None = None


class CommentRequest(msgspec.Struct, rename="camel"):
    """What both methods are sent."""

    comment: TextEntry | None = None
    context: Context | None = None
    languages: list[str] | None = None
    client_token: str | None = None
    session_id: str | None = None
    community_id: str | None = None


class AnalyzeRequest(CommentRequest, rename="camel"):
    """A comment, and the attributes that are asked for."""

    requested_attributes: dict[str, Parameters | None] | None = None
    span_annotations: bool | None = None
    do_not_store: bool | None = None
    drop_unsupported_attributes: bool | None = None


class Score(msgspec.Struct):
    """A probability."""

    value: float
    type: str = "PROBABILITY"


class SpanScore(msgspec.Struct):
    """The score of a part of the comment, `[begin, end)` in UTF-16 code units."""

    begin: int
    end: int
    score: Score


class AttributeScores(msgspec.Struct, rename="camel"):
    """An attribute's scores: of the comment, and of the comment or its sentences with their places."""

    summary_score: Score
    span_scores: list[SpanScore]


class AnalyzeResponse(msgspec.Struct, rename={"attribute_scores": "attributeScores", "detected_languages": "detectedLanguages",
                                              "client_token": "clientToken"}):
    """The answer to `comments:analyze`; `x_moderation`, the native answer, only where the query asks for it."""

    attribute_scores: dict[str, AttributeScores] | UnsetType
    languages: list[str]
    detected_languages: list[str]
    client_token: str | UnsetType
    x_moderation: ScoreResult | UnsetType


class SuggestedScore(msgspec.Struct):
    """A score that a person gives; without a type it is a probability."""

    value: float | None = None
    type: str | None = None


class SuggestedSpan(msgspec.Struct):
    """A score that a person gives to a part of the comment."""

    begin: int | None = None
    end: int | None = None
    score: SuggestedScore | None = None


class SuggestedScores(msgspec.Struct, rename="camel"):
    """What a person says of one attribute."""

    summary_score: SuggestedScore | None = None
    span_scores: list[SuggestedSpan] | None = None


class SuggestRequest(CommentRequest, rename="camel"):
    """A comment, and what a person says that its scores should be."""

    attribute_scores: dict[str, SuggestedScores | None] | None = None


class SuggestResponse(msgspec.Struct, rename="camel"):
    """The answer to `comments:suggestscore`."""

    client_token: str | UnsetType
    detected_languages: list[str]
    requested_languages: list[str] | UnsetType


_ORIGINAL = {name.encode(): renamed.encode() for form in (Parameters, Article, Context, AnalyzeRequest, SuggestedScores, SuggestRequest)
             for name, renamed in zip(form.__struct_fields__, form.__struct_encode_fields__, strict=True) if name != renamed}
_MEMBER = re.compile(rb'([{,]\s*)"(' + b"|".join(_ORIGINAL) + rb')"(?=\s*:)')  # a quote within a text has a backslash before it


def in_camel_case(content: bytes) -> bytes:
    """A request with the members that stand under their original names, such as `requested_attributes`, under their names in JSON.

    The real service takes both, as every reader of protobuf's JSON does (https://protobuf.dev/programming-guides/json/). It stays as
    long as it is, so that an error's place holds.
    """
    return _MEMBER.sub(lambda found: found[1] + (b'"' + _ORIGINAL[found[2]] + b'"').ljust(len(found[2]) + 2), content)


def checked_text(sent: CommentRequest) -> str:
    """The comment's text, with everything checked that both methods are sent.

    Raises
    ------
    AnalyzerError : in the real service's words.
    """
    text = (sent.comment.text if sent.comment else None) or ""
    if not text:
        raise AnalyzerError("Comment must be non-empty.", "COMMENT_EMPTY")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise AnalyzerError(f"Comment text was too many bytes. Value ({size}) exceeded limit ({MAX_BYTES}).", "COMMENT_TOO_LONG")
    if sent.comment and sent.comment.type not in _TEXT_TYPES:
        raise AnalyzerError("Unknown text type")
    if sent.context and sent.context.entries is not None and sent.context.article_and_parent_comment is not None:
        raise AnalyzerError("Context can have either entries or article_and_parent_comment, but both fields were populated.")
    try:
        for name in sent.languages or ():
            language.tag(name)
    except RequestError as error:
        raise AnalyzerError(f"Invalid value at 'languages': {error.problem.what}.") from None
    return text
