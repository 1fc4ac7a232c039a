"""The word lists under seeds/lexicon hold what their makers promise: form, order, innocents in, terms out."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from moderation import groups
from moderation.terms import TermFile, read_terms

ROOT = Path(__file__).resolve().parent.parent
LEXICON = ROOT / "seeds" / "lexicon"
WORD_LISTS = ("words.txt", "common.txt")
NO_TERMS = (*WORD_LISTS, "names.txt", "innocent.txt")
INNOCENT = json.loads((ROOT / "tests" / "cases" / "seed_words.json").read_text(encoding="utf-8"))


def load_builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_words", ROOT / "seeds" / "build_words.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build_words = load_builder()


def read_words(name: str) -> list[str]:
    return (LEXICON / name).read_text(encoding="ascii").splitlines()


@pytest.fixture(scope="module")
def term_files() -> list[TermFile]:
    return read_terms(sorted(path for path in LEXICON.glob("*.txt") if path.name not in NO_TERMS))


@pytest.fixture(scope="module")
def forbidden(term_files: list[TermFile]) -> set[str]:
    """Every term and its forms as they are spelt, phrases run together."""
    forms: set[str] = set()
    for term in (term for file in term_files if file.enabled for term in file.terms):
        letters = term.text.replace(" ", "")
        forms |= {letters, *(letters + ending for ending in term.endings if ending not in ("s", "es"))}
        if "s" in term.endings:
            forms.add(build_words.plural(letters))
    return forms


def test_words_are_sorted_and_unique() -> None:
    words = read_words("words.txt")
    assert words == sorted(set(words))


def test_common_words_are_unique_and_known() -> None:
    common = read_words("common.txt")
    assert len(common) == len(set(common))
    assert set(common) <= set(read_words("words.txt"))


@pytest.mark.parametrize("name", WORD_LISTS)
def test_words_are_folded(name: str) -> None:
    assert [word for word in read_words(name) if not re.fullmatch("[a-z]+", word)] == []


@pytest.mark.parametrize("name", WORD_LISTS)
def test_no_term_and_no_form_of_one_is_called_innocent(name: str, forbidden: set[str]) -> None:
    assert sorted(forbidden & set(read_words(name))) == []


def test_innocent_words_are_no_terms_and_neither_common_nor_groups_of_people(forbidden: set[str]) -> None:
    innocent = read_words("innocent.txt")
    assert innocent == sorted(set(innocent))
    assert set(innocent).isdisjoint({*forbidden, *read_words("common.txt"), *groups.WORDS})


@pytest.mark.parametrize("group", INNOCENT)
def test_innocent_words_are_known(group: str) -> None:
    assert sorted(set(INNOCENT[group]) - set(read_words("words.txt"))) == []


def test_short_groups_of_letters_are_no_words() -> None:
    # what words are cut into when letters are spaced or masked
    words = set(read_words("words.txt"))
    assert {word for word in words if len(word) == 1} == {"a", "i"}
    assert words.isdisjoint({"sh", "ck", "fu", "tw", "ss", "cu", "nt", "wh", "ni", "gg", "fk", "sht", "fck", "cnt", "dck", "btch"})
    assert min(map(len, read_words("common.txt"))) == 2


def test_hand_written_lists_do_not_contradict_each_other(forbidden: set[str]) -> None:
    by_hand = set(build_words.read_list(build_words.WORDS / "innocent.txt"))
    assert sorted(by_hand & forbidden) == []


def test_the_known_words_hold_what_was_listed_by_hand_and_nothing_that_was_refused() -> None:
    terms = build_words.read_terms(LEXICON / name for name in build_words.TERM_LISTS)
    is_innocent, words = build_words.innocence(terms), set(read_words("words.txt"))
    by_hand = filter(is_innocent, build_words.read_list(build_words.WORDS / "innocent.txt"))
    assert sorted(set(by_hand) - words) == []
    assert sorted(word for word in words if not is_innocent(word)) == []


def test_the_lists_stay_small() -> None:
    assert sum(path.stat().st_size for path in LEXICON.glob("*.txt")) < 2_500_000


def test_every_ambiguous_term_has_an_example(term_files: list[TermFile]) -> None:
    english = [term for file in term_files if file.language == "en" for term in file.terms]
    ambiguous = [term for term in english if len(term.allows) >= 10]
    assert [term.text for term in ambiguous if not term.no and not term.yes and not term.plain and term.reach != "whole"] == []
