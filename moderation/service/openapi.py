"""`GET /openapi.json`: OpenAPI 3.1 made of the structures that decode requests and encode answers; `GET /docs` shows it.

Knows which structure each native route takes and gives; their members are read off the structures themselves. The page is
made here, without scripts and without anything from elsewhere, so that it can be read offline.
"""

from __future__ import annotations

import base64
import hashlib
import inspect
from typing import Any, NamedTuple

import msgspec
from flask import Blueprint, Response, current_app, redirect, render_template_string
from markupsafe import Markup
from werkzeug.wrappers import Response as WerkzeugResponse

from moderation.answers import ScoreResult
from moderation.keys import SCOPES
from moderation.scorer import Scorer
from moderation.service import health, labels, native, reload
from moderation.service.guard import needs
from moderation.service.problems import ProblemDetails

blueprint = Blueprint("openapi", __name__)
_JSON, _LINES, _PROBLEM = "application/json", "application/x-ndjson", "application/problem+json"
_REF = "#/components/schemas/{name}"


class Operation(NamedTuple):
    """A route as the document tells it: what it takes, and what it answers by status (None: something that is no JSON object)."""

    path: str
    method: str
    view: Any
    takes: type | None
    answers: dict[int, tuple[str, type | None]]
    streams: bool = False
    parameters: tuple[dict[str, Any], ...] = ()


_ID = {"name": "X-Request-Id", "in": "header", "required": False,
       "description": "The caller's own id for this request; one that is not plain is replaced.", "schema": {"type": "string"}}
_KEY = {"name": "Idempotency-Key", "in": "header", "required": False, "description": "Makes a repeated request the same label.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}}
_SINCE = {"name": "since", "in": "query", "required": False, "description": "Milliseconds since 1970.",
          "schema": {"type": "integer", "minimum": 0, "maximum": 10**15 - 1, "default": 0}}
OPERATIONS = (
    Operation("/v1/score", "post", native.score, native.ScoreRequest, {200: (_JSON, ScoreResult)}, True),
    Operation("/v1/score/batch", "post", native.score_batch, native.BatchRequest, {200: (_JSON, native.BatchResult)}, True),
    Operation("/v1/labels", "post", labels.add, labels.LabelRequest,
              {201: (_JSON, labels.LabelResult), 200: (_JSON, labels.LabelResult), 503: (_PROBLEM, ProblemDetails)}, parameters=(_KEY,)),
    Operation("/v1/labels", "get", labels.export, None, {200: (_LINES, None), 503: (_PROBLEM, ProblemDetails)}, parameters=(_SINCE,)),
    Operation("/v1/admin/reload", "post", reload.reload, None,
              {200: (_JSON, reload.ReloadResult), 422: (_PROBLEM, reload.ReloadProblem)}),
    Operation("/healthz", "get", health.healthz, None, {200: (_JSON, health.Health)}),
    Operation("/readyz", "get", health.readyz, None, {200: (_JSON, health.Health), 503: (_PROBLEM, ProblemDetails)}),
)
_ABOUT = """A comment moderation service. Beside these routes it answers in Perspective's words (`/v1alpha1/comments:analyze`,
`/v1alpha1/comments:suggestscore`), OpenAI's (`/v1/moderations`) and Coral's (`/v1/coral`), and counts for Prometheus (`/metrics`)."""
_REFUSALS = {400: "It cannot be read", 401: "A key is needed", 403: "The key does not allow this", 413: "It is too large",
             415: "It is packed in a way that is not read, or any page could have sent it",
             422: "A field cannot be used", 429: "More than the caller's rate", 500: "The service failed"}


def document(scorer: Scorer) -> dict[str, Any]:
    """The whole document, for the policy in force: its sections are the sections of the requests."""
    structures: list[Any] = [ScoreResult, native.ItemError, ProblemDetails, native.BatchRequest, labels.LabelRequest, labels.LabelResult,
                             health.Health, reload.ReloadResult, reload.ReloadProblem]
    _, schemas = msgspec.json.schema_components(structures, ref_template=_REF)
    # An item is an answer or an error, which the encoder tells apart and a decoder could not.
    items = {"type": "array", "items": {"anyOf": [{"$ref": _REF.format(name=name)} for name in ("ScoreResult", "ItemError")]}}
    schemas["BatchResult"] = {"title": "BatchResult", "description": inspect.getdoc(native.BatchResult), "type": "object",
                              "properties": {"results": items}, "required": ["results"]}
    schemas["ScoreRequest"]["properties"]["section"] = {"enum": [*scorer.policy.sections, None], "default": None}
    schemas["ScoreRequest"]["properties"]["language"]["anyOf"][0]["pattern"] = "^[A-Za-z]{2,3}$"
    schemas["LabelRequest"]["properties"]["section"] = schemas["ScoreRequest"]["properties"]["section"]
    schemas["LabelRequest"]["properties"]["categories"]["propertyNames"] = {"enum": list(scorer.policy.categories)}
    comments = schemas["BatchRequest"]["properties"]["comments"]
    comments["maxItems"] = current_app.extensions["settings"].max_batch
    comments["items"] = {"anyOf": [comments["items"], {"description": "anything else is answered by an error in its place"}]}
    for schema in schemas.values():
        schema["description"] = inspect.cleandoc(schema.get("description", ""))
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    schemes = {"bearer": {"type": "http", "scheme": "bearer"}, "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
               "query": {"type": "apiKey", "in": "query", "name": "key"}}
    return {"openapi": "3.1.0", "info": {"title": "moderation", "version": "1", "description": _ABOUT},
            "paths": paths, "components": {"schemas": schemas, "securitySchemes": schemes}}


def _operation(operation: Operation) -> dict[str, Any]:
    scope = getattr(operation.view, "scope", "score")
    summary = inspect.getdoc(operation.view) or ""
    answers: dict[str, Any] = {
        str(status): {"description": "The answer" if status < 300 else "It was refused, or a part of the service is away",
                      "content": _content(kind, structure)} for status, (kind, structure) in operation.answers.items()}
    lines = {_LINES: {"schema": {"type": "string"}}} if operation.streams else {}
    answers["200"]["content"] |= lines
    refused = _REFUSALS if scope else {500: _REFUSALS[500]}
    for status, title in refused.items():
        answers.setdefault(str(status), {"description": title, "content": _content(_PROBLEM, ProblemDetails)})
    found: dict[str, Any] = {"summary": summary.replace("\n", " "), "operationId": operation.view.__name__, "responses": answers,
                             "parameters": [_ID, *operation.parameters]}
    if operation.takes:
        found["requestBody"] = {"required": True, "content": _content(_JSON, operation.takes) | lines, "description": (
            "As it is, or, unless it is lines, as gzip where `Content-Encoding` says so; `MODERATION_MAX_BODY` bounds both.")}
    if scope:
        found["security"] = [{"bearer": []}, {"header": []}, {"query": []}]
        found["description"] = f"Needs a key with the scope `{scope}` where keys are configured; the scopes are {', '.join(SCOPES)}."
    return found


def _content(kind: str, structure: type | None) -> dict[str, Any]:
    return {kind: {"schema": {"$ref": _REF.format(name=structure.__name__)} if structure else {"type": "string"}}}


_STYLE = """:root{color-scheme:light dark;--paper:#fff;--ink:#222;--code:#f3f3f3;--line:#ccc;--post:#060;--link:#0645ad}
@media(prefers-color-scheme:dark){:root{--paper:#16181c;--ink:#ddd;--code:#2a2d33;--line:#555;--post:#7c7;--link:#8cb8ff}}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--paper)}
a{color:var(--link)}
code,pre{background:var(--code);border-radius:3px;padding:.1em .3em}h2{border-top:1px solid var(--line);padding-top:1rem}
table{border-collapse:collapse;display:block;overflow-x:auto}code{overflow-wrap:anywhere}
td,th{border:1px solid var(--line);padding:.2rem .6rem;text-align:left;vertical-align:top}
.m{text-transform:uppercase;color:var(--post)}"""
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>moderation</title><style>{{ style|safe }}</style><main><h1>moderation</h1>
<p>{{ marked(d.info.description) }} This page shows <a href="/openapi.json">/openapi.json</a>; editors try comments and tune thresholds
in the <a href="/console">console</a>.</p>
{% for path, methods in d.paths.items() %}{% for method, o in methods.items() %}
<h2><span class="m">{{ method }}</span> <code>{{ path }}</code></h2>
<p>{{ marked(o.summary) }}</p><p>{{ marked(o.description or "") }}</p>
<table>{% for p in o.parameters %}<tr><td><code>{{ p.name }}</code> ({{ p.in }})</td><td>{{ p.description }}</td></tr>{% endfor %}
{% if o.requestBody %}<tr><td>takes</td>
<td>{% for k, c in o.requestBody.content.items() %}<code>{{ k }}</code> {{ name(c.schema) }} {% endfor %}<br>
{{ marked(o.requestBody.description) }}</td></tr>{% endif %}
{% for s, r in o.responses.items() %}<tr><td>{{ s }}</td><td>{{ r.description }}:
{% for k, c in r.content.items() %}<code>{{ k }}</code> {{ name(c.schema) }} {% endfor %}</td></tr>{% endfor %}
</table>{% endfor %}{% endfor %}
{% for n, s in d.components.schemas.items() %}<h2 id="{{ n }}">{{ n }}</h2><p>{{ marked(s.description) }}</p>
<table><tr><th>member</th><th>is</th><th>needed</th></tr>{% for m, p in s.properties.items() %}<tr><td><code>{{ m }}</code></td>
<td><code>{{ p|tojson }}</code></td><td>{{ "required" if m in s.required or [] }}</td></tr>{% endfor %}</table>{% endfor %}</main></html>"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def _name(schema: dict[str, Any]) -> str:
    """A structure's name as a link to its table."""
    name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
    return Markup('<a href="#{0}">{0}</a>').format(name) if name else "text"


def _marked(text: str) -> Markup:
    """A docstring with what stands in backticks as code."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(parts))


@blueprint.get("/openapi.json")
@needs(None)
def openapi() -> Response:
    """This document."""
    return Response(msgspec.json.encode(document(current_app.extensions["scorer"])), mimetype=_JSON)


@blueprint.get("/")
@needs(None)
def home() -> WerkzeugResponse:
    """Where somebody begins who has the address alone."""
    return redirect("docs", 303)


@blueprint.get("/docs")
@needs(None)
def page() -> Response:
    """The document, to be read by people."""
    html = render_template_string(_PAGE, d=document(current_app.extensions["scorer"]), style=_STYLE, name=_name, marked=_marked)
    policy = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'"
    return Response(html, headers={"Content-Security-Policy": policy}, mimetype="text/html")
