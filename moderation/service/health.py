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
_MOST = 4  # of the encoder's texts, which a probe every few seconds may cost


class Health(msgspec.Struct):
    """That the service lives, what it answers with, and who decides: `fast`, `auto` or `deep`."""

    status: str
    versions: dict[str, str]
    tier: str


def _scorer() -> Scorer:
    scorer: Scorer = current_app.extensions["scorer"]
    return scorer


@blueprint.get("/healthz")
@needs(None)
def healthz() -> Response:
    """The process answers."""
    return _health("ok", _scorer())


@blueprint.get("/readyz")
@needs(None)
def readyz() -> Response:
    """The texts of `parity.json` are scored now as training scored them."""
    scorer = _scorer()
    try:
        cases = current_app.extensions.get("parity")
        if cases is None or not parity.fits(scorer, cases):
            settings = current_app.extensions["settings"]
            cases = current_app.extensions["parity"] = parity.read_all(scorer, settings.model, settings.encoder)
        parity.check_all(scorer, cases, _MOST)
    except ModelError as error:
        problem = error.problems[0]
        return problems.answer(problems.details(Problem(problem.where, problem.what), 503))
    return _health("ready", scorer)


def _health(status: str, scorer: Scorer) -> Response:
    return Response(msgspec.json.encode(Health(status, scorer.versions._asdict(), scorer.tier)), mimetype="application/json")
