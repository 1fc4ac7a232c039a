"""What `/console/tune` asks to put lines into force, and to take them back: `moderation policy publish` and `rollback`, by HTTP.

Knows the shapes of questions and answers, and that a publication is followed by a reload; the gate and the versions are
`moderation.policies`'s.
"""

from __future__ import annotations

import msgspec
from flask import Response, current_app

from moderation.errors import Problem, RequestError
from moderation.policies import gate, versions
from moderation.scorer import Scorer
from moderation.service import body, guard, problems
from moderation.service.console.pages import blueprint
from moderation.service.console.tuning import Question, draft_of, labels_of, lines_of
from moderation.service.decode import decode
from moderation.service.guard import needs
from moderation.service.reload import Reloader
from moderation.settings import Settings
from moderation.tune import board
from moderation.tune.report import figures_record


class PublishRequest(Question, forbid_unknown_fields=True, kw_only=True):
    """Lines to put into force, why, and the version of the policy that they were moved away from."""

    reason: str
    base: str
    override: str = ""


class UndoRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Why the last publication is taken back."""

    reason: str


class Published(msgspec.Struct):
    """What is in force now, and in words."""

    policy: str
    version: int
    told: str


class Refusal(problems.ProblemDetails):
    """Why it was not published; `may_override` if a reason would do it all the same."""

    may_override: bool = False


_PUBLISH: msgspec.json.Decoder[PublishRequest] = msgspec.json.Decoder(PublishRequest)
_UNDO: msgspec.json.Decoder[UndoRequest] = msgspec.json.Decoder(UndoRequest)


def _who() -> str:
    key = guard.key()
    return key.name if key else versions.somebody()


@blueprint.post("/tune/publish")
@needs("tune", browser=True)
def publish() -> Response:
    """Try the draft at the gate, put it into force as a new version, and let every worker take it up."""
    asked = decode(body.read(), _PUBLISH)
    scorer: Scorer = current_app.extensions["scorer"]
    settings: Settings = current_app.extensions["settings"]
    if not asked.reason.strip():
        raise RequestError(Problem("reason", "is empty", "say why, for whoever reads the list of versions later"), 422)
    scored = labels_of(asked.labels, scorer)
    lines = lines_of(scored, scorer, asked.lines)
    text, changed = draft_of(scorer, lines)
    if not changed:
        raise RequestError(Problem("lines", "are those in force", "move one"), 422)
    findings = gate.examine(scorer, gate.with_policy(scorer, text))
    refused = [finding for finding in findings if finding.is_refused]
    if refused and not asked.override.strip():
        told = "\n".join(finding.describe() for finding in refused)
        problem = problems.details(Problem("the gate", "is closed: the draft is worse than what is in force", told), 409)
        return problems.answer(Refusal(problem.title, 409, problem.detail, problem.field, problem.hint, may_override=True))
    record = {"source": "the console", "rows": len(scored), "choices": [
        {"category": name, "section": None, **figures_record(board.figures_of(scored, lines, name))} for name in scored.categories]}
    made = versions.publish(settings.policy, text, _who(), asked.reason, base=asked.base, figures=record, gate=findings,
                            override=asked.override)
    return _in_force(made, "published")


@blueprint.post("/tune/undo")
@needs("tune", browser=True)
def undo() -> Response:
    """Put the version before into force again, as a new one."""
    asked = decode(body.read(), _UNDO)
    settings: Settings = current_app.extensions["settings"]
    return _in_force(versions.rollback(settings.policy, None, _who(), asked.reason), "taken back")


def _in_force(made: versions.Version, done: str) -> Response:
    reloader: Reloader = current_app.extensions["reload"]
    reloader.reload()
    told = f"It is {done} as version {made.number}; from now on every answer names the policy {made.policy}."
    return Response(msgspec.json.encode(Published(made.policy, made.number, told)), mimetype="application/json")
