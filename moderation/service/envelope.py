"""Errors as Google's services send them, which Perspective's clients read: `{"error": {code, message, status, details}}`.

`details[0]` is always there: several clients read it without looking. No word of a comment is in any of it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Response
from werkzeug.exceptions import HTTPException

from moderation.budget import OutOfTime
from moderation.errors import Problem, RequestError
from moderation.service import journal

TYPE = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
SERVICE = "commentanalyzer.googleapis.com"
_STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 405: "UNIMPLEMENTED",
           413: "INVALID_ARGUMENT", 415: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE",
           504: "DEADLINE_EXCEEDED"}


class AnalyzerError(RequestError):
    """An error of the comment analyzer, worded as the real service words it.

    Parameters
    ----------
    message, kind : `message` and `errorType`.
    more : members that `details[0]` has beside them.
    """

    def __init__(self, message: str, kind: str = "INVALID_REQUEST", **more: Any) -> None:
        super().__init__(Problem("", message), 400)
        self.detail = {"@type": TYPE, "errorType": kind, **more}


def refuse(error: RequestError) -> Response:
    """A request's fault, or the guard's refusal."""
    if isinstance(error, AnalyzerError):
        return _answer(400, error.problem.what, [error.detail])
    if isinstance(error, OutOfTime):
        return _answer(504, "Deadline expired before operation could complete.", [{"@type": TYPE, "errorType": "UNKNOWN"}])
    if error.status == 401:
        return _answer(400, "API key not valid. Please pass a valid API key.", [_info("API_KEY_INVALID")])
    if error.status == 429:
        rate = error.problem.what.rpartition(" ")[2]
        metric, (count, _, unit) = "Analysis requests (AnalyzeComment)", rate.partition("/")
        message = f"Quota exceeded for quota metric '{metric}' and limit '{metric} per {unit}' of service '{SERVICE}'."
        help_links = {"@type": "type.googleapis.com/google.rpc.Help", "links": []}
        return _answer(429, message, [_info("RATE_LIMIT_EXCEEDED", quota_limit_value=count), help_links])
    if error.status == 403:
        return _answer(403, f"The {error.problem.where} {error.problem.what}.", [_info("PERMISSION_DENIED")])
    where, what = error.problem.where, error.problem.what
    message = f"Invalid JSON payload received: the {where} {what}." if where == "body" else f"Invalid value at '{where}': {what}."
    return _answer(400, message, [{"@type": TYPE, "errorType": "INVALID_REQUEST"}])


def refuse_http(error: HTTPException) -> Response:
    """What the framework refuses: a body too large, a connection cut."""
    code = error.code or 500
    message = f"{error.name}: {error.description}" if error.description else f"{error.name}."
    return _answer(code, message, [{"@type": TYPE, "errorType": "INVALID_REQUEST"}])


def fail(error: Exception) -> Response:
    """A fault of ours; the log has its place."""
    journal.report_failure(error)
    return _answer(500, "Internal error encountered.", [{"@type": TYPE, "errorType": "UNKNOWN"}])


def _info(reason: str, **metadata: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com",
            "metadata": {"service": SERVICE, **metadata}}


def _answer(code: int, message: str, details: list[dict[str, Any]]) -> Response:
    body = {"error": {"code": code, "message": message, "status": _STATUS.get(code, "UNKNOWN"), "details": details}}
    return Response(msgspec.json.encode(body), code, mimetype="application/json")
