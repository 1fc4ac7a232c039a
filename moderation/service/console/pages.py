"""`/console/try`, `/console/tune` and signing in: HTML whose scripts ask `trial` and `tuning`.

Knows templates and who may see them; knows no threshold, no lexicon and no classifier.
"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, request, url_for

from moderation.errors import RequestError
from moderation.keys import Key, KeyRing
from moderation.pages import SERVED
from moderation.scorer import Scorer
from moderation.service import guard, problems, session
from moderation.service.guard import needs
from moderation.tune.targets import FORMS

blueprint = Blueprint("console", __name__, url_prefix="/console", template_folder="templates")
_PAGES = ("try", "tune")


def _page(name: str, status: int = 200, **shown: object) -> Response:
    scorer: Scorer = current_app.extensions["scorer"]
    html = render_template(f"console/{name}.html", here=name, versions=scorer.versions, sections=scorer.policy.sections,
                           signed_in=guard.caller() != "-", **shown)
    return Response(html, status, headers={"Content-Security-Policy": SERVED}, mimetype="text/html")


def _to(view: str, page: str | None = None) -> Response:
    """On to another view of the console; `page` is the one to come back to."""
    return Response(status=303, headers={"Location": url_for(f"console.{view}", page=page)})


@blueprint.get("")
@needs(None)
def console() -> Response:
    """The first page."""
    return _to("trial")


@blueprint.get("/try")
@needs("score", browser=True)
def trial() -> Response:
    """Type a comment, see what is made of it."""
    return _page("try")


@blueprint.get("/tune")
@needs("tune", browser=True)
def tune() -> Response:
    """Thresholds, with what they do to labelled comments."""
    return _page("tune", targets=FORMS)


@blueprint.get("/sign-in")
@needs(None)
def sign_in_page() -> Response:
    """The form for a key."""
    return _page("sign-in", page=_asked(), needed=_ring() is not None)


@blueprint.post("/sign-in")
@needs(None, browser=True)
def sign_in() -> Response:
    """Exchange a key for a cookie."""
    ring = _ring()
    key: Key | None = ring.find(request.form.get("key", "").strip()) if ring else None
    if ring is not None and key is None:
        return _page("sign-in", 401, page=_asked(), needed=True, refused=True)
    response = _to("trial" if _asked() == "try" else "tune")
    return session.begin(response, key) if key else response


@blueprint.post("/sign-out")
@needs(None, browser=True)
def sign_out() -> Response:
    """Forget the cookie."""
    return session.end(_to("sign_in_page"))


def _ring() -> KeyRing | None:
    ring: KeyRing | None = current_app.extensions["keys"].current()
    return ring


def _asked() -> str:
    """The page that was asked for before signing in."""
    page = request.values.get("page", "")
    return page if page in _PAGES else _PAGES[0]


@blueprint.errorhandler(RequestError)
def refuse(error: RequestError) -> Response:
    """A page's refusal is a page: without a key the sign-in; a script's is the native dialect's."""
    if request.method == "GET" and error.status == 401:
        return _to("sign_in_page", page=request.path.rpartition("/")[2])
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return _page("refused", error.status, problem=error.problem)
    return problems.refuse(error)
