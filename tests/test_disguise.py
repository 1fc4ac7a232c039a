"""The disguises do what their examples say, and can be had again."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.disguise import DISGUISES, Disguise

ALL = pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12)


@ALL
def test_the_example_is_what_variant_0_makes_of_banana(disguise: Disguise) -> None:
    assert disguise.write("banana", 0) == disguise.example


@ALL
@given(word=words, variant=st.integers(0, 500))
def test_any_word_is_disguised_or_refused_and_each_time_alike(disguise: Disguise, word: str, variant: int) -> None:
    written = disguise.write(word, variant)
    assert written == disguise.write(word, variant)
    if written is not None:
        assert written
        assert (written == word) == (disguise.name == "plain")
        written.encode("utf-8")


@pytest.mark.parametrize(
    "name",
    ["zero_width", "soft_hyphen", "variation_selectors", "bidi_controls"],
)
def test_what_is_put_between_letters_cannot_be_seen(name: str) -> None:
    for variant in range(20):
        added = set(DISGUISES[name].write("banana", variant) or "") - set("banana")
        assert added
        assert {unicodedata.category(character) for character in added} <= {"Cf", "Mn"}


@pytest.mark.parametrize("name", ["fullwidth", "mathematical", "circled", "parenthesised", "superscripts"])
def test_letter_forms_are_those_that_unicode_maps_to_the_letter(name: str) -> None:
    for word in ("jackdaws", "love", "my", "big", "sphinx", "of", "part", "zeus"):
        for variant in range(12):
            written = DISGUISES[name].write(word, variant) or ""
            if "🅐" <= written[0] <= "🅩":  # negative circled letters have no mapping
                continue
            assert unicodedata.normalize("NFKC", written).casefold().replace("(", "").replace(")", "") == word


def test_a_word_without_a_leet_letter_cannot_be_written_in_leet() -> None:
    assert DISGUISES["leet_all"].write("fry") is None


def test_a_word_of_leet_letters_alone_is_not_written_as_a_number() -> None:
    assert DISGUISES["leet_all"].write("sails") == "$@!|$"


def test_a_word_too_short_to_be_known_without_its_vowels_keeps_them() -> None:
    assert DISGUISES["vowels_dropped"].write("tea") is None
    assert DISGUISES["vowels_dropped"].write("fruit") == "frt"


@pytest.mark.parametrize(
    ("word", "plural"), [("apple", "apples"), ("peach", "peaches"), ("cherry", "cherries"), ("grass", "grasses")]
)
def test_plurals_are_spelled_as_in_english(word: str, plural: str) -> None:
    assert DISGUISES["plural"].write(word) == plural


def test_a_plural_has_no_plural() -> None:
    assert DISGUISES["plural"].write("apples") is None


@pytest.mark.parametrize(("word", "ending"), [("plum", "plummish"), ("apple", "applish"), ("fruit", "fruitish")])
def test_endings_are_spelled_as_in_english(word: str, ending: str) -> None:
    assert DISGUISES["ending"].write(word, 0) == ending


def test_digits_and_spaces_of_a_phrase_are_not_masked() -> None:
    assert DISGUISES["mask_inner"].write("ripe plum") == "r*** ***m"
