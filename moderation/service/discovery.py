"""The discovery document of the Perspective dialect: what Google's client libraries read before their first call.

Google's own went away with its service, and its Python client carries no copy, so a client that is to change nothing but a
URL needs ours. The format: https://developers.google.com/discovery/v1/reference/apis
"""

from __future__ import annotations

from typing import Any

_STRING, _BOOL = {"type": "string"}, {"type": "boolean"}
_FLOAT, _INT = {"type": "number", "format": "float"}, {"type": "integer", "format": "int32"}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def _map(name: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": {"$ref": name}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": name}


_SHARED = {"comment": _ref("TextEntry"), "context": _ref("Context"), "languages": _list(_STRING), "clientToken": _STRING,
           "sessionId": _STRING, "communityId": _STRING}
_SCHEMAS = {
    "TextEntry": {"text": _STRING, "type": _STRING},
    "ArticleAndParentComment": {"article": _ref("TextEntry"), "parentComment": _ref("TextEntry")},
    "Context": {"entries": _list(_ref("TextEntry")), "articleAndParentComment": _ref("ArticleAndParentComment")},
    "AttributeParameters": {"scoreType": _STRING, "scoreThreshold": _FLOAT},
    "Score": {"value": _FLOAT, "type": _STRING},
    "SpanScore": {"begin": _INT, "end": _INT, "score": _ref("Score")},
    "AttributeScores": {"summaryScore": _ref("Score"), "spanScores": _list(_ref("SpanScore"))},
    "AnalyzeCommentRequest": {**_SHARED, "requestedAttributes": _map("AttributeParameters"), "spanAnnotations": _BOOL, "doNotStore": _BOOL,
                              "dropUnsupportedAttributes": _BOOL},
    "AnalyzeCommentResponse": {"attributeScores": _map("AttributeScores"), "languages": _list(_STRING), "detectedLanguages": _list(_STRING),
                               "clientToken": _STRING},
    "SuggestCommentScoreRequest": {**_SHARED, "attributeScores": _map("AttributeScores")},
    "SuggestCommentScoreResponse": {"clientToken": _STRING, "detectedLanguages": _list(_STRING), "requestedLanguages": _list(_STRING)},
}
_PARAMETERS = {
    "$.xgafv": "v1 error format", "access_token": "OAuth access token", "alt": "data format of the answer: json", "callback": "JSONP",
    "fields": "which fields to answer", "key": "API key", "oauth_token": "OAuth token of the current user", "prettyPrint": "indentation",
    "quotaUser": "whom to count the request for", "uploadType": "upload protocol", "upload_protocol": "upload protocol",
}


def _method(name: str, request: str, response: str, description: str) -> dict[str, Any]:
    path = f"v1alpha1/comments:{name}"
    return {"id": f"commentanalyzer.comments.{name}", "path": path, "flatPath": path, "httpMethod": "POST", "description": description,
            "parameters": {}, "parameterOrder": [], "request": _ref(request), "response": _ref(response), "scopes": []}


def document(origin: str) -> dict[str, Any]:
    """The document of the service at an origin, without a slash at its end."""
    return {
        "kind": "discovery#restDescription", "discoveryVersion": "v1", "id": "commentanalyzer:v1alpha1", "name": "commentanalyzer",
        "canonicalName": "Comment Analyzer", "version": "v1alpha1", "revision": "20261101", "title": "Perspective Comment Analyzer API",
        "description": "Scores comments as the Perspective API does.", "documentationLink": "", "ownerDomain": "", "ownerName": "",
        "protocol": "rest", "rootUrl": f"{origin}/", "baseUrl": f"{origin}/", "basePath": "", "servicePath": "", "batchPath": "batch",
        "fullyEncodeReservedExpansion": True, "icons": {},
        "parameters": {name: {"type": "boolean" if name == "prettyPrint" else "string", "location": "query", "description": text}
                       for name, text in _PARAMETERS.items()},
        "schemas": {name: {"id": name, "type": "object", "properties": properties} for name, properties in _SCHEMAS.items()},
        "resources": {"comments": {"methods": {
            "analyze": _method("analyze", "AnalyzeCommentRequest", "AnalyzeCommentResponse", "Score a comment."),
            "suggestscore": _method("suggestscore", "SuggestCommentScoreRequest", "SuggestCommentScoreResponse",
                                    "Say what a person decided about a comment."),
        }}},
    }
