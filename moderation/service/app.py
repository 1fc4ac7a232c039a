"""The application: settings and scorer opened once, the dialects mounted, every failure answered without a word of text."""

from __future__ import annotations

from flask import Flask, Response, current_app
from werkzeug.exceptions import HTTPException

from moderation import settings as settings_module
from moderation.errors import Problem, RequestError
from moderation.scorer import Scorer
from moderation.service import (
    console,
    coral,
    guard,
    health,
    journal,
    labels,
    metrics,
    native,
    openai,
    openapi,
    perspective,
    problems,
    reload,
    static,
)
from moderation.service.lean import Lean
from moderation.settings import Settings


def create_app(settings: Settings | None = None, scorer: Scorer | None = None) -> Flask:
    """The WSGI application.

    Parameters
    ----------
    settings : read from the environment if none are given.
    scorer : opened from the settings if none is given.

    Raises
    ------
    LoadError : settings, keys, model, lexicon or policy cannot be used; nothing is served then.
    """
    settings = settings or settings_module.load()
    app = Lean("moderation", static_folder=None)
    app.extensions["settings"] = settings
    app.extensions["before_fork"] = []  # called in gunicorn's first process before a worker is made of it
    journal.set_up(settings.log_level)
    journal.keep(app)
    metrics.keep(app)
    reload.keep(app, scorer)
    guard.keep(app)
    app.extensions["labels"] = labels.Labels(settings)
    app.register_blueprint(native.blueprint)
    for dialect in (perspective, openai, coral):
        app.register_blueprint(dialect.blueprint)
    app.register_blueprint(labels.blueprint)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(openapi.blueprint)
    app.register_blueprint(static.blueprint)
    console.keep(app)
    app.register_error_handler(RequestError, problems.refuse)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _failure)
    return app


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    settings: Settings = current_app.extensions["settings"]
    methods = sorted(getattr(error, "valid_methods", None) or ())
    wording = {
        400: Problem("body", str(error.description), "send it whole, with its length"),
        404: Problem("", "no such route", "`/docs` shows the routes"),
        405: Problem("", "the route does not take this method", f"it takes {' and '.join(set(methods) - {'HEAD', 'OPTIONS'})}"),
        413: Problem("body", f"is larger than {settings.max_body} bytes", "send it in parts, or raise `MODERATION_MAX_BODY`"),
        415: Problem("Content-Encoding", "is not one that is read here", "send the body as it is, or, unless it is lines, as gzip"),
    }
    response = problems.answer(problems.details(wording.get(status, Problem("", error.name.lower())), status))
    if methods:
        response.headers["Allow"] = ", ".join(methods)
    return response


def _failure(error: Exception) -> Response:
    journal.report_failure(error)
    return problems.answer(problems.details(Problem("", "an unexpected fault; the log has its place under this request's id"), 500))
