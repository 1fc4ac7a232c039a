"""Without keys a web page that is open on this machine can neither write nor read."""

import dataclasses

import pytest

from moderation import keys
from moderation import settings as settings_module
from moderation.service.app import create_app

LABEL = {"text": "fig", "action": "reject"}
LOCAL = "127.0.0.1:8000"


@pytest.fixture
def make(tmp_path, scorer):
    """`make(**variables)`: a client of an application with these settings."""

    def start(**variables):
        given = {f"MODERATION_{name.upper()}": value for name, value in variables.items()}
        settings = settings_module.load({"MODERATION_DATABASE_URL": f"sqlite:///{tmp_path}/labels.db", **given})
        return create_app(dataclasses.replace(settings, keys=tmp_path / "keys.json"), scorer).test_client()

    return start


def label(client, host=LOCAL, **headers):
    return client.post("/v1/labels", json=LABEL, headers={"Host": host, **headers})


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9000",
                                    "http://127.0.0.1:8000.evil.example", "file://", "http://["])
def test_another_sites_page_is_refused(make, origin):
    client = make()
    response = label(client, Origin=origin)
    assert (response.status_code, response.get_json()["field"]) == (403, "Origin")
    assert client.get("/v1/labels", headers={"Host": LOCAL}).text == ""
    sent = client.post("/v1alpha1/comments:suggestscore", json={}, headers={"Host": LOCAL, "Origin": origin})
    assert (sent.status_code, sent.get_json()["error"]["status"]) == (403, "PERMISSION_DENIED")


def test_the_services_own_pages_and_those_of_the_setting_are_answered(make):
    assert label(make(), Origin=f"http://{LOCAL}").status_code == 201
    assert label(make(cors_origins="https://news.example"), Origin="https://news.example").status_code == 201
    public = make(public_base_url="https://mod.example")
    assert label(public, "mod.example", Origin="https://mod.example").status_code == 201


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "[",
                                  "127.0.0.1.evil.example", "10.0.0.7", "[::2]:8000", "localhost.evil.example"])
def test_a_name_that_is_pointed_at_this_machine_is_refused(make, host):
    response = label(make(), host)
    assert (response.status_code, response.get_json()["field"]) == (403, "Host")
    assert make().get("/v1/labels", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.1.2.3:80", "[::1]:8000", "[::1]", "localhost."])
def test_every_name_of_this_machine_is_answered(make, host):
    assert label(make(), host).status_code == 201


@pytest.mark.parametrize("kind", ["text/plain", "text/plain;charset=UTF-8",
                                  "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_what_a_form_can_send_is_no_label(make, kind):
    client = make()
    response = client.post("/v1/labels", data=b'{"text": "fig", "action": "reject"}', content_type=kind)
    assert (response.status_code, response.get_json()["field"]) == (415, "Content-Type")
    assert client.post("/v1/score", data=b'{"text": "fig"}', content_type=kind).status_code == 200  # as curl sends it


def test_a_service_that_is_open_to_all_answers_any_name_but_no_other_page(make):
    client = make(open="yes")
    assert label(client, "mod.internal").status_code == 201
    assert label(client, "mod.internal", Origin="https://evil.example").status_code == 403


def test_with_keys_the_key_decides(make, tmp_path):
    text, _ = keys.create(tmp_path / "keys.json", "a", ["label"])
    assert label(make(), "mod.example", **{"Origin": "https://evil.example", "X-API-Key": text}).status_code == 201
