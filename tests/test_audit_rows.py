"""What columns are taken for, and what becomes of a row's values, one at a time or in whole columns of Arrow's."""

import datetime
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from moderation.audit import rows as rows_module
from moderation.audit.columns import choose, guess, past_words, read_past_map
from moderation.audit.readers import arrays
from moderation.audit.rows import FIELDS, LONGEST_TEXT, Place, batches, microseconds
from moderation.errors import DataError, UsageError
from moderation.service import native

WORDS = [" a fig ", "Äpfel\u3000", "\x1c", "", None, " " + "ü" * 1001]
COLUMNS = [
    pa.array(WORDS), pa.array(WORDS, pa.large_string()), pa.array(WORDS).dictionary_encode(), pa.array(WORDS).cast(pa.binary()),
    pa.array([7, None, -1, 0, 2**62, 1_709_208_000]), pa.array([1.5, None, 2.0, -0.0, 1e300, float("nan")]),
    pa.array([True, None, False, True, True, True]), pa.array([["x"], None, [], [], [], []]), pa.nulls(6),
    pa.array(["2024-02-29T12:00:00Z", None, "fig", "1709208000", "", "29.02.2024 12:00"]),
    pa.array([0, None, 1_709_208_000_123_456, -62_135_596_800_000_001, 253_402_300_800_000_000, -1], pa.timestamp("us")),
    pa.array([0, None, 1_709_208_000_123_456_789, -1, 2**62, -999], pa.timestamp("ns", "Europe/Berlin")),
    pa.array([0, None, 19_782, -1, 20_000, 1], pa.date32()),
]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: str(column.type))
def test_a_batch_made_whole_is_the_batch_made_row_by_row(column):
    columns = [pa.array(["fig", " a fig ", "Äpfel", "x\x1c", "pear", "plum"]), *[column] * (len(FIELDS) - 2), None]
    values = [[None] * 6 if found is None else arrays.values(found) for found in columns]
    made = batches(((Place("a", "row", number), given) for number, given in enumerate(zip(*values, strict=True), 1)), 7)
    assert [arrays.whole(columns, 7)] == list(made)


@pytest.mark.parametrize("texts", [pa.array(["fig", unusable]) for unusable in (None, "", " \x1c\u3000", "x" * (LONGEST_TEXT + 1))]
                         + [pa.array([1, 2]), pa.array([b"fig", b"br\xffken"]), pa.array(["x" * (LONGEST_TEXT - 1)] * 41), None])
def test_a_batch_is_not_made_whole_where_a_row_may_have_a_fault(texts):
    assert arrays.whole([texts, *[None] * (len(FIELDS) - 1)], 7) is None


def test_arrow_takes_for_space_what_python_does():
    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    assert pc.utf8_is_space(pa.array(characters)).to_pylist() == [character.isspace() for character in characters]
    assert pc.utf8_trim_whitespace(pa.array(characters)).to_pylist() == [character.strip() for character in characters]


def test_columns_are_guessed_from_the_names_that_archives_use():
    assert guess(["commentID", "Comment Body", "createdAt", "authorId", "status", "articleID", "parentID", "sectionName"]).named() == {
        "text": "Comment Body", "id": "commentID", "time": "createdAt", "section": "sectionName", "author": "authorId", "past": "status",
        "thread": "articleID", "parent": "parentID"}
    assert choose(["text", "body", "id"], {"text": "body", "id": "-"}, "a").named() == {"text": "body"}
    with pytest.raises(DataError, match=r"--section-column figs[^`]*is no column"):
        choose(["text"], {"section": "figs"}, "a")


def test_past_decisions_are_read_in_the_archives_words():
    words = past_words("moderation_status", read_past_map(["zapped=removed, live later=held", "ok=held"]))
    assert [words[word] for word in ("approved", "spam", "zapped", "live later", "ok")] == [
        "published", "removed", "removed", "held", "held"]
    with pytest.raises(UsageError, match="expected THEIRS=OURS"):
        read_past_map(["zapped"])


@pytest.mark.parametrize(("value", "expected"), [
    ("2024-03-01", "2024-03-01T00:00"), ("2024-03-01 12:30:00", "2024-03-01T12:30"), ("2024-03-01T12:30:00+02:00", "2024-03-01T10:30"),
    ("Fri, 01 Mar 2024 12:30:00 +0000", "2024-03-01T12:30"), (1709294400, "2024-03-01T12:00"), ("1709294400000", "2024-03-01T12:00"),
    (1709294400.0, "2024-03-01T12:00"), ({"$date": {"$numberLong": "1709294400000"}}, "2024-03-01T12:00"), ("0000-00-00 00:00:00", None),
    ("soon", None), (True, None), (float("nan"), None), (10**40, None), ("", None), (None, None)])
def test_a_time_is_read_in_many_forms(value, expected):
    found = microseconds(value)
    shown = None if found is None else f"{datetime.datetime.fromtimestamp(found / 1e6, datetime.UTC):%Y-%m-%dT%H:%M}"
    assert shown == expected


def test_a_text_may_be_as_long_as_the_service_takes():
    assert rows_module.LONGEST_TEXT == native.LONGEST_TEXT
