"""`POST /console/try`: all that is known of one comment, for the page. Nothing of it is kept, counted or logged.

Knows the shape of its request and answer.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response, current_app

from moderation.inspection import Inspection, inspect
from moderation.service import body
from moderation.service.console.pages import blueprint
from moderation.service.decode import decode
from moderation.service.guard import needs

LONGEST = 20_000  # characters: what is tried by hand, and inspected at the cost of many scorings


class TryRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A comment to look at."""

    text: Annotated[str, msgspec.Meta(max_length=LONGEST)]
    section: str | None = None


_TRY: msgspec.json.Decoder[TryRequest] = msgspec.json.Decoder(TryRequest)


@blueprint.post("/try")
@needs("score", browser=True)
def try_comment() -> Response:
    """The inspection of one comment."""
    asked = decode(body.read(), _TRY)
    found: Inspection = inspect(current_app.extensions["scorer"], asked.text, asked.section)
    return Response(msgspec.json.encode(found), mimetype="application/json")
