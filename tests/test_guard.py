"""Who is answered, how often, and what every answer carries."""

import dataclasses
import logging

import pytest

from moderation import keys
from moderation import settings as settings_module
from moderation.errors import LoadError
from moderation.service import guard
from moderation.service.app import create_app

FIG = {"text": "fig"}


@pytest.fixture
def make(tmp_path, scorer):
    """`make(**variables)`: a client of an application with these settings and an own keys file, which need not be there yet."""

    def start(**variables):
        settings = settings_module.load({f"MODERATION_{name.upper()}": value for name, value in variables.items()})
        return create_app(dataclasses.replace(settings, keys=tmp_path / "keys.json"), scorer).test_client()

    return start


@pytest.fixture
def key(tmp_path):
    return lambda **facts: keys.create(tmp_path / "keys.json", "a", **facts)[0]


def status(client, **request):
    return client.post("/v1/score", json=FIG, **request).status_code


def test_a_key_is_taken_in_three_places(make, key):
    text = key()
    client = make()
    assert status(client) == 401
    assert status(client, headers={"Authorization": f"Bearer {text}"}) == 200
    assert status(client, headers={"Authorization": f"bearer {text}"}) == 200
    assert status(client, headers={"X-API-Key": text}) == 200
    assert status(client, query_string={"key": text}) == 200
    assert status(client, headers={"Authorization": f"Basic {text}"}) == 401
    assert status(client, headers={"X-API-Key": text[:-1]}) == 401
    assert client.get("/healthz").status_code == 200


def test_a_refusal_is_a_problem_that_says_how_to_send_a_key(make, key):
    key()
    response = make().post("/v1/score", json=FIG, headers={"X-API-Key": "mk-canary-1"})
    assert (response.status_code, response.mimetype) == (401, "application/problem+json")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.get_json()["field"] == "key"
    assert "canary" not in response.text


def test_a_scope_that_a_key_has_not_is_refused(make, key):
    assert make().post("/v1/score", json=FIG, headers={"X-API-Key": key(scopes=["label"])}).status_code == 403


def test_a_key_made_or_revoked_while_serving_holds_from_the_next_request_on(make, key, tmp_path):
    client = make()
    assert status(client) == 200
    text = key()
    assert status(client) == 401
    assert status(client, headers={"X-API-Key": text}) == 200
    keys.revoke(tmp_path / "keys.json", text.split("-")[1])
    assert status(client, headers={"X-API-Key": text}) == 401


def test_a_keys_file_gone_or_bad_leaves_the_last_good_keys_in_force(make, key, tmp_path):
    text = key()
    client = make()
    (tmp_path / "keys.json").write_text("{")
    assert (status(client), status(client, headers={"X-API-Key": text})) == (401, 200)
    (tmp_path / "keys.json").unlink()
    assert (status(client), status(client, headers={"X-API-Key": text})) == (401, 200)


def test_a_keys_file_that_is_named_and_not_there_stops_the_start(tmp_path, scorer):
    with pytest.raises(LoadError, match="keys create"):
        create_app(settings_module.load({"MODERATION_KEYS": str(tmp_path / "keys.jsn")}), scorer)


def test_without_keys_only_this_machine_is_answered(make):
    elsewhere = {"environ_base": {"REMOTE_ADDR": "10.0.0.7"}}
    assert status(make()) == 200
    assert status(make(), **elsewhere) == 403
    assert status(make(open="yes"), **elsewhere) == 200


def test_a_keys_section_holds_where_a_request_names_none(make, key):
    headers = {"X-API-Key": key(section="sport")}
    client = make()
    comments = [{"text": "a banana"}, {"text": "a banana", "section": "politics"}]
    assert [client.post("/v1/score", json=comment, headers=headers).get_json()["action"] for comment in comments] == ["review", "reject"]
    batch = client.post("/v1/score/batch", json={"comments": comments}, headers=headers).get_json()["results"]
    assert [result["action"] for result in batch] == ["review", "reject"]


def test_a_rate_is_kept_for_each_key_and_told(make, key):
    mine, other = key(rate="2/minute"), key()
    client = make(rate_limit="100/hour")
    answers = [client.post("/v1/score", json=FIG, headers={"X-API-Key": mine}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].headers["RateLimit-Limit"] == "2"
    assert 0 < int(answers[2].headers["Retry-After"]) <= 61
    assert answers[2].get_json()["field"] == "rate"
    assert client.post("/v1/score", json=FIG, headers={"X-API-Key": other}).headers["RateLimit-Limit"] == "100"


def test_a_rate_store_that_is_away_does_not_stop_scoring_and_is_left_alone_for_a_while(make, monkeypatch):
    monkeypatch.setattr(guard, "_AWAY", 3600.0)
    client = make(rate_limit="1/hour", rate_store="redis://127.0.0.1:1")
    assert [status(client) for _ in range(5)] == [200] * 5
    assert "moderation_rate_store_failures_total 1.0" in client.get("/metrics").text


def test_a_request_id_goes_in_and_out(make):
    client = make()
    assert client.post("/v1/score", json=FIG, headers={"X-Request-Id": "cms-17.a"}).headers["X-Request-Id"] == "cms-17.a"
    for odd in ("", "a b", "x" * 65, "é"):
        assert client.post("/v1/score", json=FIG, headers={"X-Request-Id": odd}).headers["X-Request-Id"] != odd


@pytest.mark.parametrize("path", ["/v1/score", "/healthz", "/nowhere"])
def test_every_answer_has_the_security_headers(make, path):
    headers = make().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers


def test_cross_origin_requests_are_for_the_origins_of_the_setting(make):
    client = make(cors_origins="https://news.example")
    ours = client.options("/v1/score", headers={"Origin": "https://news.example", "Access-Control-Request-Method": "POST"})
    assert ours.headers["Access-Control-Allow-Origin"] == "https://news.example"
    assert "Access-Control-Allow-Origin" not in client.options("/v1/score", headers={"Origin": "https://evil.example"}).headers
    assert "Access-Control-Allow-Origin" not in make().options("/v1/score", headers={"Origin": "https://news.example"}).headers


def test_no_key_is_logged(make, key, caplog):
    text = key()
    client = make(log_level="debug")
    caplog.set_level(logging.DEBUG)
    for place in ({"query_string": {"key": text}}, {"headers": {"X-API-Key": text}}, {"query_string": {"key": text + "x"}}):
        status(client, **place)
    client.get("/nowhere", query_string={"key": text})
    assert caplog.records
    assert text.rsplit("-", 1)[1] not in caplog.text


@pytest.mark.parametrize("path", ["//v1/score", "/v1/score/", "/v1/../v1/score", "/v1/score%2f", "/healthz/../v1/score", "/v1%2fscore",
                                  "/V1/score", "/v1/score;a=b", "/healthz%00/v1/score"])
def test_no_way_of_writing_a_path_goes_around_the_keys(make, key, path):
    key()
    assert make().post(path, json=FIG).status_code in (401, 404, 405, 308)
