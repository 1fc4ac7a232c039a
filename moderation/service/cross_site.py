"""What a web page may ask of a service that has no keys: nothing, unless it is the service's own or the settings name its origin.

Without keys whoever reaches the port is answered, and a page that is open in a browser on this machine reaches it too: by a form or a
`fetch` whose answer it may not read (the Origin is another's), or by a name of its own that it points at this machine (the Host is
another's; DNS rebinding). Keys end both, since no browser sends them by itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from moderation.errors import Problem, RequestError
from moderation.keys import is_loopback
from moderation.settings import Settings

_KEYS = "make keys with `moderation keys create`"
_FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")  # what a page may send without being asked
_WRITING = ("label", "tune", "admin")


def _name(host: str) -> str:
    """The name of `name:port`, lower case; an IPv6 address without its brackets."""
    name = host[1:host.find("]")] if host.startswith("[") else host.partition(":")[0]
    return name.lower().rstrip(".")


def checker(settings: Settings) -> Callable[[Mapping[str, str], str], None]:
    """A function of a request's environ and its scope, for services without keys; it costs a few hundred nanoseconds.

    It raises a RequestError, 403 or 415, for what a page of another site may have sent.
    """
    public = urlsplit(settings.public_base_url).netloc.lower()
    ours = {settings.host.lower(), _name(public)} - {""}

    @functools.lru_cache(1024)
    def is_ours(host: str) -> bool:
        return settings.open or _name(host) in ours or is_loopback(_name(host))

    @functools.lru_cache(1024)
    def is_allowed(origin: str, host: str) -> bool:
        return origin in settings.cors_origins or origin.partition("://")[2].lower() in {host.lower(), public} - {""}

    def check(environ: Mapping[str, str], scope: str) -> None:
        host = environ.get("HTTP_HOST", "")
        if host and not is_ours(host):
            raise RequestError(Problem("Host", "is not a name of this machine, and no keys are configured", f"{_KEYS}, or say "
                                       "`MODERATION_PUBLIC_BASE_URL`"), 403)
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and not is_allowed(origin, host):
            raise RequestError(Problem("Origin", "is another site's page, and no keys are configured",
                                       f"{_KEYS}, or name it in `MODERATION_CORS_ORIGINS`"), 403)
        if scope in _WRITING and environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() in _FORMS:
            raise RequestError(Problem("Content-Type", "is one that any web page can send", "send `application/json`"), 415)

    return check
