"""The dialect of Coral's external moderation phase, with requests as Coral's documentation shows them."""

import hashlib
import hmac
import json

import pytest
from conftest import post
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from moderation import settings as settings_module
from moderation.service.app import create_app

SECRETS = ("whsec-old", "whsec-new")
CANARY = "Xylocarp-canary-49"
relaxed = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def client(scorer):
    return create_app(settings_module.load({"MODERATION_CORAL_SECRETS": ", ".join(SECRETS)}), scorer).test_client()


def comment(body, **rest):
    """Coral's request for a new comment, as its documentation shows it."""
    return {
        "action": "NEW",
        "comment": {"body": body, "parentID": None},
        "author": {"id": "baf4e943-3594-4fcc-b2ba-3e8de7a76352", "role": "COMMENTER"},
        "story": {"id": "245b3856-b0a0-4d2f-a6bb-58c71f18d6a6", "url": "http://localhost:1313/posts/a-story-url/"},
        "site": {"id": "a4bede88-2d2c-4424-bc18-4322a9e285a6"},
        "tenantID": "19ba5794-7eeb-4d46-a81b-c00c61672501",
        "tenantDomain": "localhost",
    } | rest


def sign(content, *secrets):
    return ",".join(f"sha256={hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()}" for secret in secrets)


def send(client, sent, path="/v1/coral", signature=None):
    content = sent if isinstance(sent, bytes) else json.dumps(sent, indent=2).encode()
    headers = {"X-Coral-Signature": sign(content, SECRETS[0]) if signature is None else signature, "Content-Type": "application/json"}
    return client.post(path, data=content, headers=headers)


def test_an_approved_comment_is_left_to_coral(client):
    response = send(client, comment("<div>fig</div>"))
    assert (response.status_code, response.data) == (204, b"")


def test_a_held_comment_is_withheld_and_flagged(client):
    assert send(client, comment("what a quince")).get_json() == {
        "status": "SYSTEM_WITHHELD", "actions": [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}]}


@pytest.mark.parametrize(("text", "code"), [("my dur<b>i</b>an", "HATE_SPEECH"), ("a banana", "OFFENSIVE")])
def test_a_refused_comment_is_rejected_with_the_clause_of_the_policy(client, text, code):
    reasons = post(client, "/v1/score", {"text": text})[1]["reasons"]
    body = send(client, comment(text)).get_json()
    assert list(body) == ["status", "moderationAction"]
    assert body["status"] == body["moderationAction"]["status"] == "REJECTED"
    assert body["moderationAction"]["rejectionReason"] == {"code": code, "detailedExplanation": reasons[0]["clause"]}


@pytest.mark.parametrize("text", ["fig", "prune", "a quince", "a banana", "my durian", "Das ist doch nicht wahr und gut",
                                  "<div>ba<x-y>nana</div>", "fig<script>durian</script>"])
@pytest.mark.parametrize("section", ["", "sport"])
def test_decisions_are_the_native_ones(client, text, section):
    native = post(client, "/v1/score", {"text": text, "section": section or None, "format": "html"})[1]["action"]
    body = send(client, comment(text), f"/v1/coral?section={section}" if section else "/v1/coral").get_json(silent=True) or {}
    assert body.get("status") == {"approve": None, "review": "SYSTEM_WITHHELD", "reject": "REJECTED"}[native]


def test_each_active_secret_is_taken_while_they_rotate(client):
    content = json.dumps(comment("fig")).encode()
    for secrets in (SECRETS[:1], SECRETS[1:], ("another", SECRETS[1]), SECRETS):
        assert send(client, content, signature=sign(content, *secrets)).status_code == 204


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha1=x", sign(b"{}", SECRETS[0]), "sha256=é", "," * 5000])
def test_a_body_with_no_signature_of_its_own_is_refused(client, signature):
    response = send(client, comment("fig"), signature=signature)
    assert (response.status_code, response.get_json()["field"]) == (403, "X-Coral-Signature")


def test_a_body_without_a_signature_is_told_that_it_is_missing(client):
    assert client.post("/v1/coral", json=comment("fig")).get_json()["detail"] == "is missing"


def test_without_a_secret_nothing_is_answered(app):
    response = send(app.test_client(), comment("fig"), signature=sign(b"", ""))
    assert (response.status_code, response.get_json()["hint"]) == (403, "set `MODERATION_CORAL_SECRETS`")


@pytest.mark.parametrize(("sent", "status", "field"), [
    (b"", 400, "body"), ({}, 422, "action"), (comment(None), 422, "comment.body"), (comment("fig", comment={}), 422, "comment.body"),
    (comment("fig", action="DELETE"), 422, "action"), (comment("fig", story=3), 422, "story")])
def test_a_bad_request_is_told_its_field(client, sent, status, field):
    response = send(client, sent)
    assert (response.status_code, response.get_json()["field"]) == (status, field)


def test_what_is_not_needed_may_be_missing(client):
    sent = comment("fig", author=None, story=None, somethingNew=1)
    del sent["site"], sent["tenantID"]
    assert send(client, sent).status_code == 204
    assert send(client, sent, "/v1/coral?section=figs").get_json()["field"] == "section"


def test_secrets_are_not_shown(client):
    assert SECRETS[0] not in repr(client.application.extensions["settings"])


@pytest.mark.parametrize("sent", [comment([CANARY]), comment("fig", action=CANARY), {CANARY: 1}, f'"{CANARY}'.encode()])
def test_an_error_repeats_no_text(client, sent):
    response = send(client, sent)
    assert response.status_code in (400, 422)
    assert CANARY not in response.text


KEYS = st.sampled_from(["action", "comment", "body", "author", "story", "id", "url"])
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=10) | st.just(10**400),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20)


@relaxed
@given(st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()) | st.dictionaries(KEYS, JSON).map(
    lambda value: json.dumps(comment("fig") | value).encode()))
def test_anything_is_answered_or_refused(client, body):
    response = send(client, body)
    assert response.status_code in (200, 204, 400, 422)
    assert response.status_code == 204 or response.mimetype.endswith("json")
