"""`seeds/contrasts/` and the module that expands it: whole, balanced, and nothing shared between training and testing."""

from __future__ import annotations

import csv
import dataclasses
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from moderation.errors import DataError
from moderation.train.contrasts import KINDS, NO_IDENTITY, Contrast, expand, fill, with_article

SEEDS = Path(__file__).parents[1] / "seeds"
TRAIN, TEST = SEEDS / "contrasts" / "train.toml", SEEDS / "contrasts" / "test.toml"
ATTRIBUTES = ("toxicity", "identity_attack", "insult", "threat", "profanity")
UNKIND = {kind for kind, labels in KINDS.items() if labels.toxicity > 0.5}


@pytest.fixture(scope="module")
def train() -> list[Contrast]:
    return expand(TRAIN)


@pytest.fixture(scope="module")
def test() -> list[Contrast]:
    return expand(TEST)


def folded(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


def lines(path: Path, table: str) -> list[str]:
    """The lines of all templates or hand-written blocks of a file, without their identity."""
    blocks = tomllib.loads(path.read_text(encoding="utf-8"))[table]
    texts = [line for block in blocks for line in block["texts"].strip().splitlines()]
    return [text.partition("|")[2].strip() if table == "hand" else text for text in texts]


def test_counts_are_as_intended(train: list[Contrast], test: list[Contrast]) -> None:
    assert 4000 <= len(train) <= 6000
    assert 1000 <= len(test) <= 2000
    assert len(lines(TRAIN, "hand")) + len(lines(TEST, "hand")) >= 300


@pytest.mark.parametrize("path", [TRAIN, TEST], ids=["train", "test"])
def test_there_are_at_least_forty_templates(path: Path) -> None:
    templates = lines(path, "templates")
    assert len(templates) == len(set(templates)) >= 40


def test_training_and_testing_share_no_sentence(train: list[Contrast], test: list[Contrast]) -> None:
    assert {folded(contrast.text) for contrast in train}.isdisjoint(folded(contrast.text) for contrast in test)


@pytest.mark.parametrize("table", ["templates", "hand"])
def test_training_and_testing_share_no_line(table: str) -> None:
    assert {folded(line) for line in lines(TRAIN, table)}.isdisjoint(folded(line) for line in lines(TEST, table))


def test_the_example_comments_are_not_trained_on(train: list[Contrast], test: list[Contrast]) -> None:
    with (SEEDS / "comments.csv").open(encoding="utf-8", newline="") as file:
        comments = {folded(row["text"]) for row in csv.DictReader(file)}
    assert comments.isdisjoint(folded(contrast.text) for contrast in train + test)


@pytest.mark.parametrize("path", [TRAIN, TEST], ids=["train", "test"])
class TestEachFile:
    def test_expands_to_the_same_every_time(self, path: Path) -> None:
        assert expand(path) == expand(path)

    def test_holds_no_sentence_twice(self, path: Path) -> None:
        texts = Counter(contrast.text.lower() for contrast in expand(path))
        assert max(texts.values()) == 1

    def test_has_every_kind(self, path: Path) -> None:
        assert {contrast.kind for contrast in expand(path)} == set(KINDS)

    def test_labels_are_in_the_unit_interval(self, path: Path) -> None:
        for contrast in expand(path):
            assert all(0.0 <= getattr(contrast, attribute) <= 1.0 for attribute in ATTRIBUTES)
            assert contrast.severe_toxicity is None

    def test_a_civil_kind_has_no_label(self, path: Path) -> None:
        for contrast in expand(path):
            if contrast.kind not in UNKIND:
                assert not any(getattr(contrast, attribute) for attribute in ATTRIBUTES)

    def test_no_sentence_keeps_a_placeholder_or_stray_space(self, path: Path) -> None:
        for contrast in expand(path):
            assert not re.search(r"[{}|]|  | $|^ ", contrast.text), contrast.kind

    def test_each_identity_is_in_kind_and_unkind_sentences_about_equally(self, path: Path) -> None:
        contrasts = [contrast for contrast in expand(path) if contrast.identity != NO_IDENTITY]
        unkind = Counter(contrast.identity for contrast in contrasts if contrast.kind in UNKIND)
        kind = Counter(contrast.identity for contrast in contrasts if contrast.kind not in UNKIND)
        assert unkind.keys() == kind.keys() == tomllib.loads(path.read_text(encoding="utf-8"))["identities"].keys()
        ratio = sum(kind.values()) / sum(unkind.values())
        assert 0.8 <= ratio <= 1.4
        for identity in kind:
            assert 1 / 3 <= kind[identity] / unkind[identity] <= 3, identity

    @pytest.mark.parametrize("verb", ["kill", "hate", "attack", "dead", "deport", "shoot", "murder"])
    def test_a_violent_verb_is_in_civil_and_in_hostile_sentences(self, path: Path, verb: str) -> None:
        kinds = Counter(contrast.kind in UNKIND for contrast in expand(path) if verb in contrast.text.lower())
        assert min(kinds[True], kinds[False]) >= 10
        assert 1 / 4 <= kinds[True] / kinds[False] <= 4


def test_some_identities_are_met_only_in_testing(train: list[Contrast], test: list[Contrast]) -> None:
    known = {contrast.identity for contrast in train}
    fresh = {contrast.identity for contrast in test} - known
    assert len(fresh) >= 12
    assert len(known | fresh) >= 60


def test_a_threat_to_no_group_is_no_attack_on_an_identity(train: list[Contrast]) -> None:
    for contrast in train:
        if contrast.kind == "threat":
            assert contrast.threat == contrast.toxicity == 1.0
            assert (contrast.identity_attack == 0.0) == (contrast.identity in {NO_IDENTITY, *dialects(TRAIN)})


def dialects(path: Path) -> set[str]:
    identities = tomllib.loads(path.read_text(encoding="utf-8"))["identities"]
    return {name for name, row in identities.items() if row["group"] == "dialect"}


@pytest.mark.parametrize("path", [TRAIN, TEST], ids=["train", "test"])
def test_each_dialect_is_heard_mostly_in_civil_sentences(path: Path) -> None:
    for dialect in dialects(path):
        voices = [contrast for contrast in expand(path) if contrast.identity == dialect]
        assert sum(contrast.toxicity == 0.0 for contrast in voices) > len(voices) / 2


def test_a_contrast_is_a_frozen_value(train: list[Contrast]) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        train[0].kind = "mention"


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [("elderly", "an elderly"), ("Ukrainian", "a Ukrainian"), ("Irish", "an Irish"), ("Māori", "a Māori")],
)
def test_the_article_follows_the_sound(phrase: str, expected: str) -> None:
    assert with_article(phrase) == expected


def test_a_filled_word_is_capitalised_where_a_sentence_opens() -> None:
    values = {"many": "old people"}
    assert fill('Yes. {many} and {many}: "{many}"', values) == 'Yes. Old people and old people: "old people"'


def test_every_fault_of_a_file_is_reported_at_once(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text(
        '[identities]\nnurse = { group = "trade", one = "a nurse" }\n'
        '[[templates]]\nkind = "prays"\ntexts = "I met {someone}."\n'
        '[[hand]]\nkind = "praise"\ntexts = "martian | Hello."\n',
        encoding="utf-8",
    )
    with pytest.raises(DataError) as caught:
        expand(broken)
    assert [problem.where for problem in caught.value.problems] == [
        "templates, line 1",
        "templates, line 1",
        "identities.nurse",
        "hand[0] line 1",
    ]
