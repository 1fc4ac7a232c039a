"""`GET /static/<name>`: the scripts and styles of served pages, from this origin, so that no page needs another.

A page says `response.headers["Content-Security-Policy"] = moderation.pages.SERVED`, links `/static/page.css`, and loads
`/static/charts.js` if it has charts.
"""

from __future__ import annotations

from flask import Blueprint, Response, send_from_directory

from moderation.pages import STATIC
from moderation.service.guard import needs

blueprint = Blueprint("static", __name__)


@blueprint.get("/static/<name>")
@needs(None)
def static(name: str) -> Response:
    """A script or style of the pages; asked for again, it is answered by 304 until it changes."""
    response = send_from_directory(STATIC, name)
    response.headers["Cache-Control"] = "no-cache"
    return response
