"""The OpenAI dialect: one result for each text, thirteen categories, and errors with their four members."""

import json

import pytest
from conftest import post
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from moderation.service.openai import CATEGORIES, Source

PATH = "/v1/moderations"
CANARY = "Xylocarp-canary-49"
TEXTS = ["fig", "prune", "a banana", "my durian", "", "a quince and a durian"]
relaxed = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def result(client, text):
    (found,) = post(client, PATH, {"input": text})[1]["results"]
    return found


def test_an_answer_has_every_field(client, scorer):
    status, body = post(client, PATH, {"input": "a fig", "model": "omni-moderation-latest"})
    assert status == 200
    assert list(body) == ["id", "model", "results"]
    assert body["id"].startswith("modr-")
    assert body["model"] == scorer.versions.model
    for part in ("categories", "category_scores", "category_applied_input_types"):
        assert list(body["results"][0][part]) == list(CATEGORIES)


@pytest.mark.parametrize("text", TEXTS)
def test_scores_and_decisions_are_the_native_ones(client, text):
    native = post(client, "/v1/score", {"text": text})[1]
    found = result(client, text)
    assert found["flagged"] == (native["action"] != "approve")
    scores = found["category_scores"]
    categories = native["categories"]
    assert (scores["harassment"], scores["hate"]) == (categories["personal"]["score"], categories["derogatory"]["score"])
    assert scores["violence"] == scores["harassment/threatening"] == native["attributes"]["threat"]
    assert scores["hate/threatening"] == min(scores["hate"], scores["violence"])
    assert found["categories"]["hate"] == (categories["derogatory"]["action"] != "approve")


def test_what_is_not_scored_is_false_and_not_applied(client):
    found = result(client, "a banana")
    for name, source in CATEGORIES.items():
        is_scored = source not in (Source(), Source(attribute="sexually_explicit"))
        assert found["category_applied_input_types"][name] == (["text"] if is_scored else [])
        assert is_scored or (found["categories"][name], found["category_scores"][name]) == (False, 0.0)
    assert found["flagged"] and not any(found["categories"].values())


def test_every_text_has_a_result_and_the_parts_of_one_comment_have_one(client):
    assert post(client, PATH, {"input": TEXTS})[1]["results"] == [result(client, text) for text in TEXTS]
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "durian"}]
    (found,) = post(client, PATH, {"input": parts})[1]["results"]
    assert found == result(client, "a\ndurian")


IMAGE = {"type": "image_url", "image_url": {"url": "https://figs.example/x.png"}}


@pytest.mark.parametrize(("sent", "status", "param", "code"), [
    (b"", 400, None, None), (b"{", 400, None, None), ({}, 400, "input", None), ({"input": None}, 400, "input", None),
    ({"input": []}, 400, "input", None), ({"input": [1, 2]}, 400, "input[0]", None), ({"input": [["x"]]}, 400, "input[0]", None),
    ({"input": ["x"] * 21}, 400, "input", None), ({"input": ["x", {"type": "text", "text": "y"}]}, 400, "input", None),
    ({"input": [{"type": "text"}]}, 400, "input[0].text", None), ({"input": "x", "model": 3}, 400, "model", None),
    ({"input": [{"type": "text", "text": "x"}, IMAGE]}, 400, "input[1]", "unsupported_input"), (b"{" + b" " * 300_000, 413, None, None)])
def test_an_error_has_its_four_members(client, sent, status, param, code):
    answered, body = post(client, PATH, sent)
    assert answered == status
    assert list(body) == ["error"]
    assert list(body["error"]) == ["message", "type", "param", "code"]
    assert (body["error"]["type"], body["error"]["param"], body["error"]["code"]) == ("invalid_request_error", param, code)


def test_a_body_beyond_the_limit_is_told_the_limit(client):
    limit = client.application.extensions["settings"].max_body
    assert f"larger than {limit} bytes" in post(client, PATH, b"{" + b" " * 300_000)[1]["error"]["message"]


def test_other_methods_have_its_error_too(client):
    response = client.get(PATH)
    assert (response.status_code, response.get_json()["error"]["code"]) == (405, "method_not_supported")


@pytest.mark.parametrize("sent", [f'{{"input": ["{CANARY}", 1]}}',
                                  f'{{"input": "{CANARY}"', f'{{"input": [{{"type": "{CANARY}"}}]}}', f'"{CANARY}"',
                                  f'{{"input": "x", "model": ["{CANARY}"]}}', f'{{"{CANARY}": "x"}}'])
def test_an_error_repeats_no_text(client, sent):
    response = client.post(PATH, data=sent.encode())
    assert response.status_code == 400
    assert CANARY not in response.text


KEYS = st.sampled_from(["input", "model", "type", "text", "image_url", "url"])
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=10) | st.just(10**400),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20)


@relaxed
@given(st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()) | JSON.map(
    lambda value: json.dumps({"input": value}).encode()))
def test_anything_is_answered_in_json(client, body):
    response = client.post(PATH, data=body)
    assert response.status_code in (200, 400)
    assert response.status_code == 200 or len(response.get_json()["error"]) == 4
    assert response.mimetype == "application/json"
