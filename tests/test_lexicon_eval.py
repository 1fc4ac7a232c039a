"""The trial's tables count as they say, and its files are what they should be."""

import re
from pathlib import Path

import pytest

from moderation.disguise import DISGUISES
from moderation.train.lexicon_eval import (
    CaseSet,
    Evasion,
    Half,
    Innocent,
    InnocentRow,
    Range,
    RecallRow,
    evasion_table,
    innocent_table,
    mean_recall,
    read_case_set,
    read_evasions,
    recall_table,
    written_table,
)

FOLDER = Path(__file__).parent / "cases" / "lexicon"
HALVES: tuple[Half, Half] = ("dev", "heldout")


def find_fruit(text: str) -> list[Range]:
    return [Range(*match.span()) for match in re.finditer(r"(?i)banana|pl[uv*]m", text)]


def recall(name: str, words: list[str], frames: list[str]) -> RecallRow:
    (row,) = recall_table(find_fruit, words, frames, [DISGUISES[name]])
    return row


def test_each_word_is_tried_in_each_frame() -> None:
    assert recall("upper", ["banana", "plum"], ["a {}", "{}!", "some {} pie"]) == RecallRow("upper", 6, 6, 6, [])


def test_a_miss_is_listed_once_with_what_was_written() -> None:
    row = recall("swapped", ["plum"], ["a {}", "{}!"])
    assert row == RecallRow("swapped", 2, 0, 0, [("plum", "pulm")])
    assert row.recall == 0


def test_a_match_inside_the_disguised_word_is_found_but_not_exact() -> None:
    assert recall("joined_left", ["plum"], ["a {}"]) == RecallRow("joined_left", 1, 1, 0, [])


def test_a_match_elsewhere_in_the_frame_does_not_count() -> None:
    assert recall("swapped", ["plum"], ["banana {} plum"]).found == 0


def test_a_match_that_only_touches_the_word_does_not_count() -> None:
    assert recall("swapped", ["plum"], ["banana{}plum"]).found == 0


def test_a_word_that_cannot_be_disguised_so_is_not_tried() -> None:
    row = recall("vowels_dropped", ["plum"], ["a {}"])
    assert recall("leet_all", ["fry"], ["a {}"]) == RecallRow("leet_all", 0, 0, 0, [])
    assert row.tried == 1


def test_every_disguise_is_tried_when_none_is_named() -> None:
    assert [row.disguise for row in recall_table(find_fruit, ["banana"], ["a {}"])] == list(DISGUISES)


def test_the_forms_of_a_disguise_take_turns() -> None:
    frames = ["a {}"] * 6
    assert recall("mask_star", ["plum"], frames).missed == [("plum", "p*um")]


def test_the_mean_is_over_disguises_and_leaves_the_plain_word_out() -> None:
    rows = [RecallRow("plain", 9, 9, 9, []), RecallRow("a", 10, 5, 0, []), RecallRow("b", 2, 2, 0, [])]
    assert mean_recall([*rows, RecallRow("untried", 0, 0, 0, [])]) == 0.75


def test_an_innocent_text_is_hit_once_however_many_matches_it_has() -> None:
    innocents = [
        Innocent("names", "Bananarama", "Bananarama ate a banana."),
        Innocent("names", "Plumley", "We met in Plumley."),
        Innocent("trees", "pear", "A pear tree."),
    ]
    assert innocent_table(find_fruit, innocents) == [
        InnocentRow("names", 2, [("Bananarama ate a banana.", "Banana"), ("We met in Plumley.", "Plum")]),
        InnocentRow("trees", 1, []),
    ]
    assert innocent_table(find_fruit, innocents)[0].share == 1


def test_words_written_by_another_hand_are_tried_in_each_frame() -> None:
    cases = CaseSet([], ["a {}", "{}!"], [], {"odd": {"plum": "pl*m", "pear": "p*ar"}})
    assert written_table(find_fruit, cases) == [RecallRow("odd", 4, 2, 2, [("pear", "p*ar")])]


def test_evasions_are_counted_by_kind() -> None:
    evasions = [
        Evasion("sound", "what a plvm", "plvm", "plum", is_hard=False),
        Evasion("sound", "what a plumb", "plumb", "plum", is_hard=False),
        Evasion("split", "ba nana", "ba nana", "banana", is_hard=True),
    ]
    assert evasion_table(find_fruit, evasions) == [
        RecallRow("sound", 2, 2, 1, []),
        RecallRow("split", 1, 0, 0, [("banana", "ba nana")]),
    ]


# The files.


@pytest.fixture(scope="module", params=HALVES)
def cases(request: pytest.FixtureRequest) -> CaseSet:
    half: Half = request.param
    return read_case_set(FOLDER, half)


def _pressed(text: str) -> str:
    return "".join(text.split()).casefold()


def test_each_half_is_of_the_size_that_the_readme_promises(cases: CaseSet) -> None:
    assert len({word for word, _ in cases.words}) == len(cases.words) >= 40
    assert len(set(cases.frames)) == len(cases.frames) >= 5
    assert len({innocent.word for innocent in cases.innocents}) >= 190
    assert len({innocent.text for innocent in cases.innocents}) == len(cases.innocents) >= 700


def test_a_frame_has_one_place_for_a_word(cases: CaseSet) -> None:
    assert all(frame.count("{}") == 1 for frame in cases.frames)


def test_a_category_is_one_of_the_policy(cases: CaseSet) -> None:
    assert {category for _, category in cases.words} == {"derogatory", "personal", "obscene"}


def test_an_innocent_sentence_holds_its_word(cases: CaseSet) -> None:
    assert [i.text for i in cases.innocents if _pressed(i.word) not in _pressed(i.text)] == []


def test_the_halves_share_no_innocent_word_no_sentence_and_no_frame() -> None:
    dev, heldout = (read_case_set(FOLDER, half) for half in HALVES)
    assert {i.word.casefold() for i in dev.innocents} & {i.word.casefold() for i in heldout.innocents} == set()
    assert {i.text for i in dev.innocents} & {i.text for i in heldout.innocents} == set()
    assert set(dev.frames) & set(heldout.frames) == set()


def test_the_held_out_half_has_at_least_15_swear_words_of_its_own() -> None:
    dev, heldout = ({word for word, _ in read_case_set(FOLDER, half).words} for half in HALVES)
    assert len(heldout - dev) >= 15


def test_an_evasion_stands_once_in_its_sentence() -> None:
    evasions = read_evasions(FOLDER)
    assert len({evasion.text for evasion in evasions}) == len(evasions) >= 140
    assert [evasion.text for evasion in evasions if evasion.text.count(evasion.written) != 1] == []
