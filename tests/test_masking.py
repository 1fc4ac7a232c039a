"""Masking keeps length and line breaks, whatever the spans."""

from hypothesis import given
from hypothesis import strategies as st

from moderation.masking import mask

SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)))


@given(st.text(max_size=30), SPANS)
def test_length_and_line_breaks_stay(text, spans):
    masked = mask(text, spans)
    assert len(masked) == len(text)
    assert [i for i, char in enumerate(masked) if char in "\r\n"] == [i for i, char in enumerate(text) if char in "\r\n"]


@given(st.text(max_size=30), SPANS)
def test_inside_a_span_all_is_starred_and_outside_nothing_changes(text, spans):
    inside = {index for start, end in spans for index in range(start, end)}
    expected = "".join("*" if index in inside and char not in "\r\n" else char for index, char in enumerate(text))
    assert mask(text, spans) == expected
