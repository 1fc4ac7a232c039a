"""The native dialect over HTTP: answers, errors that name the field, and never a word of a comment where none belongs."""

import io
import json
import logging

import pytest
from conftest import post
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from werkzeug.test import create_environ, run_wsgi_app

from moderation.service.app import create_app

CANARY = "Xylocarp-canary-49"
relaxed = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def test_a_comment_is_scored(client, scorer):
    status, body = post(client, "/v1/score", {"text": "What a b*nana you are", "id": "c-17", "section": "politics"})
    assert status == 200
    assert list(body) == ["action", "categories", "attributes", "reasons", "spans", "versions", "language", "tier", "id"]
    assert (body["id"], body["action"]) == ("c-17", "reject")
    assert body["categories"]["obscene"] == {"score": 0.93, "action": "reject"}
    assert list(body["attributes"]) == list(scorer.policy.attributes)
    assert body["spans"][0] == {"start": 7, "end": 13, "category": "obscene", "source": "lexicon", "term": "banana", "severity": "strong",
                                "disguise": "masked", "region": "own"}
    assert body["reasons"][0]["clause"] == scorer.policy.rules.categories[2].clause
    assert body["versions"] == scorer.versions._asdict()


def test_an_answer_has_an_id_or_a_mask_only_where_asked(client):
    assert not {"id", "masked"} & set(post(client, "/v1/score", {"text": "fig"})[1])
    assert post(client, "/v1/score", {"text": "a banana,\nba\nnana", "mask": True})[1]["masked"].startswith("a ******,\n")


@pytest.mark.parametrize("text", ["", " ", "\n\t \u200b", "\u00ad"])
def test_blank_text_is_approved(client, text):
    status, body = post(client, "/v1/score", {"text": text})
    assert (status, body["action"], body["spans"]) == (200, "approve", [])


@pytest.mark.parametrize(("body", "status", "field", "words"), [
    (b"", 400, "body", "is empty"),
    (b"text", 400, "body", "is not JSON"),
    (b'{"text": NaN}', 400, "body", "is not JSON"),
    (b'{"text": "fig"} {}', 400, "body", "is not JSON"),
    (b'{"text": "\xff"}', 400, "body", "is not UTF-8"),
    (b"[]", 422, "body", "expected an object, got a list"),
    (b"{}", 422, "text", "is missing"),
    (b'{"text": null}', 422, "text", "expected a string, got null"),
    (b'{"text": ["fig"]}', 422, "text", "expected a string, got a list"),
    (b'{"text": 1e999}', 422, "text", None),
    (b'{"text": "fig", "id": 17}', 422, "id", "expected a string or null, got a number"),
    (b'{"text": "fig", "mask": "yes"}', 422, "mask", "expected true or false, got a string"),
    (b'{"text": "fig", "sektion": "sport"}', 422, "sektion", "is not a known field"),
    (b'{"text": "fig", "my fig canary": 1}', 422, "body", "has a field that is not known"),
    (b'{"text": "fig", "section": "figs"}', 422, "section", "is not a section of the policy"),
    (b'{"text": ' + b"[" * 50_000, 422, "text", "expected a string, got a list"),
    (b"[" * 50_000, 422, "body", "expected an object, got a list"),
    (b'{"text": "' + b"a" * 200_000 + b'"}', 413, "body", "is larger than 200000 bytes"),
])
def test_a_bad_request_is_told_its_field(client, body, status, field, words):
    response = client.post("/v1/score", data=body)
    problem = response.get_json()
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert (problem["status"], problem["field"]) == (status, field)
    assert problem["request_id"] == response.headers["X-Request-Id"]
    assert words is None or words in problem["detail"]
    assert "canary" not in response.text


def test_a_misspelt_field_is_told_its_name(client):
    body = post(client, "/v1/score", {"text": "fig", "context": {"parnet": "fig"}})[1]
    assert (body["field"], body["hint"]) == ("context.parnet", "did you mean `parent`?")
    body = post(client, "/v1/score/batch", {"comments": [{"text": "fig", "context": {"other": 1}}]})[1]["results"][0]["error"]
    assert (body["field"], body["hint"]) == ("comments[0].context.other", "known are `parent`, `article`")
    assert post(client, "/v1/score", {"txt": "fig"})[1]["hint"] == "did you mean `text`?"
    assert post(client, "/v1/score/batch", {"comments": [], "mask": True})[1]["field"] == "mask"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/score", 405), ("POST", "/v1/scores", 404), ("GET", "/figs", 404)])
def test_other_routes_are_problems_too(client, method, path, status):
    response = client.open(path, method=method)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert status != 405 or (response.headers["Allow"], response.get_json()["hint"]) == ("OPTIONS, POST", "it takes POST")


def test_who_has_the_address_alone_is_led_to_the_document(client):
    response = client.get("/")
    assert (response.status_code, response.headers["Location"]) == (303, "docs")


def test_a_mark_of_byte_order_is_passed_over(client):
    assert post(client, "/v1/score", b'\xef\xbb\xbf{"text": "fig"}') == post(client, "/v1/score", {"text": "fig"})


def test_half_an_emoji_is_scored(client):
    status, body = post(client, "/v1/score", rb'{"text": "\ud83d a banana \\ud83d \ud83c\udf4c", "mask": true}')
    assert status == 200
    assert body["masked"] == "\ufffd a ****** \\ud83d 🍌"
    assert (body["spans"][0]["start"], body["spans"][0]["end"]) == (4, 10)


def test_a_batch_answers_in_order_and_a_bad_comment_in_its_place(client):
    comments = [{"text": "a banana", "id": "a"}, {"text": 3, "id": "b"}, {"id": "c"}, {"text": "a banana", "section": "sport"}, "fig",
                {"text": "fig", "section": "figs", "id": "f"}, {"text": "fig"}]
    status, body = post(client, "/v1/score/batch", {"comments": comments})
    assert status == 200
    assert [result.get("action") for result in body["results"]] == ["reject", None, None, "review", None, None, "approve"]
    assert [result.get("id") for result in body["results"]] == ["a", "b", "c", None, None, "f", None]
    assert [result["error"]["field"] for result in body["results"] if "error" in result] == [
        "comments[1].text", "comments[2].text", "comments[4]", "comments[5].section"]


def test_a_batch_scores_as_single_requests_do(client):
    comments = [{"text": text, "mask": True} for text in ("a b4nana", "fig", "", "my durian", "“durian”", "prune you prune")]
    assert post(client, "/v1/score/batch", {"comments": comments})[1]["results"] == [post(client, "/v1/score", one)[1] for one in comments]


@pytest.mark.parametrize("field", ["section", "language"])
def test_an_empty_name_is_refused_alone_and_in_a_batch(client, field):
    comment = {"text": "fig", field: ""}
    status, alone = post(client, "/v1/score", comment)
    _, batch = post(client, "/v1/score/batch", {"comments": [{"text": "fig"}, comment]})
    error = batch["results"][1]["error"]
    assert (status, alone["field"]) == (422, field)
    assert (error["status"], error["field"], error["detail"]) == (422, f"comments[1].{field}", alone["detail"])


@pytest.mark.parametrize(("body", "status", "field"), [
    (b"{}", 422, "comments"), (b'{"comments": {}}', 422, "comments"), (b'{"comments": [{"text": "fig"}', 400, "body"),
    (b'{"comments": [' + b"[" * 50_000, 400, "body"),
    (json.dumps({"comments": [{"text": "fig"}] * 21}).encode(), 413, "comments"),
])
def test_a_bad_batch_is_told_its_field(client, body, status, field):
    answered, problem = post(client, "/v1/score/batch", body)
    assert (answered, problem["field"]) == (status, field)


def test_an_empty_batch_is_answered_empty(client):
    assert post(client, "/v1/score/batch", {"comments": []}) == (200, {"results": []})


def test_the_health_check_names_the_versions(client, scorer):
    assert client.get("/healthz").get_json() == {"status": "ok", "versions": scorer.versions._asdict(), "tier": "fast"}


def test_a_chunked_body_has_its_limit_too(app):
    environ = create_environ("/v1/score", method="POST") | {"wsgi.input": _Endless(), "wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    body, status, _ = run_wsgi_app(app, environ)
    assert (status[:3], json.loads(b"".join(body))["field"]) == ("413", "body")


class _Endless(io.RawIOBase):
    """A client that never stops sending."""

    def readable(self):
        return True

    def readinto(self, buffer):
        buffer[:] = b"a" * len(buffer)
        return len(buffer)


def test_an_unexpected_fault_is_a_500_with_an_id_and_no_text(settings, scorer, caplog):
    app = create_app(settings, scorer)

    class Broken:
        policy = scorer.policy

        def score_batch(self, texts, *rest):
            raise KeyError(texts[0])

    app.extensions["scorer"] = Broken()
    response = app.test_client().post("/v1/score", json={"text": CANARY})
    problem = response.get_json()
    assert (response.status_code, response.mimetype) == (500, "application/problem+json")
    assert CANARY not in response.text
    assert problem["request_id"] in caplog.text
    assert "KeyError" in caplog.text
    assert CANARY not in caplog.text


def test_one_line_is_logged_for_a_request_and_it_holds_no_text(settings, scorer, caplog):
    client = create_app(settings, scorer).test_client()
    caplog.set_level(logging.INFO, "moderation")
    comments = [{"text": f"{CANARY} banana", "id": CANARY}, {"text": "fig"}, {"text": CANARY, "mask": 3}]
    post(client, "/v1/score/batch", {"comments": comments})
    (record,) = caplog.records
    line = json.loads(record.message)
    assert CANARY not in record.message
    assert (line["route"], line["status"], line["comments"]) == ("/v1/score/batch", 200, 2)
    assert sum(line["actions"].values()) == 2
    assert line["categories"]["obscene"] >= 1
    assert line["versions"] == list(scorer.versions)
    assert line["microseconds"] > 0


@pytest.mark.parametrize("body", [
    f'{{"text": "{CANARY}", "section": "{CANARY}"}}', f'{{"text": ["{CANARY}"]}}', f'{{"text": "{CANARY}"', f'{{"{CANARY}": 1}}',
    f'{{"text": "fig", "mask": "{CANARY}"}}', f'"{CANARY}"'])
@pytest.mark.parametrize("path", ["/v1/score", "/v1/score/batch"])
def test_an_error_repeats_nothing_that_was_sent(client, path, body):
    bodies = [body] if path == "/v1/score" else [body, f'{{"comments": [{body}]}}']
    for sent in bodies:
        assert CANARY not in client.post(path, data=sent.encode()).text


@relaxed
@given(st.binary(max_size=200) | st.text(st.characters(), max_size=80).map(lambda text: json.dumps({"text": text}).encode()))
def test_any_bytes_are_scored_or_refused(client, body):
    assert client.post("/v1/score", data=body).status_code in (200, 400, 422)


FIELDS = st.sampled_from(["text", "id", "section", "mask", "x"])
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=10),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4))


@relaxed
@given(st.lists(JSON, max_size=5))
def test_any_json_in_a_batch_is_answered_in_its_place(client, comments):
    body = json.dumps({"comments": comments}).encode()
    status, answered = post(client, "/v1/score/batch", body)
    assert status in (200, 400)
    assert status == 400 or len(answered["results"]) == len(comments)
    assert status == 200 or b"NaN" in body or b"Infinity" in body


def test_a_word_that_is_not_one_of_a_few_is_told_which(client):
    body = post(client, "/v1/score", {"text": "fig", "format": "markdown"})[1]
    assert (body["field"], body["detail"]) == ("format", "expected one of `html`, `plain`")


def test_a_context_is_said_to_be_unused_and_changes_nothing(client):
    plain = post(client, "/v1/score", {"text": "a banana"})[1]
    assert post(client, "/v1/score", {"text": "a banana", "context": {"parent": "fig", "article": "durian"}})[1] == {
        **plain, "context": {"used": False}}


@pytest.mark.parametrize(("path", "body"), [
    ("/v1/score", b'{"text": "fig", "text": "a banana"}'),
    ("/v1/score/batch", b'{"comments": [], "comments": [{"text": "fig", "text": "a banana"}]}'),
    ("/v1/moderations", b'{"input": "fig", "input": "a banana"}'),
    ("/v1alpha1/comments:analyze?x_moderation",
     b'{"requestedAttributes": {"TOXICITY": {}}, "comment": {"text": "fig", "text": "a banana"}}')])
def test_of_a_name_that_comes_twice_the_last_value_holds_in_every_dialect(client, path, body):
    status, found = post(client, path, body)
    assert status == 200
    assert '"reject"' in json.dumps(found) or found["results"][0]["flagged"]
