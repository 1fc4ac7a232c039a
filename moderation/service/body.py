"""The body of a request, within its limit, before anything parses it."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge


def read() -> bytes:
    """The whole body.

    Raises
    ------
    RequestEntityTooLarge : it is longer than the application's `MAX_CONTENT_LENGTH`, whether it says its length or not.
    """
    body = request.get_data(cache=False)
    # Werkzeug cuts a chunked body off at the limit without a word.
    if request.content_length is None and len(body) >= (request.max_content_length or len(body) + 1):
        raise RequestEntityTooLarge
    return body
