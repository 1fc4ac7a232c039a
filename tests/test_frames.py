"""The functional frames: the same kinds in every file, nothing else shared, and no group that only the unkind or the kind name."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from moderation.errors import DataError
from moderation.train.contrasts import NO_IDENTITY, Contrast, expand, misspell, shared

FOLDER = Path(__file__).parents[1] / "seeds/contrasts"
TRAIN = FOLDER / "frames_train.toml"
TEST = FOLDER / "frames_test.toml"
KEPT = [FOLDER / "frames_choice.toml", TEST]
TAUGHT = sorted({*FOLDER.glob("frames_*.toml")} - {*KEPT})
SLOT = re.compile(r"\{\w+\}")


def document(path: Path) -> dict:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def frames(path: Path) -> list[str]:
    return [line for block in document(path)["templates"] for line in block["texts"].strip().splitlines()]


def bare(line: str) -> str:
    """A frame without its slots, so that another name for a slot does not hide it."""
    return re.sub(r"\W+", " ", SLOT.sub("_", line.lower()))


@cache
def sentences(path: Path) -> frozenset[str]:
    return frozenset(found.text.lower() for found in expand(path))


@pytest.fixture(scope="module")
def train() -> list[Contrast]:
    return expand(TRAIN)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_kept_file_has_the_kinds_that_are_trained_more_than_sixty(path, train):
    kinds = document(TRAIN)["kinds"]
    assert {found.kind for found in train} == set(kinds)
    assert len(kinds) >= 60
    tested = shared(document(path), "kinds", path)
    assert tested | kinds == tested
    assert {found.kind for found in expand(path)} == set(tested)


def test_the_frames_for_testing_have_six_kinds_of_news_sites_that_no_frame_trains():
    lines = Counter(block["kind"] for block in document(TEST)["templates"] for _ in block["texts"].strip().splitlines())
    taught = {block["kind"] for path in TAUGHT for block in document(path)["templates"]}
    assert len(set(lines) - taught) == 6
    assert min(lines.values()) >= 8


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_no_frame_or_sentence_that_is_kept_is_in_another_file(path):
    plain = {bare(line) for line in frames(path)}
    assert len(plain) >= 150
    for other in {*TAUGHT, *KEPT, FOLDER / "train.toml"} - {path}:
        # Numbers alone: a failing test shows nothing of what is kept.
        shared = [number for number, line in enumerate(frames(other), 1) if bare(line) in plain]
        assert not shared
        common = len(sentences(path) & sentences(other))
        assert common == 0


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_no_identity_that_is_kept_was_trained_on(path):
    trained = {name: row for other in (FOLDER / "train.toml", *TAUGHT) for name, row in document(other).get("identities", {}).items()}
    tested = document(path)["identities"]
    assert len(tested) >= 30 and len(trained) >= 30
    assert not set(trained) & set(tested)
    forms = {str(form).lower() for row in trained.values() for form in row.values()}
    assert not forms & {row[name].lower() for row in tested.values() for name in ("one", "many")}


@pytest.mark.parametrize("path", [TRAIN, *KEPT], ids=lambda path: path.stem)
def test_a_groups_name_alone_tells_nothing(path):
    found = [one for one in expand(path) if one.identity != NO_IDENTITY]
    hostile = Counter(one.identity for one in found if one.toxicity >= 0.5)
    civil = Counter(one.identity for one in found if one.toxicity < 0.5)
    shares = {name: hostile[name] / (hostile[name] + civil[name]) for name in hostile | civil if name in civil and name in hostile}
    chosen = {name for name in civil if name not in hostile}  # trades and camps are not attacked as groups here
    assert chosen <= {"nurse", "teacher", "police", "lawyer", "farmer", "conservative", "liberal", "socialist"}
    assert min(shares.values()) > 0.3 and max(shares.values()) < 0.75


def test_kinds_come_from_the_file_beside_it_and_a_file_s_own_come_after(tmp_path):
    (tmp_path / "base.toml").write_text('[kinds]\nsneer = { toxicity = 1.0 }\ncalm = {}\n', encoding="utf-8")
    path = tmp_path / "frames.toml"
    start = 'kinds_from = "base.toml"\n[kinds]\ncalm = { toxicity = 0.2 }\n'
    blocks = '[[templates]]\nkind = "sneer"\ntexts = "Oh please."\n[[templates]]\nkind = "calm"\ntexts = "Well."\n'
    path.write_text(start + blocks, encoding="utf-8")
    assert [(found.text, found.toxicity) for found in expand(path)] == [("Oh please.", 1.0), ("Well.", 0.2)]
    path.write_text(start.replace("base", "other"), encoding="utf-8")
    with pytest.raises(DataError, match="kinds_from"):
        expand(path)


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
