"""Errors of the native dialect: `application/problem+json` (RFC 9457) that names the field. Never a comment's text."""

from __future__ import annotations

import msgspec
from flask import Response, g

from moderation.errors import Problem, RequestError

TITLES = {400: "The request cannot be read", 401: "A key is needed", 403: "This is not allowed", 404: "There is nothing here",
          405: "This method is not allowed here", 413: "The request is too large", 415: "The request is of a kind that is not taken",
          422: "The request has a field that cannot be used", 429: "Too many requests", 500: "The service failed",
          503: "A part of the service is away"}


class ProblemDetails(msgspec.Struct, omit_defaults=True):
    """The members of RFC 9457, with the field at fault, what to do about it, and the request's id."""

    title: str
    status: int
    detail: str
    field: str = ""
    hint: str = ""
    request_id: str = ""
    type: str = "about:blank"


def details(problem: Problem, status: int) -> ProblemDetails:
    """A problem as the body that tells of it."""
    return ProblemDetails(TITLES.get(status, "The request cannot be answered"), status, problem.what, problem.where, problem.hint)


def answer(body: ProblemDetails) -> Response:
    """The response that carries a problem."""
    body.request_id = g.get("request_id", "")
    return Response(msgspec.json.encode(body), body.status, mimetype="application/problem+json")


def refuse(error: RequestError) -> Response:
    """The native dialect's answer to a request that cannot be answered."""
    return answer(details(error.problem, error.status))
