"""What all dialects share: refusals in each one's own words, bodies out of gzip, one path to one answer, and a language told for all."""

import csv
import gzip
import hashlib
import hmac
import json

import pytest
from conftest import post

from moderation import keys, language
from moderation import settings as settings_module
from moderation.service.app import create_app
from moderation.settings import ROOT

PERSPECTIVE = {"comment": {"text": "fig"}, "requestedAttributes": {"TOXICITY": {}}}
ROUTES = {"/v1alpha1/comments:analyze": PERSPECTIVE, "/v1/moderations": {"input": "fig"}}


@pytest.fixture
def guarded(tmp_path, scorer):
    """A client of a service with keys and a rate, and a key that may make one request a minute."""
    text, _ = keys.create(tmp_path / "keys.json", "test", ("score",), rate="1/minute")
    environment = {"MODERATION_KEYS": str(tmp_path / "keys.json"), "MODERATION_DATABASE_URL": f"sqlite:///{tmp_path}/labels.db"}
    return create_app(settings_module.load(environment), scorer).test_client(), text


@pytest.mark.parametrize("query", ["", "?key=AIza-wrong"])
def test_a_wrong_key_is_refused_in_each_dialect_s_words(guarded, query):
    client, _ = guarded
    status, body = post(client, f"/v1alpha1/comments:analyze{query}", PERSPECTIVE)
    assert (status, body["error"]["status"], body["error"]["message"]) == (
        400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")
    assert body["error"]["details"][0] == {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com",
        "metadata": {"service": "commentanalyzer.googleapis.com"}}
    status, body = post(client, f"/v1/moderations{query}", {"input": "fig"})
    assert (status, body["error"]["type"], body["error"]["code"]) == (401, "authentication_error", "invalid_api_key")


def test_a_key_without_the_scope_is_refused(guarded):
    client, key = guarded
    status, body = post(client, f"/v1alpha1/comments:suggestscore?key={key}", {})
    assert (status, body["error"]["status"], body["error"]["details"][0]["reason"]) == (403, "PERMISSION_DENIED", "PERMISSION_DENIED")


@pytest.mark.parametrize("path", ROUTES)
def test_too_many_requests_are_refused_in_each_dialect_s_words(guarded, path):
    client, key = guarded
    assert post(client, f"{path}?key={key}", ROUTES[path])[0] == 200
    response = client.post(f"{path}?key={key}", json=ROUTES[path])
    error = response.get_json()["error"]
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) <= 61
    if path == "/v1/moderations":
        assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    else:
        assert (error["status"], error["details"][0]["reason"]) == ("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED")
        assert error["details"][0]["metadata"]["quota_limit_value"] == "1"
        assert "(AnalyzeComment) per minute'" in error["message"]


def test_the_discovery_document_and_coral_need_no_key(guarded):
    client, _ = guarded
    assert client.get("/$discovery/rest?version=v1alpha1").status_code == 200
    assert post(client, "/v1/coral", {})[1]["field"] == "X-Coral-Signature"


def test_no_comment_of_the_seeds_is_taken_for_another_language():
    with (ROOT / "seeds/comments.csv").open(encoding="utf-8", newline="") as file:
        assert {language.detect(row["text"]) for row in csv.DictReader(file)} == {"en"}


PACKED = {**ROUTES, "/v1/score": {"text": "my durian"}, "/v1/score/batch": {"comments": [{"text": "my durian"}]},
          "/v1/coral": {"action": "NEW", "comment": {"body": "my durian"}}}


@pytest.fixture
def packed(scorer):
    """`packed(path, body)`: the answer to a body that is said to be gzip, signed as Coral signs; `content` is sent as it stands."""
    client = create_app(settings_module.load({"MODERATION_CORAL_SECRETS": "whsec", "MODERATION_MAX_BODY": "20000"}), scorer).test_client()

    def send(path, body, content=None, encoding="gzip", kind="application/json"):
        plain = json.dumps(body).encode()
        headers = {"X-Coral-Signature": f"sha256={hmac.new(b'whsec', plain, hashlib.sha256).hexdigest()}", "Content-Type": kind}
        if encoding:
            headers["Content-Encoding"] = encoding
        return client.post(path, data=(gzip.compress(plain) if content is None else content) if encoding else plain, headers=headers)

    return send


@pytest.mark.parametrize("path", PACKED)
def test_a_body_in_gzip_is_answered_as_the_body_itself(packed, path):
    plain, answered = packed(path, PACKED[path], encoding=None), packed(path, PACKED[path], encoding="GZIP")
    assert (plain.status_code, answered.status_code) == (200, 200)
    told = [{name: value for name, value in one.get_json().items() if name != "id"} for one in (plain, answered)]
    assert told[0] == told[1]


@pytest.mark.parametrize("path", PACKED)
@pytest.mark.parametrize(("content", "encoding", "status", "said"), [
    (gzip.compress(b" " * 20_001), "gzip", 413, "larger than 20000 bytes"), (gzip.compress(b" " * 50_000_000), "gzip", 413, "larger than"),
    (b"{}", "gzip", 400, "gzip"), (gzip.compress(b"{}")[:-4], "gzip", 400, "gzip"), (gzip.compress(b"{}") * 2, "gzip", 400, "gzip"),
    (b"{}", "br", 415, "Content-Encoding"), (b"{}", "gzip, gzip", 415, "Content-Encoding"), (b"{}", "deflate", 415, "Content-Encoding")])
def test_a_body_that_cannot_be_unpacked_is_refused_in_each_dialect_s_words(packed, path, content, encoding, status, said):
    response = packed(path, {}, content, encoding)
    assert response.status_code == status
    assert said in response.text
    assert response.is_json


@pytest.mark.parametrize("path", ["/v1/score", "/v1/score/batch"])
def test_lines_in_gzip_are_refused(packed, path):
    response = packed(path, {"text": "fig"}, kind="application/x-ndjson")
    assert (response.status_code, response.get_json()["field"]) == (415, "Content-Encoding")
