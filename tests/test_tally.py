"""The tally: its sum is the same whoever counted which part, and it counts what is there."""

import functools
import itertools
from collections import Counter

import msgspec
import pyarrow as pa
import pytest
from archives import CATEGORIES, LINES, made_up
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.audit import examples, tally
from moderation.audit.reading import as_read
from moderation.audit.tally import AuditTally, Lines

RESULTS, TEXTS = made_up(400)
ROWS = RESULTS.to_pylist()
WHOLE = AuditTally.of(RESULTS, TEXTS, LINES)


def parts(cuts):
    edges = [0, *sorted(cuts), len(RESULTS)]
    return [AuditTally.of(RESULTS.slice(start, end - start), TEXTS.slice(start, end - start), LINES, rejected={"no text": end % 3})
            for start, end in itertools.pairwise(edges)]


@settings(max_examples=40)
@given(st.lists(st.integers(0, len(RESULTS)), max_size=6), st.randoms(use_true_random=False))
def test_the_sum_does_not_depend_on_parts_or_order(cuts, random):
    cut = parts(cuts)
    random.shuffle(cut)
    while len(cut) > 1:  # added up two by two, in any order: associative and commutative
        one, other = cut.pop(random.randrange(len(cut))), cut.pop(random.randrange(len(cut)))
        cut.append(one.merge(other))
    assert msgspec.structs.replace(cut[0], rejected={}) == WHOLE
    assert msgspec.structs.replace(cut[0], rejected={}).to_json() == WHOLE.to_json()


def test_nothing_adds_nothing_and_json_brings_all_back():
    assert WHOLE.merge(AuditTally.empty(LINES)) == AuditTally.empty(LINES).merge(WHOLE) == WHOLE
    assert AuditTally.from_json(WHOLE.to_json()) == WHOLE
    assert AuditTally.of(RESULTS.slice(0, 0), TEXTS.slice(0, 0), LINES, rejected={"no text": 2}).rejected == {"no text": 2}


def test_counts_are_those_of_the_rows():
    actions = ("approve", "review", "reject")
    for name, counts in (("past", WHOLE.actions), ("language", WHOLE.languages),
                         ("section", {name: section.actions for name, section in WHOLE.sections.items()})):
        expected = Counter((row[name] or "", row["action"]) for row in ROWS)
        assert {(value, action): count for value, each in counts.items() for action, count in zip(actions, each, strict=True)
                if count} == expected
    assert WHOLE.rows == 400 and tally.totals(WHOLE.actions.values()) == tally.totals(WHOLE.months.values())
    assert WHOLE.months.keys() == {row["time"].strftime("%Y-%m") if row["time"] else "" for row in ROWS}
    for name in CATEGORIES:
        scores = [round(row["scores"][name] * 10_000) for row in ROWS]
        assert WHOLE.scores[name] == [sum(min(score // 200, 49) == place for score in scores) for place in range(50)]
        over = Counter(sum(score >= line for line in LINES.of_section(row["section"] or "")[name])
                       for score, row in zip(scores, ROWS, strict=True))
        assert WHOLE.categories[name] == [over[0], over[1], over[2]]
    assert WHOLE.unread == sum(row["action"] == "review" and not row["reasons"] for row in ROWS) > 0


def test_terms_are_counted_by_times_and_by_comments():
    hits = [(span["category"], span["term"], span["disguise"], number) for number, row in enumerate(ROWS) for span in row["spans"]
            if span["source"] == "lexicon"]
    for category, term in {hit[:2] for hit in hits}:
        found = WHOLE.terms[category][term]
        assert found.times == sum(hit[:2] == (category, term) for hit in hits)
        assert found.disguised == sum(hit[:3] == (category, term, "leet") for hit in hits)
        assert sum(found.comments) == len({hit[3] for hit in hits if hit[:2] == (category, term)})
    assert WHOLE.disguises == Counter(hit[2] for hit in hits)


def test_examples_are_the_first_of_their_stratum():
    distance = {row["row"]: round(row["scores"]["personal"] * 10_000) - 9000 for row in ROWS}
    nearest = sorted(-distance[row] for row in distance if distance[row] < 0)
    found = WHOLE.examples["near/personal/reject/below"]
    assert [example.key for example in found] == sorted(example.key for example in found)
    assert found[0].key == nearest[0]
    highest = [round(max(row["scores"].values()) * 10_000) for row in ROWS if row["past"] == "published"]
    assert 10_000 - WHOLE.examples["highest/published"][0].key == max(highest)
    for name, chosen in WHOLE.examples.items():
        assert 0 < len(chosen) <= examples.most(name)
        for example in chosen:
            row = ROWS[example.row]
            assert (example.action, example.past, example.text) == (row["action"], row["past"], TEXTS[example.row].as_py())
            if name.startswith("then/"):
                assert name == f"then/{row['past'] or ''}/{row['action']}"


def test_copies_of_one_text_are_one_example():
    results, texts = made_up(30)
    again = [results.slice(4, 1).set_column(0, "row", [[number]]).cast(results.schema) for number in range(100, 120)]
    whole = functools.reduce(AuditTally.merge, (AuditTally.of(one, text, LINES) for one, text in
                                                [(results, texts), *((one, texts.slice(4, 1)) for one in again)]))
    shown = [example for chosen in whole.examples.values() for example in chosen if example.text == texts[4].as_py()]
    assert shown and all((example.copies, example.row) == (21, 4) for example in shown)


@pytest.mark.parametrize("shown", ["masked", "none"])
def test_what_is_not_to_be_shown_is_not_kept(shown):
    kept = AuditTally.of(RESULTS, TEXTS, LINES, shown)
    examples_of = [example for chosen in kept.examples.values() for example in chosen]
    assert [example.row for chosen in WHOLE.examples.values() for example in chosen] == [example.row for example in examples_of]
    for example in examples_of:
        assert all(mark.term is None for mark in example.marks)
        assert example.text is None if shown == "none" else not any(word in example.text for word in ("banana", "durian", "prune"))


def test_a_long_text_is_cut_around_its_first_span():
    results, texts = made_up(8, hostile=True)
    kept = AuditTally.of(results.slice(3, 1), texts.slice(3, 1), LINES)
    example = next(iter(kept.examples.values()))[0]
    assert len(example.text) == examples.LENGTH and example.before > 0
    assert example.before + example.after + examples.LENGTH == len(texts[3].as_py())
    for mark in example.marks:
        assert example.text[mark.start:mark.end] == texts[3].as_py()[example.before + mark.start:example.before + mark.end]


def test_html_is_shown_as_its_reader_sees_it_with_the_same_words_marked():
    plain, html = [], []
    for text in TEXTS.to_pylist():
        plain.append(text)
        html.append("<p>" + text.replace(" ", " <b></b>") + " &amp; so on</p>")
    rows = RESULTS.to_pylist()
    for row, text in zip(rows, plain, strict=True):
        for span in row["spans"]:
            span["start"], span["end"] = (3 + place + 7 * text.count(" ", 0, place) for place in (span["start"], span["end"]))
    moved = AuditTally.of(pa.Table.from_pylist(rows, RESULTS.schema), pa.array(html), LINES, is_html=True)
    for example in (example for chosen in moved.examples.values() for example in chosen):
        assert example.text == f"{plain[example.row]} & so on"
        assert [example.text[mark.start:mark.end] for mark in example.marks] == [
            plain[example.row][span["start"]:span["end"]] for span in ROWS[example.row]["spans"]]


@given(st.text(alphabet="<>/pi b&;am#1\n\u202e", max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4))
def test_any_text_can_be_read_as_html(text, pairs):
    spans = [(min(pair), max(pair)) for pair in pairs if max(pair) <= len(text)]
    seen, placed = as_read(text, spans)
    assert all(0 <= start <= end <= len(seen) for start, end in placed) and len(placed) == len(spans)


def test_names_without_end_are_bounded_and_those_kept_are_exact(monkeypatch):
    monkeypatch.setattr(tally, "NAMES", 2)
    cut = functools.reduce(AuditTally.merge, parts([50, 170, 300]))
    assert len(cut.sections) == 2 == len(cut.months)
    assert all(cut.sections[name] == WHOLE.sections[name] for name in cut.sections)
    assert cut.sections == AuditTally.of(RESULTS, TEXTS, LINES).sections


def test_different_policies_have_no_common_sum():
    with pytest.raises(ValueError, match="different policies"):
        WHOLE.merge(AuditTally.empty(Lines({}, {}, {})))
