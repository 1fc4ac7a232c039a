"""The body of a request, within its limit, before anything parses it."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from moderation.service import lean


def read() -> bytes:
    """The whole body.

    Read straight from the server's stream, since Werkzeug cuts a chunked body off at the limit without a word.

    Raises
    ------
    RequestEntityTooLarge : it is longer than `MODERATION_MAX_BODY` allows, whether it says its length or not.
    BadRequest : its length is no number, or it has ended before it.
    """
    context = lean.now()
    limit: int = context.app.extensions["settings"].max_body
    environ = context.request.environ
    stated = environ.get("CONTENT_LENGTH")
    if stated:
        if not (stated.isascii() and stated.isdigit()):
            raise BadRequest("the length of the body is no number")
        length = int(stated) if len(stated) < 16 else limit + 1
        if length > limit:
            raise _too_large(limit)
        body: bytes = _taken(environ, length)
        if len(body) < length:
            raise BadRequest("the body has ended before its stated length")
        return body
    if not environ.get("wsgi.input_terminated"):
        return b""
    parts, left = [], limit + 1
    while left and (part := _taken(environ, min(left, 1 << 16))):
        parts.append(part)
        left -= len(part)
    if not left:
        raise _too_large(limit)
    return b"".join(parts)


def _too_large(limit: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"the body is larger than {limit} bytes; send it in parts, or raise `MODERATION_MAX_BODY`")


def _taken(environ: dict[str, Any], size: int) -> bytes:
    try:
        taken: bytes = environ["wsgi.input"].read(size)
    except Exception:  # whatever the server raises for broken chunks, or a connection that is gone
        raise BadRequest("the body is not sent as HTTP says") from None
    return taken
