"""What the tests share: golden texts, a small model, and the application with its client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation import settings as settings_module
from moderation.classifier import Lengths, LinearClassifier
from moderation.features import OUTPUTS, FeatureSpec
from moderation.lexicon import Lexicon
from moderation.policy import Policy
from moderation.scorer import Scorer, ScorerSpec
from moderation.service.app import create_app
from moderation.settings import ROOT, Settings
from moderation.terms import Term

GOLDEN = Path(__file__).parent / "golden"

# Tests assert no time: a slow machine is no fault of the code.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write the golden texts anew; review them as a diff")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(name, text)`: the text is what `golden/name` holds."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--golden"):
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text

    return check


ATTRIBUTES = ("toxicity", "severe_toxicity", "identity_attack", "insult", "threat", "profanity")
# The words of the tests: fruit, so that the tests can be read aloud.
TERMS = (Term("banana", "obscene", "strong", reach="joined", endings=("s",)), Term("durian", "derogatory", "severe"),
         Term("prune", "personal", "mild", endings=("s",)), Term("quince", "personal", "strong", allows=("quince jelly",)))


def make_classifier(name: str = "small", features: FeatureSpec = FeatureSpec(buckets=1 << 10)) -> LinearClassifier:  # noqa: B008  # it is frozen
    """A real classifier with weights by chance: every comment has scores of its own, and most have low ones."""
    random = np.random.default_rng(5)
    k = len(ATTRIBUTES)
    table = random.integers(-100, 100, (features.buckets, OUTPUTS), dtype=np.int8)
    join = np.tile([-3.0, 0.0, 1.0, 0.0, 0.5, 0.0], (k, 1))
    knots = np.tile(np.linspace(-8, 8, 65), (k, 1))
    values = 1 / (1 + np.exp(-knots))
    return LinearClassifier(name, ATTRIBUTES, features, Lengths(1.0, 200.0, 20.0), table, np.full(k, 0.02), join, knots, values)


@pytest.fixture(scope="session")
def scorer() -> Scorer:
    return Scorer(make_classifier(), Lexicon(TERMS), Policy.load(ROOT / "tests/cases/policy.toml", ATTRIBUTES))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_module.load({"MODERATION_MAX_BODY": "200000", "MODERATION_MAX_BATCH": "20",
                                 "MODERATION_DATABASE_URL": f"sqlite:///{tmp_path}/labels.db"})


@pytest.fixture
def app(settings: Settings, scorer: Scorer) -> Flask:
    return create_app(settings, scorer)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def post(client: FlaskClient, path: str, body: Any) -> Any:
    """The status and the JSON of a request's answer; `body` is sent as it stands if it is bytes."""
    response = client.post(path, data=body) if isinstance(body, bytes) else client.post(path, json=body)
    return response.status_code, response.get_json()


@pytest.fixture(scope="session")
def spec(tmp_path_factory: pytest.TempPathFactory) -> ScorerSpec:
    """Of a small model with words of fruit."""
    from tests.auditing import small_spec  # which imports this module

    return small_spec(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 700 comments, some of them bad rows."""
    from tests.auditing import write_archive

    return write_archive(tmp_path_factory.mktemp("archive") / "comments.csv", 700)
