"""`GET /healthz`: the service lives. `GET /readyz`: it scores as it was trained to, so that it may be sent requests."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, current_app

from moderation import parity
from moderation.errors import ModelError, Problem
from moderation.scorer import Scorer
from moderation.service import problems
from moderation.service.guard import needs

blueprint = Blueprint("health", __name__)


class Health(msgspec.Struct):
    """That the service lives, and what it answers with."""

    status: str
    versions: dict[str, str]


def _scorer() -> Scorer:
    scorer: Scorer = current_app.extensions["scorer"]
    return scorer


@blueprint.get("/healthz")
@needs(None)
def healthz() -> Response:
    """The process answers."""
    return Response(msgspec.json.encode(Health("ok", _scorer().versions._asdict())), mimetype="application/json")


@blueprint.get("/readyz")
@needs(None)
def readyz() -> Response:
    """The texts of `parity.json` are scored now as training scored them."""
    scorer = _scorer()
    try:
        cases = current_app.extensions.get("parity")
        if cases is None or cases.version != scorer.classifier.version:
            cases = current_app.extensions["parity"] = parity.read(current_app.extensions["settings"].model)
        parity.check(scorer.classifier, cases)
    except ModelError as error:
        problem = error.problems[0]
        return problems.answer(problems.details(Problem(problem.where, problem.what), 503))
    return Response(msgspec.json.encode(Health("ready", scorer.versions._asdict())), mimetype="application/json")
