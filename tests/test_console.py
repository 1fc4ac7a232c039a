"""The console by HTTP: who gets in, what the pages' scripts are answered, and that it is what the core says."""

import dataclasses
import json
import math

import msgspec
import numpy as np
import pytest

from moderation import keys
from moderation import settings as settings_module
from moderation.inspection import inspect
from moderation.service import session
from moderation.service.app import create_app
from moderation.tune.choose import Wish, plan
from moderation.tune.labelled import score
from moderation.tune.reader import read_labelled
from moderation.tune.targets import read_costs, read_target
from moderation.tune.words import sentences

OWN = {"Origin": "http://localhost"}


@pytest.fixture
def make(tmp_path, scorer):
    """`make(scope, ...)`: a client of a service with keys, and a key of these scopes; without scopes there are no keys."""

    def start(*scopes, **variables):
        path = tmp_path / "keys.json"
        key = keys.create(path, "newsroom", scopes)[0] if scopes else None
        environment = {f"MODERATION_{name.upper()}": value for name, value in variables.items()}
        settings = settings_module.load({"MODERATION_DATABASE_URL": f"sqlite:///{tmp_path}/labels.db", **environment})
        return create_app(dataclasses.replace(settings, keys=path), scorer).test_client(), key

    return start


def sign_in(client, key, page="try", **headers):
    return client.post("/console/sign-in", data={"key": key, "page": page}, headers=headers or OWN)


def test_without_keys_the_pages_are_open_to_this_machine_alone(make):
    client, _ = make()
    assert client.get("/console").location == "/console/try"
    for page in ("try", "tune", "sign-in"):
        response = client.get(f"/console/{page}")
        assert (response.status_code, response.mimetype) == (200, "text/html")
        assert "script-src 'self'; style-src 'self'" in response.headers["Content-Security-Policy"]
        assert "<script>" not in response.text and "style=" not in response.text
    assert client.get("/console/try", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 403


def test_a_key_is_exchanged_for_a_cookie_that_scripts_and_other_sites_never_see(make):
    client, key = make("score", "tune")
    found = client.get("/console/tune", headers={"Accept": "text/html"})
    assert (found.status_code, found.location) == (303, "/console/sign-in?page=tune")
    response = sign_in(client, key, "tune")
    assert response.location == "/console/tune"
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/console" in cookie and key not in cookie
    assert client.get("/console/tune").status_code == 200
    assert client.post("/console/sign-out", headers=OWN).status_code == 303
    assert client.get("/console/tune").status_code == 303


def test_a_wrong_key_is_refused_in_words_and_never_shown_again(make):
    client, _ = make("score")
    response = sign_in(client, "mk-canary-1")
    assert response.status_code == 401
    assert "not a key of this service" in response.text and "canary" not in response.text
    assert "Set-Cookie" not in response.headers


def test_a_cookie_opens_the_console_and_nothing_else(make):
    client, key = make("score", "tune")
    sign_in(client, key)
    cookie = client.get_cookie(session.COOKIE, path="/console")
    assert client.post("/v1/score", json={"text": "fig"}, headers={"Cookie": f"{session.COOKIE}={cookie.value}"}).status_code == 401


def test_a_scope_is_needed_for_each_page(make):
    client, key = make("score")
    sign_in(client, key)
    assert client.get("/console/try").status_code == 200
    refused = client.get("/console/tune", headers={"Accept": "text/html"})
    assert refused.status_code == 403 and "has no scope" in refused.text


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}])
def test_another_sites_page_cannot_act_in_an_editors_name(make, headers):
    client, key = make("score", "tune")
    sign_in(client, key)
    for path in ("try", "tune/figures", "tune/find", "sign-out"):
        assert client.post(f"/console/{path}", json={}, headers=headers).status_code == 403
    assert sign_in(client, key, **headers).status_code == 403
    page = sign_in(client, key, Accept="text/html,*/*;q=0.8", **headers)  # of a form that a person has sent
    assert (page.status_code, page.mimetype) == (403, "text/html")
    assert "set MODERATION_PUBLIC_BASE_URL" in page.text


def test_a_revoked_key_a_forged_cookie_and_a_restart_end_a_session(make, tmp_path):
    client, key = make("score")
    sign_in(client, key)
    value = client.get_cookie(session.COOKIE, path="/console").value
    again, _ = make()
    for sent in (value, value[:-1] + ("A" if value[-1] != "A" else "B"), key, "\xff"):
        again.set_cookie(session.COOKIE, sent, path="/console")
        assert again.get("/console/try").status_code == 303
    keys.revoke(tmp_path / "keys.json", key.split("-")[1])
    assert client.get("/console/try").status_code == 303


def test_secrets_of_a_setting_outlast_a_restart(make):
    secret, newer = "s" * 32, "n" * 32
    client, key = make("score", session_secrets=secret)
    sign_in(client, key)
    value = client.get_cookie(session.COOKIE, path="/console").value
    again, _ = make(session_secrets=f"{newer},{secret}")
    again.set_cookie(session.COOKIE, value, path="/console")
    assert again.get("/console/try").status_code == 200


def test_a_tried_comment_is_answered_as_it_is_scored(make, scorer):
    client, _ = make()
    text = "A b4nana, and no prune."
    found = client.post("/console/try", json={"text": text}).get_json()
    plain = client.post("/v1/score", json={"text": text, "explain": True}).get_json()
    assert found["result"] == plain
    assert found["lines"].keys() == plain["categories"].keys()
    assert [(candidate["start"], candidate["term"]) for candidate in found["candidates"] if candidate["outcome"] == "match"] == [
        (span["start"], span["term"]) for span in plain["spans"] if span["source"] == "lexicon"]
    assert {attribute["name"]: attribute["score"] for attribute in found["attributes"]} == plain["attributes"]
    assert found == json.loads(msgspec.json.encode(inspect(scorer, text)))


def test_a_tried_comment_leaves_no_trace(make, caplog):
    client, _ = make()
    assert client.post("/console/try", json={"text": "canary " * 3000}).status_code == 422
    assert client.post("/console/try", json={"text": "canary", "section": "nowhere"}).status_code == 422
    client.post("/console/try", json={"text": "canary"})
    assert "canary" not in caplog.text


ROWS = "text,personal,obscene,section,author\n" + "".join(
    f"{text} number {number},{number % 7 == 0:d},{'' if number % 3 else int(number % 2)},{('', 'sport')[number % 5 == 0]},a{number % 40}\n"
    for number in range(120) for text in ("A prune", "A fig", "The banana"))


def opened(client, rows=ROWS, name="labels.csv"):
    return client.post(f"/console/tune/labels?name={name}", data=rows.encode(), content_type="application/octet-stream")


@pytest.fixture
def scored(tmp_path, scorer):
    path = tmp_path / "labels.csv"
    path.write_text(ROWS)
    return score(read_labelled(path, scorer.policy.categories), scorer)


def test_the_pages_figures_are_those_of_the_core_to_the_last_digit(make, scored, scorer):
    client, _ = make()
    labels = opened(client).get_json()
    assert labels["categories"] == list(scored.categories) and labels["comments"] == len(scored)
    lines = {"": {"personal": [0.31, 0.77]}}
    asked = {"labels": labels["labels"], "category": "personal", "lines": lines, "comments_per_day": 5000, "costs": ["miss=3"]}
    found = client.post("/console/tune/figures", json=asked).get_json()
    figures = scored.curve("personal").figures(0.31, 0.77)
    assert found["sentences"] == sentences(figures)
    for name, share in found["shares"].items():
        estimate = getattr(figures, name)
        assert share == [None if math.isnan(part) else part for part in estimate]
    assert (found["labels"], found["violations"]) == (figures.labels, figures.violations)
    assert "comments a day to look at" in found["load"] and found["cost"] > 0
    assert client.post("/console/tune/figures", json={**asked, "section": "sport"}).get_json()["labels"] == int(
        scored.curve("personal", "sport").stated.sum())


def test_the_stores_labels_are_opened_and_scored_anew_only_when_they_change(make):
    client, _ = make()
    for number in range(3):
        client.post("/v1/labels", json={"text": f"A prune {number}", "action": "reject", "categories": {"personal": True}, "store": True})
    assert client.post("/console/tune/labels?name=store").get_json()["comments"] == 3
    asked = {"labels": "store", "category": "personal"}
    uploads = client.application.extensions["uploads"]
    assert [client.post("/console/tune/figures", json=asked).get_json()["labels"] for _ in range(2)] == [3, 3]
    assert len(uploads._scored) == 1
    client.post("/v1/labels", json={"text": "A fig", "action": "approve", "store": True})
    assert client.post("/console/tune/figures", json=asked).get_json()["labels"] == 4


def test_lines_are_found_as_the_command_finds_them(make, scored, scorer):
    client, _ = make()
    labels = opened(client).get_json()["labels"]
    wish = Wish((read_target("maximum recall @ precision >= 0.05"),), read_costs(["miss=3"]))
    wanted = plan(scored, scorer.policy.thresholds, wish)
    found = client.post("/console/tune/find", json={"labels": labels, "targets": [str(wish.targets[0])], "costs": ["miss=3"]}).get_json()
    lines = np.array([[found["lines"][section][name] for name in scorer.policy.categories] for section in ("", *scorer.policy.sections)])
    assert np.array_equal(lines, wanted.lines)
    assert len(found["missing"]) == len(wanted.missing)
    short = client.post("/console/tune/find", json={"labels": labels, "targets": ["maximum recall @ precision >= 0.999"]}).get_json()
    assert any("more labels" in text or "no number of labels" in text for text in short["missing"])
    wrong = client.post("/console/tune/find", json={"labels": labels, "targets": ["the best"]})
    assert wrong.status_code == 422 and "maximum recall" in wrong.text


def test_details_name_who_is_hit_and_what_changes(make, scored):
    client, _ = make()
    labels = opened(client).get_json()["labels"]
    asked = {"labels": labels, "category": "personal", "lines": {"": {"personal": [0.01, 0.02]}}}
    found = client.post("/console/tune/details", json=asked).get_json()
    assert found["groups"][0]["name"] == "all comments"
    assert any(group["name"] == "sport" for group in found["groups"])
    assert sum(flow["comments"] for flow in found["flows"]) > 0
    assert found["flips"] and all(" to " in flip["change"] for flip in found["flips"])
    for comments in found["near"].values():
        scores = [comment["score"] for comment in comments]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= start < end <= len(comment["text"]) for comment in comments for start, end, _ in comment["spans"])
    charts = client.post("/console/tune/charts", json={"labels": labels, "category": "personal"}).get_json()
    assert "<figure" in charts["histogram"] and len(charts["curves"]) == 2


@pytest.mark.parametrize(("rows", "name", "says"), [
    ("text,personal\nfig,2\nplum,1\n", "labels.csv", "line 2, personal: is neither 0 nor 1"),
    ("body,personal\nfig,1\n", "labels.csv", "text: is not a column"),
    ("text,personal\nfig,1\n", "labels.pdf", "its name should end in"),
    ("nonsense", "labels.parquet", "is not Parquet"),
    ("", "labels.csv", "holds no rows"),
])
def test_labels_that_cannot_be_read_are_refused_by_their_line(make, rows, name, says):
    client, _ = make()
    response = opened(client, rows, name)
    assert response.status_code == 422
    assert says in response.get_json()["hint"]


def test_labels_are_their_bringers_alone(make, tmp_path):
    client, key = make("score", "tune")
    sign_in(client, key)
    name = opened(client).get_json()["labels"]
    other = keys.create(tmp_path / "keys.json", "another", ["tune"])[0]
    asked = {"labels": name, "category": "personal"}
    assert client.post("/console/tune/figures", json=asked, headers=OWN).status_code == 200
    for wanted in (name, "../" + name, "/etc/passwd", "0" * 32 + ".csv"):
        response = client.post("/console/tune/figures", json={**asked, "labels": wanted}, headers={"X-API-Key": other})
        assert response.status_code == 404


@pytest.mark.parametrize("lines", [{"": {"personal": [0.9, 0.1]}}, {"": {"personal": [-1, 2]}}, {"nowhere": {"personal": [0.1, 0.2]}},
                                   {"": {"nothing": [0.1, 0.2]}}])
def test_lines_that_there_cannot_be_are_refused(make, lines):
    client, _ = make()
    labels = opened(client).get_json()["labels"]
    response = client.post("/console/tune/draft", json={"labels": labels, "category": "personal", "lines": lines})
    assert response.status_code == 422 and response.get_json()["detail"]
