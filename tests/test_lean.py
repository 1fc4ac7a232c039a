"""The application's class answers as Flask's own does, and asks less."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask, Response, abort, request, url_for

from moderation.service.lean import Lean, Ready

PATHS = ["/here", "/here?a=1", "//here", "/here/", "/%68ere", "/there/x/", "/there/x", "/there/x?a=1", "/fault", "/", "/HERE"]


def made(kind):
    app = kind("made")
    blueprint = Blueprint("part", __name__)

    @blueprint.route("/here", methods=["GET", "POST"])
    def here() -> object:
        content = f"{request.method} {request.endpoint} {request.blueprints} {request.host} {url_for('part.there', name='x')}".encode()
        return Ready(content, kind="text/plain") if kind is Lean else Response(content, content_type="text/plain")

    @blueprint.get("/there/<name>/")
    def there(name: str) -> str:
        return name

    @blueprint.get("/fault")
    def fault() -> str:
        abort(418)

    app.register_blueprint(blueprint)
    return app


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS", "ODD"])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["localhost", "other.example:81", "a b", "<x>"])
def test_a_request_is_answered_as_flask_answers_it(method, path, host):
    answers = []
    for kind in (Flask, Lean):
        response = made(kind).test_client().open(path, method=method, headers={"Host": host})
        allowed = sorted(response.headers.pop("Allow", "").split(", "))
        answers.append((response.status, allowed, sorted(response.headers), response.data))
    assert answers[0] == answers[1]


def test_a_ready_answer_passes_through_what_is_to_be_done_to_every_response():
    app = made(Lean)

    @app.after_request
    def mark(response: Response) -> Response:
        response.headers["X-Mark"] = "yes"
        return response

    response = app.test_client().get("/here")
    assert (response.headers["X-Mark"], response.content_type, response.data[:8]) == ("yes", "text/plain", b"GET part")
