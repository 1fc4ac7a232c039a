"""The body of a request, within its limit and unpacked, before anything parses it."""

from __future__ import annotations

import zlib
from typing import Any

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from moderation.service import lean

_GZIP = zlib.MAX_WBITS + 16  # zlib's name for gzip's format


def read() -> bytes:
    """The whole body, out of gzip if its `Content-Encoding` says so, as Google's Java client sends every body.

    Raises
    ------
    RequestEntityTooLarge : it is longer than `MODERATION_MAX_BODY` allows, packed or unpacked.
    UnsupportedMediaType : its `Content-Encoding` is none that is read.
    BadRequest : its length is no number, it has ended before it, or it is no gzip.
    """
    context = lean.now()
    limit: int = context.app.extensions["settings"].max_body
    environ = context.request.environ
    packed = is_packed(environ)  # before the body is waited for
    body = _whole(environ, limit)
    return _unpacked(body, limit) if packed else body


def is_packed(environ: dict[str, Any]) -> bool:
    """Whether the body is sent as gzip.

    Raises
    ------
    UnsupportedMediaType : it is packed in another way.
    """
    found: str = environ.get("HTTP_CONTENT_ENCODING", "")
    if found and found.strip().lower() not in ("gzip", "x-gzip", "identity"):
        raise UnsupportedMediaType("the Content-Encoding is not one that is read here; send the body as it is, or as gzip")
    return "gzip" in found.lower()


def _unpacked(body: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        found = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise BadRequest("the body is no gzip, which its Content-Encoding says") from None
    if len(found) > limit:
        raise _too_large(limit)
    if not unpacker.eof or unpacker.unused_data:
        raise BadRequest("the body is not one whole gzip, which its Content-Encoding says")
    return found


def _whole(environ: dict[str, Any], limit: int) -> bytes:
    """The body as it is sent, straight from the server's stream: Werkzeug cuts a chunked body off at the limit without a word."""
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
