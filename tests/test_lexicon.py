"""The lexicon finds terms in any disguise, exactly where they are, and leaves innocent words alone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import language, regions
from moderation.disguise import DISGUISES
from moderation.lexicon import Lexicon
from moderation.lexicon_commands import HOMOGRAPHS
from moderation.terms import Term, read_terms
from moderation.text import fold_batch, normalize
from moderation.train.lexicon_eval import Half, innocent_table, mean_recall, read_case_set, recall_table

ROOT = Path(__file__).parents[1]
CASES = Path(__file__).parent / "cases"
FILES = sorted((ROOT / "seeds/lexicon").glob("*.txt"))
FRUIT = Lexicon([Term("banana", "obscene", "strong", reach="joined", endings=("s",)),
                 Term("fig", "personal", "mild", allows=("fig leaf", "* of figs"), endings=("s",)),
                 Term("big plum", "derogatory", "severe", endings=("s",)),
                 Term("basil", "personal", "mild", name=True, endings=("s",))],
                words="bandana\nconfiguration\nfigure\nbasilica\n", common=["total", "fail", "big", "you", "leaf"])


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load([ROOT / "seeds/lexicon"], ["hi", "hi-Latn", "ml", "ml-Latn"])


def found(lexicon: Lexicon, text: str) -> list[list[str]]:
    """Each term once, though it may break two categories."""
    once = {match.span: match for match in lexicon.find(normalize(text))}
    return [[match.term, text[slice(*match.span)], match.disguise, match.region] for match in once.values()]


@pytest.mark.parametrize("case", json.loads((CASES / "lexicon_matches.json").read_text(encoding="utf-8")),
                         ids=lambda case: ascii(case["text"]))
def test_finds_each_term_where_it_stands_and_says_how_it_was_disguised(lexicon: Lexicon, case: dict[str, Any]) -> None:
    assert found(lexicon, case["text"]) == case["matches"]


@pytest.mark.parametrize(("text", "region"), [
    ("The boy was called a big plum at school.", "quote"), ("they were called big plums", "quote"),
    ("She keeps being called the big plum.", "quote"),
    ("Nobody should use the word big plum.", "quote"), ("a slur: big plum", "quote"), ("They called us big plums for years.", "quote"),
    ("he calls me a big plum", "quote"),
    ("They've always called us big plums.", "quote"), ("I've called him a big plum.", "own"), ("I'd call them big plums", "own"),
    ("Somebody should call him a big plum", "own"), ("call him a big plum", "own"),
    ("You are called a big plum by us, big plum", "quote"), ("he is a big plum", "own"), ("so called big plums", "own"),
    ("Word. Big plum!", "own"), ("what a big plum", "own")])
def test_a_word_that_is_told_of_is_reported(text: str, region: str) -> None:
    assert found(FRUIT, text)[0][3] == region


def test_every_term_matches_its_yes_texts_and_none_of_its_no_texts(lexicon: Lexicon) -> None:
    wrong = [f"{term.where} {term.text}: `{text}` is not matched" for term in lexicon.terms for text in term.yes
             if not found(lexicon, text)]
    wrong += [f"{term.where} {term.text}: `{text}` is matched" for term in lexicon.terms for text in term.no
              if any(match[0] == term.text for match in found(lexicon, text))]
    assert wrong == []


def test_every_term_is_found_in_plain_spelling(lexicon: Lexicon) -> None:
    missed = [term.where for term in lexicon.terms
              if not found(lexicon, f"what {term.text}, they wrote") and not found(lexicon, f"said the {term.text}")]
    # a phrase or a word inside a longer one may be found as another term, never as nothing
    assert missed == []


@pytest.mark.parametrize(("half", "recall", "innocent_hits"), [("dev", 0.985, 0.004), ("heldout", 0.985, 0.008)])
def test_sees_through_disguises_and_spares_the_innocent(lexicon: Lexicon, half: Half, recall: float, innocent_hits: float) -> None:
    cases = read_case_set(CASES / "lexicon", half)

    def find(text: str) -> list[Any]:
        return [match.span for match in lexicon.find(normalize(text))]

    # a failing assertion may show numbers alone: nobody is to see what was missed of the held-out half
    mean = mean_recall(recall_table(find, [word.word for word in cases.words], cases.frames[:2]))
    assert mean >= recall
    groups = innocent_table(find, cases.innocents)
    hits = {group.group: len(group.hits) for group in groups if group.hits}
    # words of other languages and places that are written just like a term need phrases of their own: counted apart
    assert sum(hits.values()) - hits.get(HOMOGRAPHS, 0) <= innocent_hits * sum(
        group.tried for group in groups if group.group != HOMOGRAPHS)
    assert sum(hits.values()) <= 0.05 * len(cases.innocents)


def test_a_masked_word_is_found_however_much_is_masked_before_it(lexicon: Lexicon) -> None:
    words = [word for word, _ in read_case_set(CASES / "lexicon", "dev").words if len(word) > 5 and word.isalpha()]
    masked = [word[0] + re.sub("[aeiou]", "*", word[1:-1]) + word[-1] for word in words]
    seen = [text for text in masked if found(lexicon, f"you {text}")]
    assert len(seen) > 20
    assert [text for text in seen if not found(lexicon, f"{'f*' * 4000} you {text}")] == []


def test_a_sharp_s_is_found_as_double_s_too() -> None:
    own = Lexicon([Term("weißdorn", "personal", "mild")])
    assert [found(own, text)[0][0] for text in ("Weißdorn", "WEISSDORN", "weissd0rn", "wei\u1e9edorn")] == ["weißdorn"] * 4


WORDS = st.sampled_from(["banana", "figs", "big plum", "basil"])


@given(word=WORDS, name=st.sampled_from(sorted(DISGUISES)), variant=st.integers(0, 20),
       before=st.sampled_from(["", "it is a ", "“", "\U0001d41a – "]))
def test_a_match_covers_the_disguised_word_and_nothing_else(word: str, name: str, variant: int, before: str) -> None:
    written = DISGUISES[name].write(word, variant)
    if written is None or name.startswith(("joined", "ending", "plural", "mask_dot")):
        return
    text = f"{before}{written} indeed"
    for match in FRUIT.find(normalize(text)):
        if match.term == word.removesuffix("s"):
            # tags and invisible characters at the ends need not be covered: what can be read must be, to the character
            assert len(before) <= match.span.start < match.span.end <= len(before) + len(written)
            assert normalize(text[match.span.start : match.span.end]).readable.text == normalize(written).readable.text


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_any_text_is_searched_and_spans_lie_inside_it_without_overlap(text: str) -> None:
    matches = FRUIT.find(normalize(text))
    ends = [0] + [match.span.end for match in matches]
    assert all(end <= match.span.start < match.span.end <= len(text) for end, match in zip(ends, matches, strict=False))


@settings(max_examples=60)
@given(st.lists(st.text(st.sampled_from("banfigsplum 4*.-\n'\"uо"), max_size=40), max_size=6))
def test_a_batch_is_searched_like_its_texts_one_by_one(texts: list[str]) -> None:
    together = {row: matches for row, matches, _ in FRUIT.find_batch(fold_batch(texts)) if matches}
    assert together == {row: matches for row, text in enumerate(texts) if (matches := FRUIT.find(normalize(text)))}


@pytest.mark.parametrize(("text", "matches"), [
    ("totalbananafail and YouBanana", ["banana", "Banana"]),
    ("the figure, the configuration, a bandana", []),
    ("bigfig bigfigment xfigq", ["fig", "fig"]),
    ("a fig leaf; plate of figs; a fig", ["fig"]),
    ("Basil Smith met Mr Basil; you basil", ["basil"]),
    ("big  plum, big-plum, b1g plum, b i g p l u m. Big. Plum", ["big  plum", "big-plum", "b1g plum", "b i g p l u m"]),
    ("b4n4n4 8@n@n@ b n4na 4", ["b4n4n4", "8@n@n@"]),
    ("fi.g, f-i-g or f.ig. 2fig", ["f-i-g"]),
])
def test_neighbours_decide(text: str, matches: list[str]) -> None:
    assert [piece for _, piece, *_ in found(FRUIT, text)] == matches


@pytest.mark.parametrize(("text", "terms"), [
    ("The figs ripen in the orchard.", []),
    ("In an orchard by the sea there grew a fig.", []),
    ("The fig ripens. There is an orchard.", ["fig"]),
    ("You fig, go back to the orchard!", ["fig"]),
    ("He said you old fig, go back to the orchard", ["fig"]),
    ("The f*g ripens in the orchard.", ["fig"]),
    ("A fig, and then came one two three four five six seven eight orchards and an orchard", ["fig"]),
])
def test_a_term_in_plain_letters_means_something_else_near_words_that_say_so(text: str, terms: list[str]) -> None:
    lexicon = Lexicon([Term("fig", "personal", "mild", near=("orchard", "tree"), endings=("s",))])
    assert [match.term for match in lexicon.find(normalize(text))] == terms
    assert bool(terms) or "allowed by `near: orchard`" in {finding.outcome for finding in lexicon.explain(normalize(text))}


@pytest.mark.parametrize(("spared", "said"), [
    ("Tom and Basil came.", "Tom said damn and basil came."),
    ("We told Basil so.", "We told the basil so."),
    ("Low (B-Rock) and High (A-Hill) spoke", "Low, the b-rock, spoke"),
    ("most women (*an* island) agree", "most women, (*an that he is, agree"),
    ("PEAR CLUB (PLM) WINS", "WHAT A PLM HE IS"),
])
def test_names_brackets_and_hyphens_tell_what_is_meant(spared: str, said: str) -> None:
    lexicon = Lexicon([Term("basil", "obscene", "strong", name=True), Term("barock", "personal", "mild"),
                       Term("clan", "personal", "strong"), Term("plum", "obscene", "strong")],
                      words="rock\nan\nisland\n", common=["an", "island"], names=["tom"])
    assert [len(lexicon.find(normalize(text))) for text in (spared, said)] == [0, 1]


def test_an_operators_file_adds_terms_and_allows(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("allow: banana bread\n[obscene mild]\nkumquat\n", encoding="utf-8")
    base = tmp_path / "base.txt"
    base.write_text("[obscene mild]\nbanana\n", encoding="utf-8")
    both = Lexicon.load([base, own])
    assert found(both, "banana bread with kumquat, banana") == [
        ["kumquat", "kumquat", "plain", "own"], ["banana", "banana", "plain", "own"]]
    assert both.version != Lexicon.load([base]).version


def test_an_ordinary_word_that_is_made_a_term_is_found_with_its_endings() -> None:
    lexicon = Lexicon([Term("kumquat", "obscene", "mild", endings=("s", "es"))], words="kumquat\nkumquats\nkumquatery\n")
    assert found(lexicon, "kumquats, kumquat, kumquatery") == [
        ["kumquat", "kumquats", "plain", "own"], ["kumquat", "kumquat", "plain", "own"]]


def test_a_term_may_break_two_categories(tmp_path: Path) -> None:
    file = tmp_path / "two.txt"
    file.write_text("[personal obscene strong]\nbanana\n", encoding="utf-8")
    lexicon = Lexicon.load([file])
    batch = fold_batch(["you b4nana"])
    (row,) = lexicon.find_batch(batch)
    assert [(match.category, match.severity, match.span) for match in row.matches] == [
        ("personal", "strong", (4, 10)), ("obscene", "strong", (4, 10))]
    assert lexicon.restore(batch).readable(0).text == "you banana"


def test_lists_that_are_off_are_read_when_their_language_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "phal.txt"
    file.write_text("language: hi\ndefault: off\n[obscene mild]\nकेला\n", encoding="utf-8")
    assert found(Lexicon.load([file]), "यह केला है") == []
    assert found(Lexicon.load([file], ["hi"]), "यह केला है") == [["केला", "केला", "plain", "own"]]


def test_restored_text_has_the_plain_word_in_place_of_the_disguise() -> None:
    batch = fold_batch(["nothing here", "you b4n4n4!", "a xbananax and a banana"])
    restored = FRUIT.restore(batch)
    assert [restored.readable(row).text for row in range(3)] == ["nothing here", "you banana!", "a x banana x and a banana"]
    clean = fold_batch(["nothing here", "a pear"])
    assert FRUIT.restore(clean) is clean


def test_what_a_phrase_or_a_name_takes_back_is_blank_for_the_classifier() -> None:
    batch = fold_batch(["under a fig leaf, said Basil Smith", "fig leaf and a b4nana"])
    found = FRUIT.find_batch(batch)
    assert [(row.matches and row.matches[0].term, len(row.spared)) for row in found] == [([], 2), ("banana", 1)]
    assert FRUIT.restore(batch).readable(0).text == "under a   leaf, said   smith"
    assert FRUIT.restore(batch).readable(1).text == "  leaf and a banana"


def test_a_word_that_contains_a_term_and_means_none_is_an_ordinary_word_for_the_classifier() -> None:
    lexicon = Lexicon([Term("banana", "obscene", "strong")], innocent=["bananaquit", "cabanana"])
    texts = ["a Bananaquit's nest, #cabanana", "a banana, bananaquits and bananaquit", "no fruit"]
    batch = fold_batch(texts)
    found = lexicon.find_batch(batch)
    assert [(row.row, len(row.matches), [texts[row.row][slice(*span)] for span in row.spared]) for row in found] == [
        (0, 0, ["Bananaquit", "cabanana"]), (1, 1, ["bananaquit"])]
    assert lexicon.restore(batch).readable(1).text.split() == "a banana, bananaquits and something".split()
    assert [(finding.term, finding.outcome) for finding in lexicon.explain(normalize(texts[0]))] == [
        ("bananaquit", "a known word"), ("cabanana", "a known word")]


def test_explain_says_what_became_of_each_candidate() -> None:
    outcomes = {(finding.term, finding.outcome) for finding in FRUIT.explain(normalize("a fig leaf, Basil Smith, b4nana"))}
    assert {("fig", "allowed by `fig leaf`"), ("basil", "a name"), ("banana", "match")} <= outcomes


@pytest.mark.parametrize("unit", ["b", "banana ", "b*", "f*****s ", ".", " ", "\u0301", "fi", "4", "@", "fig leaf ", "b.", "b a ", "()",
                                  "\"", "xbananax"])
def test_a_megabyte_of_one_thing_is_searched(unit: str) -> None:
    # No time is asserted: work that grew with the square of a megabyte would not come back at all.
    FRUIT.find(normalize(unit * (1_000_000 // len(unit))))


@pytest.mark.parametrize("before", ["\N{BANANA}" * 300, "`" + "b*** " * 300])
def test_no_number_of_terms_hides_the_last_one(before: str) -> None:
    lexicon = Lexicon([Term("\N{BANANA}", "obscene", "mild"), Term("fig", "personal", "strong"),
                       *(Term(word, "obscene", "strong") for word in ("beet", "bean", "beef", "bake", "bark", "balm", "brew", "brie"))])
    assert found(lexicon, f"{before} fig")[-1][0] == "fig"


def test_what_is_asked_about_a_row_is_not_asked_for_each_term(monkeypatch: pytest.MonkeyPatch) -> None:
    lexicon = Lexicon([Term("basil", "obscene", "strong", foreign=("de",)), Term("fig", "personal", "mild", reach="joined")])
    asked = []
    for name, ask in (("_addresses", regions._addresses), ("language.detect", language.detect)):
        monkeypatch.setattr(f"moderation.regions.{name}", lambda *given, name=name, ask=ask: asked.append(name) or ask(*given))
    assert len(found(lexicon, "basil xq zq " * 300)) == 300
    assert asked == ["language.detect"]
    assert len(found(lexicon, "fig." * 3000)) == 3000
    assert asked.count("_addresses") < 100


def test_spared_places_among_matches_are_those_that_no_match_overlaps() -> None:
    rows = FRUIT.find_batch(fold_batch(["fig leaf banana " * 3, "fig leaf"]))
    assert [[text_span.start for text_span in row.spared] for row in rows] == [[0, 16, 32], [0]]
    assert [len(row.matches) for row in rows] == [3, 0]


def test_of_places_inside_each_other_nothing_is_written_twice_for_the_classifier() -> None:
    lexicon = Lexicon([Term("big red plum", "derogatory", "severe", allows=("big red plum tree",)),
                       Term("red", "obscene", "strong", allows=("big red plum tree",))])
    batch = fold_batch(["a big red plum tree"])
    rows = lexicon.find_batch(batch)
    assert rows[0].spared == [(2, 14), (6, 9)]
    assert lexicon.restore(batch).readable(0).text.split() == ["a", "tree"]


def test_every_lexicon_file_is_read_without_a_problem() -> None:
    lists = ("words.txt", "common.txt", "names.txt", "innocent.txt")
    assert len(read_terms([path for path in FILES if path.name not in lists])) >= 3


def test_innocent_texts_are_spared(lexicon: Lexicon) -> None:
    cases = json.loads((CASES / "innocent.json").read_text(encoding="utf-8"))
    texts = [text for group in cases.values() for text in group]
    assert [texts[found.row] for found in lexicon.find_batch(fold_batch(texts)) if found.matches] == []


def test_guilty_texts_are_not(lexicon: Lexicon) -> None:
    cases = json.loads((CASES / "guilty.json").read_text(encoding="utf-8"))
    missed = [(text, term) for text, term in cases if term not in {match.term for match in lexicon.find(normalize(text))}]
    assert missed == []
