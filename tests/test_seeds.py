"""The labelled example comments: `seeds/comments.csv` is well formed and keeps its mix."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

COMMENTS = Path(__file__).parents[1] / "seeds" / "comments.csv"
COLUMNS = ["id", "section", "text", "derogatory", "personal", "obscene", "note"]
CATEGORIES = ("derogatory", "personal", "obscene")
SECTIONS = {"politics", "world", "sport", "religion", "courts", "local", "business", "culture"}

Row = dict[str, str]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with COMMENTS.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        assert reader.fieldnames == COLUMNS
        return list(reader)


def violates(row: Row) -> bool:
    return any(row[category] == "1" for category in CATEGORIES)


def test_there_are_at_least_600_comments(rows: list[Row]) -> None:
    assert len(rows) >= 600


def test_every_row_is_whole(rows: list[Row]) -> None:
    for row in rows:
        assert list(row) == COLUMNS, row["id"]
        assert row["section"] in SECTIONS, row["id"]
        assert row["text"].strip() == row["text"] != "", row["id"]
        assert row["note"].strip(), row["id"]
        assert {row[category] for category in CATEGORIES} <= {"0", "1"}, row["id"]


def test_ids_are_unique_and_in_order(rows: list[Row]) -> None:
    assert [row["id"] for row in rows] == [f"c{number:04d}" for number in range(1, len(rows) + 1)]


def test_no_comment_is_there_twice(rows: list[Row]) -> None:
    folded = [re.sub(r"\W+", " ", row["text"].casefold()).strip() for row in rows]
    assert len(set(folded)) == len(rows)


def test_a_third_are_hard_negatives(rows: list[Row]) -> None:
    hard = [row for row in rows if row["note"].startswith("hard:")]
    assert 3 * len(hard) >= len(rows)


def test_a_note_agrees_with_the_labels(rows: list[Row]) -> None:
    for row in rows:
        assert violates(row) != row["note"].startswith(("hard:", "civil:")), row["id"]


def test_each_category_has_enough_to_measure(rows: list[Row]) -> None:
    for category in CATEGORIES:
        assert sum(row[category] == "1" for row in rows) >= 60, category
    assert 0.3 <= sum(map(violates, rows)) / len(rows) <= 0.4


def test_disguised_words_are_well_represented(rows: list[Row]) -> None:
    marks = ("disguised", "spaced", "leet", "masked", "homoglyph", "zero-width")
    assert sum(any(mark in row["note"] for mark in marks) for row in rows) >= 40


def test_lengths_run_from_three_words_to_paragraphs(rows: list[Row]) -> None:
    words = [len(row["text"].split()) for row in rows]
    assert min(words) <= 3
    assert max(words) >= 80
    assert any("\n\n" in row["text"] for row in rows if violates(row))
    assert any("\n\n" in row["text"] for row in rows if not violates(row))


def test_every_section_has_both_kinds(rows: list[Row]) -> None:
    for section in SECTIONS:
        verdicts = {violates(row) for row in rows if row["section"] == section}
        assert verdicts == {True, False}, section
