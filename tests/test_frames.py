"""The functional frames: the same kinds in both files, nothing else shared, and no group that only the unkind or the kind name."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from moderation.train.contrasts import NO_IDENTITY, Contrast, expand, misspell

FOLDER = Path(__file__).parents[1] / "seeds/contrasts"
TRAIN, TEST = FOLDER / "frames_train.toml", FOLDER / "frames_test.toml"
SLOT = re.compile(r"\{\w+\}")


def document(path: Path) -> dict:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def frames(path: Path) -> list[str]:
    return [line for block in document(path)["templates"] for line in block["texts"].strip().splitlines()]


@pytest.fixture(scope="module")
def train() -> list[Contrast]:
    return expand(TRAIN)


@pytest.fixture(scope="module")
def test() -> list[Contrast]:
    return expand(TEST)


def test_both_files_have_the_same_kinds_more_than_sixty(train, test):
    assert document(TRAIN)["kinds"] == document(TEST)["kinds"]
    assert {found.kind for found in train} == {found.kind for found in test} == set(document(TEST)["kinds"])
    assert len(document(TEST)["kinds"]) >= 60


def test_no_frame_of_either_file_is_in_the_other_nor_in_the_contrasts():
    plain = {re.sub(r"\W+", " ", SLOT.sub("_", line.lower())) for line in frames(TEST)}
    assert len(plain) >= 150
    for path in (TRAIN, FOLDER / "train.toml"):
        assert plain.isdisjoint(re.sub(r"\W+", " ", SLOT.sub("_", line.lower())) for line in frames(path))


def test_no_identity_that_is_tested_was_trained_on():
    trained = document(FOLDER / "train.toml")["identities"]
    tested = document(TEST)["identities"]
    assert len(tested) >= 30 and len(trained) >= 30
    assert not set(trained) & set(tested)
    forms = {str(form).lower() for row in trained.values() for form in row.values()}
    assert not forms & {row[name].lower() for row in tested.values() for name in ("one", "many")}


def test_no_sentence_is_in_both(train, test):
    assert {found.text.lower() for found in train}.isdisjoint(found.text.lower() for found in test)


@pytest.mark.parametrize("path", [TRAIN, TEST], ids=["train", "test"])
def test_a_groups_name_alone_tells_nothing(path):
    found = [one for one in expand(path) if one.identity != NO_IDENTITY]
    hostile = Counter(one.identity for one in found if one.toxicity >= 0.5)
    civil = Counter(one.identity for one in found if one.toxicity < 0.5)
    shares = {name: hostile[name] / (hostile[name] + civil[name]) for name in hostile | civil if name in civil and name in hostile}
    chosen = {name for name in civil if name not in hostile}  # trades and camps are not attacked as groups here
    assert chosen <= {"nurse", "teacher", "police", "lawyer", "farmer", "conservative", "liberal", "socialist"}
    assert min(shares.values()) > 0.3 and max(shares.values()) < 0.75


def test_hateful_means_an_attack_on_a_group(train):
    for one in train:
        assert one.identity_attack <= one.toxicity
        assert one.identity_attack in (0, 1)


def test_every_way_of_misspelling_changes_a_text_and_keeps_most_of_it():
    text = "They were walking to the station yesterday."
    changed = [misspell(text, turn) for turn in range(6)]
    assert len({*changed, text}) == 7
    assert all("station" in one for one in changed)
    assert misspell("42!", 3) == "42!"
