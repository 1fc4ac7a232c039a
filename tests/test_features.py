"""Hashed n-grams: what is read from a text, and that it is read the same however it comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.errors import ModelError
from moderation.features import FeatureSpec, Grams, ngrams
from moderation.text import fold_batch

WORDS = FeatureSpec(char_max=0, word_max=1)
ANY_TEXT = st.text(st.characters(codec=None), max_size=300)


def read(text: str, spec: FeatureSpec = WORDS, *, spans: bool = False) -> Grams:
    return ngrams(fold_batch([text]), spec, spans=spans)


def sentences(text: str) -> list[str]:
    batch = fold_batch([text])
    view = batch.readable(0)
    return [view.text[start:end].strip() for start, end in ngrams(batch, WORDS).sentence_spans]


def python_ngrams(text: str, spec: FeatureSpec) -> list[int]:
    """The walk again, for plain lower-case words with single spaces and no full stop: another hand, the same hashes."""
    mask, mix = (1 << 64) - 1, 0x9E3779B97F4A7C15
    char_seed, word_seed = 0x51A3F2C9D7E86B35, 0xC2B2AE3D27D4EB4F
    found: list[int] = []
    padded = f" {text} "
    for start in range(len(padded)):
        value = char_seed
        for end in range(start, min(start + spec.char_max, len(padded))):
            value = (value ^ ord(padded[end])) * mix & mask
            if end - start + 1 >= spec.char_min:
                found.append(value)
            if end > start and padded[end] == " ":
                break
    before = None
    for word in text.split():
        value = word_seed
        for char in word:
            value = (value ^ ord(char)) * mix & mask
        found.append(value)
        turned = (value << 23 | value >> 41) & mask
        if before is not None and spec.word_max > 1:
            found.append((turned ^ before) * mix & mask)
        before = value
    return [(value >> 32) * spec.buckets >> 32 for value in found]


def test_the_compiled_walk_is_the_one_described() -> None:
    text = "figs and melons are ripe in the garden of my aunt"
    assert sorted(read(text, FeatureSpec()).ids.tolist()) == sorted(python_ngrams(text, FeatureSpec()))


@pytest.mark.parametrize(("one", "other"), [
    ("figs and melons", "  FIGS\n and\tmelons "), ("so good", "sooooo gooood"), ("see @anna_b now", "see @bert now"),
    ("see https://a.example/x?y now", "see http://b.example now"), ("ﬁgs", "figs"),
])
def test_what_readers_vary_is_read_the_same(one: str, other: str) -> None:
    if "gooood" in other:
        one = "soo good"
    assert read(one, FeatureSpec()).ids.tolist() == read(other, FeatureSpec()).ids.tolist()


def test_a_sentence_ends_where_a_reader_would_end_it() -> None:
    found = sentences("Dr. Fig went home. Was it late? Nobody knows!\nA new line")
    assert found == ["dr. fig went home.", "was it late?", "nobody knows!", "a new line"]


def test_a_sentence_without_an_end_is_cut() -> None:
    assert max(map(len, sentences("fig " * 2000))) <= 400
    assert max(map(len, sentences("x1" * 2000))) <= 401


def test_capitals_count_only_where_the_spec_says_so() -> None:
    assert read("FIG", WORDS).ids.tolist() == read("fig", WORDS).ids.tolist()
    shout = FeatureSpec(char_max=0, word_max=1, shout=True)
    assert len(read("FIG", shout).ids) == 3
    assert len(read("Fig", shout).ids) == 1


def test_spans_hold_the_words() -> None:
    batch = fold_batch(["Figs, ripe figs"])
    grams = ngrams(batch, WORDS, spans=True)
    text = batch.readable(0).text
    assert [text[start:end] for start, end in grams.spans] == ["figs", "ripe", "figs"]


@given(st.lists(ANY_TEXT, max_size=5))
def test_a_batch_reads_as_its_rows_do(texts: list[str]) -> None:
    batch = fold_batch(texts)
    together = ngrams(batch, FeatureSpec(shout=True, skip=True), spans=True)
    for row, text in enumerate(texts):
        alone = read(text, FeatureSpec(shout=True, skip=True), spans=True)
        picked = ngrams(batch, FeatureSpec(shout=True, skip=True), row=row, spans=True)
        ids = together.ids[together.rows[row] : together.rows[row + 1]]
        np.testing.assert_array_equal(ids, alone.ids)
        np.testing.assert_array_equal(ids, picked.ids)
        np.testing.assert_array_equal(picked.spans, alone.spans)


@given(ANY_TEXT)
def test_spans_and_sentences_lie_in_the_text(text: str) -> None:
    batch = fold_batch([text])
    grams = ngrams(batch, FeatureSpec(), spans=True)
    assert (grams.ids < FeatureSpec().buckets).all()
    assert (grams.spans[:, 0] >= 0).all() and (grams.spans[:, 0] < grams.spans[:, 1]).all() and (grams.spans <= batch.length).all()
    assert grams.sentences[-1] == len(grams.ids)
    assert (grams.sentence_spans[1:, 0] >= grams.sentence_spans[:-1, 1]).all()


def test_a_spec_survives_its_way_through_json() -> None:
    spec = FeatureSpec(char_min=3, skip=True, buckets=1000)
    assert FeatureSpec.from_dict(spec.to_dict(), "model") == spec


def test_a_spec_of_another_age_is_refused() -> None:
    with pytest.raises(ModelError, match="2 problems"):
        FeatureSpec.from_dict({**FeatureSpec().to_dict(), "buckets": 0, "digits": "no"} | {"char_min": "2"}, "model")


@pytest.mark.parametrize(("name", "value"), [("char_min", 0), ("char_max", 9), ("word_max", 4)])
def test_n_grams_longer_than_the_kernels_have_room_for_are_refused(name: str, value: int) -> None:
    with pytest.raises(ModelError, match=f"features.{name}"):
        FeatureSpec.from_dict({**FeatureSpec().to_dict(), name: value}, "model")


def test_the_longest_n_grams_of_every_kind_fit() -> None:
    spec = FeatureSpec(char_min=1, char_max=8, word_max=3, across=True, shout=True, skip=True, groups=True)
    assert len(read("A B " * 300, spec).ids) <= spec.per_character * 1200 and spec.per_character == 18


def test_words_for_groups_share_the_n_grams_around_them() -> None:
    spec = FeatureSpec(char_max=0, word_max=2, groups=True)
    one, other, neither = (set(read(f"the {word} next door", spec).ids.tolist()) for word in ("sikhs", "lesbians", "gardeners"))
    plain = replace(spec, groups=False)
    without = set(read("the sikhs next door", plain).ids.tolist()) & set(read("the lesbians next door", plain).ids.tolist())
    assert len(one & other) == len(without) + 3  # the sign, and its pairs with either neighbour
    assert one & neither == without


def test_letters_of_words_for_groups_are_their_own() -> None:
    spec = FeatureSpec(char_min=3, char_max=5, word_max=1, groups=True)
    group, like = (set(read(word, spec).ids.tolist()) for word in ("blacks", "blacksmith"))
    assert not group & like
    plain = replace(spec, groups=False)
    assert set(read("blacks", plain).ids.tolist()) & set(read("blacksmith", plain).ids.tolist())


PIECES = ["figs", " ", "  ", "\n", " \n\n", ". ", "!", "? ", '." ', "ripe melons and ", "aaa", "www", "www.fig.example ", "htt", "F", ".) ",
          "'", "http://fig.example ", "@fig", "@", "\u2028", "\xa0", "\u4e00", "of my aunt in the garden ", "WHAT ", "(so) "]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_a_stretch_is_read_as_its_characters_are_one_by_one(text: str) -> None:
    # Digits are read as 0 one by one; where there are none, that is all that is different.
    spec = FeatureSpec(char_min=3, word_max=3, shout=True, skip=True, buckets=1 << 20)
    stretches, characters = read(text, spec, spans=True), read(text, replace(spec, digits=True), spans=True)
    for stretch, character in ((stretches.ids, characters.ids), (stretches.spans, characters.spans),
                               (stretches.sentence_spans, characters.sentence_spans)):
        np.testing.assert_array_equal(stretch, character)
