"""Excluded parts are blanked in place; whatever is left keeps its offset."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import exclusions
from moderation.exclusions import KINDS, blank

CASES = [
    ("url", "see https://fig.example/a?b=(c) now", "see                             now"),
    ("url", "WWW.fig.example", "               "),
    ("url", "“https://fig.example” said", "“                   ” said"),
    ("url", "fig.example and a://b", "fig.example and a://b"),
    ("code", "run `fig --now` today", "run             today"),
    ("code", "```\nfig\n``` plum", "   \n   \n    plum"),
    ("code", "a ` lone mark", "a ` lone mark"),
    ("blockquote", "> fig\n  > plum\nfive > three", "     \n        \nfive > three"),
]


@pytest.mark.parametrize(("kind", "text", "expected"), CASES)
def test_a_part_is_blanked(kind, text, expected):
    assert list(blank([text], [kind])) == [expected]


@given(st.lists(st.text(alphabet="a`>\n:/w.hts ", max_size=60), max_size=6), st.permutations(KINDS))
def test_length_and_line_breaks_stay_and_rows_do_not_touch_each_other(texts, kinds):
    blanked = blank(texts, kinds)
    assert [blank([text], kinds)[0] for text in texts] == list(blanked)
    for before, after in zip(texts, blanked, strict=True):
        assert len(before) == len(after)
        assert all(new in (old, " ") and (new == old or old != "\n") for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize("text", ["`" * 100_000, "```a" * 50_000, "https://" * 50_000, "> " * 100_000, "` `\n" * 50_000])
def test_time_is_linear_in_hostile_marks(text):
    assert len(blank([text], KINDS)[0]) == len(text)


PIECES = ["http://fig.example", "www.fig.example", "WWW.fig.example", "Www.fig.example", "ww", "w", ":", "//", "`fig`", "```", "`", "> fig",
          ">", "\n", " ", "fig " * 15, "a" * 61, "\N{BANANA}", "\ud800", "\0"]


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=5), st.sampled_from(KINDS))
def test_looking_for_marks_first_spares_no_text_that_a_pattern_would_find(texts, kind):
    pattern = exclusions._PATTERNS[kind]
    assert [*blank(texts, [kind])] == [pattern.sub(exclusions._spaces, text) for text in texts]
