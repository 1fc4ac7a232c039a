"""The dialect of Coral's external moderation phase: `POST /v1/coral`, signed by Coral, answered with what Coral should do.

Knows the shapes of its requests and answers, and by the tables below what each action and category is in Coral's terms; knows
no threshold, no lexicon and no classifier. An approved comment is answered with 204, no opinion, so that what else Coral
has set up for it goes on. `?section=` of the configured address names the policy's section.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec
from flask import Blueprint, Response, current_app, request
from msgspec import UNSET, UnsetType

from moderation.errors import Problem, RequestError
from moderation.markup import visible
from moderation.service import body, guard, scoring
from moderation.service.decode import decode
from moderation.settings import Settings

blueprint = Blueprint("coral", __name__)

STATUS = {"review": "SYSTEM_WITHHELD", "reject": "REJECTED"}
# Why a comment is rejected: by the policy's category, of the worst one.
REASONS = {"derogatory": "HATE_SPEECH", "personal": "HARASSMENT_BULLYING", "obscene": "OFFENSIVE"}
OTHER = "OTHER"


class Comment(msgspec.Struct, rename="camel"):
    """The comment, its body in HTML."""

    body: str
    parent_id: str | None = msgspec.field(default=None, name="parentID")


class Author(msgspec.Struct):
    """Who wrote it."""

    id: str | None = None
    role: str | None = None


class Place(msgspec.Struct):
    """The story or the site that it is on."""

    id: str | None = None
    url: str | None = None


class CoralRequest(msgspec.Struct, rename="camel"):
    """What Coral sends for a comment that is new or edited."""

    action: str
    comment: Comment
    author: Author | None = None
    story: Place | None = None
    site: Place | None = None
    tenant_id: str | None = msgspec.field(default=None, name="tenantID")
    tenant_domain: str | None = None


class Flag(msgspec.Struct, rename="camel"):
    """A flag that moderators see on the comment."""

    action_type: str = "FLAG"
    reason: str = "COMMENT_DETECTED_TOXIC"


class RejectionReason(msgspec.Struct, rename="camel"):
    """Why, as Coral tells the author."""

    code: str
    detailed_explanation: str


class ModerationAction(msgspec.Struct, rename="camel"):
    """A rejection with its reason."""

    status: str
    rejection_reason: RejectionReason


class CoralResponse(msgspec.Struct, rename="camel"):
    """What Coral should do."""

    status: str
    actions: list[Flag] | UnsetType = UNSET
    moderation_action: ModerationAction | UnsetType = UNSET


_REQUEST: msgspec.json.Decoder[CoralRequest] = msgspec.json.Decoder(CoralRequest)
_SCHEME = "sha256="


def is_signed(content: bytes, header: str, secrets: tuple[str, ...]) -> bool:
    """Whether one of the signatures in a header is that of the content under one of the secrets.

    Every signature is compared with every secret's in constant time, so the time tells nothing but their numbers.
    """
    sent = [part.strip()[len(_SCHEME):].encode() for part in header.split(",")[:16] if part.strip().startswith(_SCHEME)]
    own = [hmac.new(secret.encode(), content, hashlib.sha256).hexdigest().encode() for secret in secrets]
    return sum(hmac.compare_digest(one, other) for one in sent for other in own) > 0  # no comparison is skipped


@blueprint.post("/v1/coral")
@guard.needs(None)
def moderate() -> Response:
    """One comment in, what to do with it out. Its signature is its key."""
    settings: Settings = current_app.extensions["settings"]
    content = body.read()
    if not settings.coral_secrets:
        raise RequestError(Problem("X-Coral-Signature", "cannot be checked", "set `MODERATION_CORAL_SECRETS`"), 403)
    signature = request.headers.get("X-Coral-Signature")
    if signature is None:
        raise RequestError(Problem("X-Coral-Signature", "is missing", "Coral sends it; nobody else may call here"), 403)
    if not is_signed(content, signature, settings.coral_secrets):
        raise RequestError(Problem("X-Coral-Signature", "is not that of this body", "compare the secret with Coral's"), 403)
    sent = decode(content, _REQUEST)
    if sent.action not in ("NEW", "EDIT"):
        raise RequestError(Problem("action", "expected `NEW` or `EDIT`"))
    found = scoring.score([visible(sent.comment.body)], request.args.get("section"))[0]
    status = STATUS.get(found.decision.action)
    if status is None:
        return Response(status=204)
    answered = CoralResponse(status)
    if found.decision.action == "review":
        answered.actions = [Flag()]
    else:
        reasons = [reason for reason in found.decision.reasons if reason.action == found.decision.action]
        clauses = " ".join(reason.clause for reason in reasons)
        answered.moderation_action = ModerationAction(status, RejectionReason(REASONS.get(reasons[0].category, OTHER), clauses))
    return Response(msgspec.json.encode(answered), mimetype="application/json")
