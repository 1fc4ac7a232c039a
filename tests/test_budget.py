"""A request that takes too long to score is refused in its dialect's words, and keeps nobody else waiting."""

import dataclasses
import hashlib
import hmac
import json
import time

import pytest
from conftest import post

from moderation.lexicon import Lexicon
from moderation.service.app import create_app

HOSTILE = "banana " * 40


@pytest.fixture
def hurried(settings, scorer):
    """A client of a service that allows no time at all."""
    return create_app(dataclasses.replace(settings, time_limit=1e-9, coral_secrets=("s",)), scorer).test_client()


@pytest.mark.parametrize(("path", "body", "status"), [
    ("/v1/score", {"text": HOSTILE}, 422), ("/v1/score/batch", {"comments": [{"text": HOSTILE}]}, 422),
    ("/v1/moderations", {"input": HOSTILE}, 400),
    ("/v1alpha1/comments:analyze", {"comment": {"text": HOSTILE}, "requestedAttributes": {"TOXICITY": {}}}, 504),
])
def test_each_dialect_says_that_there_was_no_time(hurried, path, body, status):
    answered, told = post(hurried, path, body)
    assert answered == status
    assert "banana" not in json.dumps(told)
    if path.startswith("/v1/score"):
        assert (told["field"], told["hint"]) == ("body", "send shorter comments, or fewer at a time")
    elif path == "/v1/moderations":
        assert "takes longer than" in told["error"]["message"]
    else:
        assert told["error"]["status"] == "DEADLINE_EXCEEDED"
        assert told["error"]["details"]


def test_coral_is_told_too(hurried):
    body = json.dumps({"action": "NEW", "comment": {"body": HOSTILE}}).encode()
    signature = hmac.new(b"s", body, hashlib.sha256).hexdigest()
    assert hurried.post("/v1/coral", data=body, headers={"X-Coral-Signature": f"sha256={signature}"}).status_code == 422


def test_a_line_without_time_is_told_so_and_the_others_are_scored(settings, scorer, monkeypatch):
    judge = Lexicon._judge
    monkeypatch.setattr(Lexicon, "_judge", lambda *given: (time.sleep(0.02), judge(*given))[1])
    client = create_app(dataclasses.replace(settings, time_limit=0.5), scorer).test_client()
    lines = [{"text": "fig"}, {"text": "banana > " * 40, "id": "slow"}, {"text": "fig"}]
    response = client.post("/v1/score", data="\n".join(map(json.dumps, lines)), content_type="application/x-ndjson")
    first, second, third = map(json.loads, response.text.splitlines())
    assert (first["action"], third["action"]) == ("approve", "approve")
    assert (second["id"], second["error"]["field"], second["error"]["status"]) == ("slow", "lines[2].body", 422)


def test_what_is_reloaded_takes_its_time(hurried):
    hurried.get("/healthz")
    assert hurried.post("/v1/admin/reload").status_code == 200
