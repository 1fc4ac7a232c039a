"""Folding: what goes in comes out plain, and every folded character knows where it came from."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import chardata
from moderation.text import Span, View, fold_batch, normalize, squeeze

# All of Unicode, lone surrogates included.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
TRICKY = st.text(st.sampled_from("aB9 .\n*&#x3;<b>/='-\u200b\u0301\u00ad\ufe0fﬁ\U0001d41a🅰🆎é\ud800"), max_size=60)


@pytest.mark.parametrize(("text", "folded"), [
    ("BaNaNa", "banana"),
    ("Ｆｉｇ", "fig"),
    ("𝐟𝒊𝖌 𝔣𝕚𝚐", "fig fig"),
    ("ⓕⒾ🅶 🄵🅸🅖", "fig fig"),
    ("ꜰɪɢ", "fig"),
    ("fıģ fîg ƒig", "fig fig fig"),
    ("bаnаnа", "banana"),
    ("ḟ̶͓i̷̡g̴", "fig"),
    ("f\u200bi\u00adg\u2060\ufeff", "fig"),
    ("f\u202ei\u2066g", "fig"),
    ("f&#105;g f&#x69;g f&shy;ig", "fig fig fig"),
    ("f<b>i</b>g", "fig"),
    ("f<!-- x -->ig", "fig"),
    ("one<br>two<p class='x'>three", "one\ntwo\nthree"),
    ("<you there> 1 < 2 > 0", "<you there> 1 < 2 > 0"),
    ("it’s “fine” — ok…", "it's \"fine\" - ok…"),
    ("ﬁne ㎏ ½", "fine kg ½"),
    ("कमल മലർ 水 한글", "कमल മലർ 水 한글"),
    ("٣ ३ ３", "3 3 3"),
    ("🇫🇮🇬", "fig"),
    ("", ""),
])
def test_folds_to_plain_text(text: str, folded: str) -> None:
    assert normalize(text).readable.text == folded


def test_spans_come_out_in_code_points_of_the_original() -> None:
    text = "a f&#105;<i>g</i>\u0301! ﬁg"
    view = normalize(text).readable
    start = view.text.index("fig")
    assert view.span(start, start + 3) == Span(2, 13)
    assert text[2:13] == "f&#105;<i>g"
    start = view.text.rindex("fig")
    assert view.span(start, start + 3) == Span(len(text) - 2, len(text))


def test_a_combining_mark_belongs_to_the_letter_before_it() -> None:
    assert normalize("fi\u0301\u0302g").readable.span(1, 2) == Span(1, 4)


@given(st.one_of(ANY_TEXT, TRICKY))
def test_any_text_folds_and_spans_lie_in_order_inside_it(text: str) -> None:
    view = normalize(text).readable
    assert len(view.text) == len(view.starts) == len(view.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(view.starts, view.ends, strict=True))
    assert np.all(np.diff(view.starts) >= 0)
    assert np.all(np.diff(view.ends) >= 0)


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60).filter(lambda text: "&" not in text and "<" not in text))
def test_folding_is_stable_when_repeated(text: str) -> None:
    once = normalize(text).readable.text
    if "&" not in once and "<" not in once:  # a full-width sign may fold to the beginning of an entity
        assert normalize(once).readable.text == once


@given(st.lists(st.one_of(ANY_TEXT, TRICKY), max_size=8))
def test_a_batch_folds_like_its_texts_one_by_one(texts: list[str]) -> None:
    batch = fold_batch(texts)
    for row, text in enumerate(texts):
        alone, together = normalize(text).readable, batch.readable(row)
        assert together.text == alone.text
        assert np.array_equal(together.starts, alone.starts)
        assert np.array_equal(together.ends, alone.ends)


@given(st.text(st.characters(max_codepoint=127), max_size=70), st.sampled_from(["<", "é"]))
def test_ascii_folds_alike_beside_whatever_else_is_in_the_batch(text: str, other: str) -> None:
    alone, beside = fold_batch([text]).readable(0), fold_batch([other, text]).readable(1)
    assert (alone.text, alone.starts.tolist(), alone.ends.tolist()) == (beside.text, beside.starts.tolist(), beside.ends.tolist())


@pytest.mark.parametrize("code", range(ord(" "), ord("~") + 1))
def test_what_is_folded_in_blocks_is_what_the_table_says(code: int) -> None:
    pages, entries, _ = chardata.fold_table()
    entry = int(entries[pages[0], code]) or code
    assert (chr(entry & 0xFFFF), entry >> 24, entry >> 21 & 7) == (chr(code).lower(), int(chr(code).isupper()), 0)


@given(st.one_of(ANY_TEXT, TRICKY))
def test_the_squeezed_view_has_no_runs_and_lies_in_the_text(text: str) -> None:
    view: View = squeeze(normalize(text).readable)
    assert all(a != b for a, b in zip(view.text, view.text[1:], strict=False))
    assert all(0 <= start < end <= len(text) for start, end in zip(view.starts, view.ends, strict=True))


def test_the_squeezed_view_reads_through_an_evasion() -> None:
    text = "b-4-n-4-n-4"
    view = normalize(text).squeezed
    assert view.text == "banana"
    assert view.span(0, 6) == Span(0, len(text))


def test_every_lookalike_folds_to_the_letter_of_its_row() -> None:
    wrong = {char: normalize(char).readable.text for char, letter in chardata.lookalikes().items()
             if normalize(char).readable.text != letter and not unicodedata.combining(char)}
    named_otherwise = {char: plain for char, plain in wrong.items() if plain.isascii() and len(plain) <= 2}
    assert wrong == named_otherwise, "a look-alike that folds to nothing readable"


@pytest.mark.parametrize("unit", ["a", "\u0301", ".", " ", "<", "<b", "&#", "&", "\u200b", "<!--", "🅰", "<a x="])
def test_a_megabyte_of_one_thing_folds(unit: str) -> None:
    # No time is asserted: work that grew with the square of a megabyte would not come back at all.
    text = unit * (1_000_000 // len(unit))
    assert fold_batch([text]).length <= 4 * len(text)
