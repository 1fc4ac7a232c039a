"""Who may call, how often, and what every answer carries: keys, scopes, rates, security headers, CORS.

Knows keys and requests; knows no dialect. A refusal is a `RequestError` (401, 403 or 429; `where` is `key` or `rate`), raised
before the view, so a blueprint words it in its own error body by its own `errorhandler(RequestError)`; the headers
(`RateLimit-*`, `Retry-After`, `WWW-Authenticate`) are added here whatever the body. A view says what it needs:

    @blueprint.post("/v1/labels")
    @needs("label")             # without it: "score"; None: nothing, as for /healthz
    def label() -> Response: ...

and asks `section()` for the section of a caller whose request names none.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from flask import Flask, Request, Response, current_app, g, request

from moderation import budget
from moderation.errors import LoadError, Problem, RequestError
from moderation.keys import Key, KeyRing, check_exposure, is_loopback
from moderation.service import cross_site, journal, lean, session
from moderation.settings import Settings

View = TypeVar("View", bound=Callable[..., Any])

SECURITY = [
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "same-origin"),  # with none at all a browser names no origin with a form of our own either
    ("Cache-Control", "no-store"),
]
_EXPOSED = "X-Request-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After"
_AWAY = 5.0  # seconds for which nothing is counted after the rate store failed


def needs(scope: str | None, browser: bool = False) -> Callable[[View], View]:
    """Say which scope a view's callers need; None: no key at all. With `browser`, a sign-in to the console will do for a key, and
    only this service's own pages may call."""

    def mark(view: View) -> View:
        view.scope = scope  # type: ignore[attr-defined]  # Flask keeps views as plain functions
        view.browser = browser  # type: ignore[attr-defined]  # the same
        return view

    return mark


def key() -> Key | None:
    """The caller's key; None where no keys are configured."""
    found: Key | None = lean.own().get("key")
    return found


def section() -> str | None:
    """The section of the caller's key, for a request that names none."""
    found = key()
    return found.section if found else None


def caller() -> str:
    """A name for the caller in the store and the counts of rates: the key's id, or `-`."""
    found = key()
    return found.id if found else "-"


class _Keys:
    """The ring of the keys file, read anew when the file changes; what was last good holds if it goes bad or away."""

    def __init__(self, settings: Settings) -> None:
        self.path = os.fspath(settings.keys)
        self._settings = settings
        self._seen: Any = None
        self.ring: KeyRing | None = None
        self.current()

    def current(self) -> KeyRing | None:
        if self.ring is None and not os.access(self.path, os.F_OK):
            return None
        try:
            found = os.stat(self.path)
        except OSError:
            return self.ring
        seen = found.st_mtime_ns, found.st_ino, found.st_size
        if seen != self._seen:
            try:
                self.ring = KeyRing.load(self._settings.keys) or self.ring
            except LoadError as error:
                if self._seen is None:
                    raise
                journal.LOGGER.error("the keys file was not taken: %s", error)
            self._seen = seen
        return self.ring


class _Rates:
    """Counts requests by the `limits` library, a fixed window for each caller."""

    def __init__(self, settings: Settings) -> None:
        self._uri = settings.rate_store
        self._limiter: Any = None
        self._failures: tuple[type[Exception], ...] = (OSError,)
        self._items: dict[str, Any] = {}
        self._away = 0.0

    def count(self, rate: str, who: str) -> tuple[bool, int, int, float] | None:
        """Whether this request is within the rate; the rate, what is left of it, and seconds until it is whole again.

        None if the store is away: a service that cannot count still scores.
        """
        if time.monotonic() < self._away:
            return None
        try:
            # Made in the worker, never before the fork: the memory store has a thread.
            if self._limiter is None:
                from limits.storage import storage_from_string
                from limits.strategies import FixedWindowRateLimiter
                options: dict[str, Any] = {}
                if not self._uri.startswith("memory"):
                    from redis.exceptions import RedisError
                    self._failures = (OSError, RedisError)
                    options = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
                self._limiter = FixedWindowRateLimiter(storage_from_string(self._uri, **options))
            item = self._items.get(rate)
            if item is None:
                from limits import parse
                item = self._items[rate] = parse(rate)
            within = self._limiter.hit(item, who)
            reset, remaining = self._limiter.get_window_stats(item, who)
        except self._failures as error:
            self._away = time.monotonic() + _AWAY
            current_app.extensions["metrics"].uncounted.inc()
            journal.LOGGER.error("requests are not counted, the rate store failed: %s", type(error).__name__)
            return None
        return within, item.amount, max(0, remaining), max(0.0, reset - time.time())


def _sent(request: Request) -> str | None:
    environ = request.environ
    authorization: str = environ.get("HTTP_AUTHORIZATION", "")
    if authorization[:7].lower() == "bearer ":
        return authorization[7:].strip()
    if (header := environ.get("HTTP_X_API_KEY")) is not None:
        return str(header)
    return request.args.get("key") if "key=" in environ.get("QUERY_STRING", "") else None


_is_here = functools.lru_cache(1024)(is_loopback)


def _refuse(status: int, where: str, what: str, hint: str) -> RequestError:
    return RequestError(Problem(where, what, hint), status)


def _rate_headers(counted: tuple[bool, int, int, float]) -> list[tuple[str, str]]:
    within, amount, remaining, wait = counted
    seconds = str(int(wait) + 1)
    headers = [("RateLimit-Limit", str(amount)), ("RateLimit-Remaining", str(remaining)), ("RateLimit-Reset", seconds)]
    return headers if within else [*headers, ("Retry-After", seconds)]


def _cross_origin(response: Response) -> Response:
    origins = current_app.extensions["settings"].cors_origins
    origin = request.headers.get("Origin")
    response.headers.add("Vary", "Origin")
    if origin in origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, X-API-Key, X-Request-Id, Idempotency-Key"
            response.headers["Access-Control-Max-Age"] = "600"
    return response


def keep(app: Flask) -> None:
    """Guard every route of an application, those that are added later too.

    Raises
    ------
    LoadError : the keys file cannot be used, or other machines could call without a key and no setting wants that.
    """
    settings: Settings = app.extensions["settings"]
    check_exposure(settings)
    keys, rates, check_page = _Keys(settings), _Rates(settings), cross_site.checker(settings)
    app.extensions["before_fork"].append(keys.current)
    app.extensions["keys"] = keys
    session.keep(app)
    views = app.view_functions

    @app.before_request
    def admit() -> None:
        request = lean.now().request
        budget.start(settings.time_limit)
        endpoint = request.endpoint
        if endpoint is None or request.method == "OPTIONS":
            return
        ring = keys.current()
        scope: str | None = getattr(views[endpoint], "scope", "score")
        browser = getattr(views[endpoint], "browser", False)
        if browser and request.method != "GET" and not session.is_own_page():
            raise _refuse(403, "Origin", "is not this service", "only its own pages may ask for this; behind a proxy that changes the "
                          "Host, set `MODERATION_PUBLIC_BASE_URL`")
        if scope is None:
            return
        key = None
        if ring is not None:
            sent = _sent(request)
            key = ring.find(sent) if sent else session.find(ring) if browser else None
            if key is None:
                what = "is missing" if not sent else "is not one of this service"
                raise _refuse(401, "key", what, "send it as `Authorization: Bearer`, as `X-API-Key` or as `?key=`")
            g.key = key
            if scope not in key.scopes:
                raise _refuse(403, "key", f"does not allow this: it has no scope `{scope}`", "use another key")
        elif not settings.open and not _is_here(request.remote_addr or "127.0.0.1"):
            raise _refuse(403, "key", "no keys are configured, so only this machine is answered", "make one with `moderation keys create`")
        else:
            check_page(request.environ, scope)
        rate = key.rate if key and key.rate else settings.rate_limit
        if rate:
            g.rate = rates.count(rate, key.id if key else request.remote_addr or "-")
            if g.rate is not None and not g.rate[0]:
                raise _refuse(429, "rate", f"is more than {rate}", "wait as long as `Retry-After` says")

    if settings.cors_origins:
        app.after_request(_cross_origin)
    _add_headers(app)


def _add_headers(app: Flask) -> None:
    inner = app.wsgi_app

    def answered(environ: Any, start_response: Any) -> Iterable[bytes]:
        # What every answer carries is added as WSGI has it: cheaper than by the response's own headers.
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            budget.start(0)  # the thread is another request's next
            own = lean.own()
            names = {name for name, _ in headers}
            headers += [header for header in SECURITY if header[0] not in names]
            headers.append(("X-Request-Id", own.request_id))
            if status.startswith("401"):
                headers.append(("WWW-Authenticate", "Bearer"))
            if (counted := own.get("rate")) is not None:
                headers += _rate_headers(counted)
            if not own.get("streams"):
                journal.close(int(status[:3]))
            return start_response(status, headers, *rest)

        return inner(environ, start)

    app.wsgi_app = answered  # type: ignore[method-assign]  # as Flask's documentation says to
