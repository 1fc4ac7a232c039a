"""Signing in to the console: a key exchanged for a cookie that only this service's own pages send back.

The cookie holds the key's id and a time, signed; never the key. A key that is revoked ends its sessions, and so does a restart
unless `MODERATION_SESSION_SECRETS` is set. It is taken by views marked `guard.needs(scope, browser=True)` alone, and what a page
posts must come from a page of this origin, so that no other site's page can act in a signed-in editor's name.
"""

from __future__ import annotations

import hashlib
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from itsdangerous import BadData, TimestampSigner

from moderation.keys import Key, KeyRing
from moderation.service.origin import origin
from moderation.settings import Settings

COOKIE = "moderation_console"
PATH = "/console"
HOURS = 12


def keep(app: Flask) -> None:
    """Make the signer, in gunicorn's first process, so that all workers share it."""
    settings: Settings = app.extensions["settings"]
    # The last of the list signs.
    known = [*reversed(settings.session_secrets)] or [secrets.token_urlsafe(32)]
    app.extensions["session"] = TimestampSigner(known, salt="console", digest_method=hashlib.sha256, key_derivation="hmac")


def find(ring: KeyRing) -> Key | None:
    """The key that the browser signed in with, unless it is revoked by now."""
    signer: TimestampSigner = current_app.extensions["session"]
    try:
        key = ring.keys.get(signer.unsign(request.cookies.get(COOKIE, ""), max_age=HOURS * 3600).decode())
    except (BadData, UnicodeDecodeError):
        return None
    return key if key and not key.revoked else None


def begin(response: Response, key: Key) -> Response:
    """Sign in."""
    signer: TimestampSigner = current_app.extensions["session"]
    response.set_cookie(COOKIE, signer.sign(key.id).decode(), max_age=HOURS * 3600, path=PATH, httponly=True, samesite="Strict",
                        secure=origin().startswith("https:"))
    return response


def end(response: Response) -> Response:
    """Sign out."""
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="Strict")
    return response


def is_own_page() -> bool:
    """Whether a request comes from a page of this service, or from no page at all.

    Browsers say so in `Sec-Fetch-Site`, and in `Origin` with everything that is posted.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    sent = request.headers.get("Origin")
    return sent is None or urlsplit(sent).netloc in (request.host, urlsplit(origin()).netloc)
