"""The document tells what is so: the service keeps to it whatever is sent."""

import json
import re
import uuid

import pytest
import schemathesis
from conftest import make_classifier
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection

from moderation import keys
from moderation import settings as settings_module
from moderation.lexicon import Lexicon
from moderation.policy import Policy
from moderation.scorer import Scorer
from moderation.service.app import create_app
from moderation.service.openapi import OPERATIONS
from moderation.settings import ROOT


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """An application with keys, and a key that allows everything."""
    folder = tmp_path_factory.mktemp("openapi")
    text, _ = keys.create(folder / "keys.json", "a", keys.SCOPES)
    classifier = make_classifier()
    small = Scorer(classifier, Lexicon(()), Policy.load(ROOT / "tests/cases/policy.toml", classifier.attributes))
    app = create_app(settings_module.load({"MODERATION_KEYS": str(folder / "keys.json"), "MODERATION_LOG_LEVEL": "error",
                                           "MODERATION_DATABASE_URL": f"sqlite:///{folder}/labels.db"}), small)
    yield app, text
    app.extensions["labels"].close()


@pytest.fixture(scope="module")
def document(guarded):
    return guarded[0].test_client().get("/openapi.json").get_json()


@pytest.fixture(scope="module")
def api(guarded):
    return schemathesis.openapi.from_wsgi("/openapi.json", guarded[0])


TRIED = [(one, mode) for one in OPERATIONS if one.path not in ("/v1/admin/reload", "/readyz") for mode in schemathesis.GenerationMode
         if mode.is_positive or one.takes or one.parameters]


@pytest.mark.parametrize(("operation", "mode"), TRIED, ids=[f"{one.method} {one.path} {mode.value}" for one, mode in TRIED])
def test_the_service_keeps_to_its_document(api, guarded, operation, mode):
    # What is unknown in the query and the headers is left unread, as clients of all kinds send some; a wrong body is refused.

    @hypothesis_settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
                         phases=[Phase.generate], database=None)
    @given(api[operation.path][operation.method].as_strategy(generation_mode=mode))
    def hold(case):
        if mode.is_positive and "Idempotency-Key" in (case.headers or {}):
            case.headers["Idempotency-Key"] = uuid.uuid4().hex  # the same key with another label is refused, and rightly
        if mode.is_positive and isinstance(case.body, dict) and case.body.get("tier") == "deep":
            case.body["tier"] = "auto"  # there is no encoder, and a request for one is refused, and rightly
        body = case.meta.components.get(ParameterLocation.BODY)
        is_wrong = body is not None and body.mode.is_negative
        excluded = [ignored_auth] if is_wrong else [ignored_auth, negative_data_rejection]  # keys are for test_guard
        case.call_and_validate(headers={"X-API-Key": guarded[1]}, excluded_checks=excluded)

    hold()


def test_every_route_is_in_the_document_or_another_dialects(client, document):
    native = {rule.rule for rule in client.application.url_map.iter_rules() if rule.endpoint.split(".")[0] in
              ("native", "labels", "admin", "health")}
    assert set(document["paths"]) == native == {operation.path for operation in OPERATIONS}


def test_every_reference_leads_somewhere(document):
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert names <= set(document["components"]["schemas"])


def test_the_page_leads_from_a_route_to_its_structures_and_shows_no_backtick(client):
    page = client.get("/docs").text
    wanted = set(re.findall(r'href="#(\w+)"', page))
    assert {"ScoreRequest", "ScoreResult", "LabelRequest"} <= wanted <= set(re.findall(r'id="(\w+)"', page))
    assert "`" not in page and "<code>Idempotency-Key</code>" in page


def test_the_page_needs_nothing_from_elsewhere(client):
    response = client.get("/docs")
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert "<script" not in response.text
    assert not re.search(r"(src|href)=\"(?!/openapi\.json|/console|#)", response.text)
    assert "sha256-" in response.headers["Content-Security-Policy"]
    assert all(operation.path in response.text for operation in OPERATIONS)
