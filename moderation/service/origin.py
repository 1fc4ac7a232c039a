"""Our own origin, as the client sees it: `https://moderation.example`, for documents that name our addresses."""

from __future__ import annotations

import ipaddress
import re

from flask import current_app, request

from moderation.settings import Settings

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


def origin() -> str:
    """The setting; else what the request was sent to, or what a trusted proxy says that it was sent to."""
    settings: Settings = current_app.extensions["settings"]
    if settings.public_base_url:
        return settings.public_base_url
    scheme, host = request.scheme, request.host
    if _is_trusted(request.remote_addr, settings):
        # The last entry is the one that our own proxy wrote; those before it are hearsay.
        forwarded = request.headers.get("X-Forwarded-Proto", scheme).rpartition(",")[2].strip().lower()
        scheme = forwarded if forwarded in ("http", "https") else scheme
        host = request.headers.get("X-Forwarded-Host", host).rpartition(",")[2].strip()
    return f"{scheme}://{host if _HOST.fullmatch(host) else 'localhost'}"


def _is_trusted(address: str | None, settings: Settings) -> bool:
    try:
        sender = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    return any(sender in network for network in settings.trusted_proxies)
