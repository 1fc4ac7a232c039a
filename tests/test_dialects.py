"""What all dialects share: refusals in each one's own words, one path to one answer, and a language that is told for all."""

import csv

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
