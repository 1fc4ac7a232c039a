"""What is counted, and that it may be asked for."""

import json

import pytest
from conftest import post

from moderation import keys, parity
from moderation import settings as settings_module
from moderation.classifier import LinearClassifier
from moderation.errors import ModelError
from moderation.service.app import create_app


def test_requests_decisions_and_scores_are_counted(client, scorer):
    post(client, "/v1/score", {"text": "a banana", "section": "sport"})
    post(client, "/v1/score/batch", {"comments": [{"text": "a banana", "section": "sport"}, {"text": "a banana"}, {"text": "fig"}]})
    post(client, "/v1/score", b"{")
    text = client.get("/metrics").text
    assert 'moderation_requests_total{method="POST",route="/v1/score",status="200"} 1.0' in text
    assert 'moderation_requests_total{method="POST",route="/v1/score",status="400"} 1.0' in text
    assert 'moderation_decisions_total{action="review",category="obscene",section="sport"} 2.0' in text
    assert 'moderation_decisions_total{action="reject",category="obscene",section="-"} 1.0' in text
    assert 'moderation_scores_total{bin="0.9",category="obscene"} 3.0' in text
    assert 'moderation_request_seconds_count{route="/v1/score"} 2.0' in text
    assert f'model="{scorer.versions.model}"' in text


def test_counts_need_an_admin_where_there_are_keys(tmp_path, scorer):
    text, _ = keys.create(tmp_path / "keys.json", "a", ["admin"])
    other, _ = keys.create(tmp_path / "keys.json", "b", ["score"])
    client = create_app(settings_module.load({"MODERATION_KEYS": str(tmp_path / "keys.json")}), scorer).test_client()
    assert [client.get("/metrics", headers={"X-API-Key": sent}).status_code for sent in (text, other, "")] == [200, 403, 401]


def test_the_service_is_ready_if_it_scores_as_it_was_trained(settings):
    response = create_app(settings).test_client().get("/readyz")
    assert (response.status_code, response.get_json()["status"]) == (200, "ready")


def test_it_is_not_ready_with_another_model_than_the_one_of_the_cases(client):
    assert client.get("/readyz").status_code == 503


def test_a_model_that_scores_otherwise_is_told(tmp_path):
    folder = settings_module.ROOT / "models/default"
    content = json.loads((folder / "parity.json").read_text())
    content["rows"][2]["scores"][0] += 1e-5
    (tmp_path / "parity.json").write_text(json.dumps(content))
    classifier = LinearClassifier.load(folder)
    parity.check(classifier, parity.read(folder))
    with pytest.raises(ModelError):
        parity.check(classifier, parity.read(tmp_path))
    with pytest.raises(ModelError):
        parity.read(tmp_path / "none")
