"""Flask without what this service never uses: sessions of its own, coroutines, hosts that choose a route, signals, functions that are
called when a request is over, headers to be edited.

Flask asks for each of them at every request, and that takes longer than scoring a comment; here they are answered once. Views, hooks,
blueprints, errors and streams are Flask's as ever. Knows Flask; knows no route.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request, Response
from flask.ctx import RequestContext
from flask.globals import _cv_app, _cv_request
from flask.sessions import NullSession, SessionInterface
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.routing import MapAdapter, Rule
from werkzeug.wsgi import get_host

_HOSTS = 256  # by which the service is called and that are remembered
_STATUS = {code: f"{code} {name.upper()}" for code, name in HTTP_STATUS_CODES.items()}
_ADDRESS = ("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME")


class Ready:
    """A whole answer, for a view to return where no header is to be added: bytes, and of which kind they are."""

    __slots__ = ("body", "kind", "status")

    def __init__(self, body: bytes, status: int = 200, kind: str = "application/json") -> None:
        self.body, self.status, self.kind = body, status, kind

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The answer as WSGI has it."""
        start_response(_STATUS[self.status], [("Content-Type", self.kind), ("Content-Length", str(len(self.body)))])
        return () if environ["REQUEST_METHOD"] == "HEAD" else (self.body,)


class _NoSessions(SessionInterface):
    _none = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return self._none


class _Context(RequestContext):
    app: Lean

    def match_request(self) -> None:
        request = self.request
        rule = self.app.fixed.get((request.path, request.method))
        if rule is None:
            super().match_request()
        else:
            request.url_rule, request.view_args = rule, {}


class _Request(Request):
    @property
    def blueprints(self) -> list[str]:
        return _blueprints(self.endpoint)

    def close(self) -> None:
        """Close what was uploaded, if anything was."""
        if "files" in self.__dict__:
            super().close()


@functools.cache
def _blueprints(endpoint: str | None) -> list[str]:
    return [endpoint.rpartition(".")[0]] if endpoint and "." in endpoint else []


class Lean(Flask):
    """The application's class."""

    request_class = _Request
    session_interface = _NoSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: none is a coroutine."""
        return func

    def full_dispatch_request(self) -> Any:
        """As ever, without signals."""
        try:
            rv = self.preprocess_request()
            if rv is None:
                rv = self.dispatch_request()
        except Exception as error:
            rv = self.handle_user_exception(error)
        return self.finalize_request(rv)

    def do_teardown_request(self, exc: BaseException | None = None) -> None:
        """Nothing is called when a request is over."""

    def do_teardown_appcontext(self, exc: BaseException | None = None) -> None:
        """The same."""

    def request_context(self, environ: dict[str, Any]) -> RequestContext:
        """As ever, with the rule of a fixed address looked up."""
        return _Context(self, environ)

    @functools.cached_property
    def fixed(self) -> dict[tuple[str, str], Rule]:
        """The rule behind each path and method, of rules without variable parts."""
        return {(rule.rule, method): rule for rule in self.url_map.iter_rules() for method in (rule.methods or ())
                if not rule.arguments and method != "OPTIONS"}

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """As ever, made once for each host where no more than the host is wanted of it."""
        if request is not None and (request.path, request.method) in self.fixed:
            return self._adapter(*(request.environ.get(name) for name in _ADDRESS))
        return super().create_url_adapter(request)

    @functools.cached_property
    def _adapter(self) -> Callable[..., MapAdapter]:
        @functools.lru_cache(_HOSTS)
        def adapter(*address: str | None) -> MapAdapter:
            environ = {name: value for name, value in zip(_ADDRESS, address, strict=True) if value is not None}
            get_host(environ)  # a 400 if it is none
            return self.url_map.bind_to_environ({"SCRIPT_NAME": "", "REQUEST_METHOD": "GET", **environ}, subdomain="")

        return adapter

    def make_response(self, rv: Any) -> Response:
        """As ever; of a `Ready` one too."""
        return super().make_response(Response(rv.body, rv.status, content_type=rv.kind) if isinstance(rv, Ready) else rv)

    def finalize_request(self, rv: Any, from_error_handler: bool = False) -> Any:
        """As ever; what is `Ready` is left as it is, unless something is to be done to every response."""
        if isinstance(rv, Ready) and not self.after_request_funcs:
            return rv
        return super().finalize_request(rv, from_error_handler)


def now() -> RequestContext:
    """The context of the request in hand; a look through Flask's `request` or `current_app` costs ten times as much."""
    return _cv_request.get()


def own() -> Any:
    """What Flask's `g` stands for: the attributes that this service keeps with the request in hand."""
    return _cv_app.get().g
