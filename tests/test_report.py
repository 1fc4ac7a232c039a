"""The report and the summary: what they say, that hostile archives do them nothing, and how a browser shows them."""

import json
import re

import pytest
from archives import HOSTILE, LINES, made_up
from browser import barriers, chromium, visit  # noqa: F401

from moderation.audit import examples, report, summary, words
from moderation.audit.tally import AuditTally, totals

WORDS = ("banana", "durian", "prune")


def tally(shown="full", rows=600, hostile=False, rejected=None):
    results, texts = made_up(rows, seed=3, hostile=hostile)
    return AuditTally.of(results, texts, LINES, shown, rejected)


def written(folder, shown="full", **made):
    path = folder / "report.html"
    found = tally(shown, **made)
    report.write(found, path, "comments of <b>2023</b>.csv", shown)
    return found, path


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return written(tmp_path_factory.mktemp("report"), rejected={"no text": 3})


def main(path):
    """The page's own part: without style, scripts and policy."""
    return path.read_text(encoding="utf-8").partition("<body>")[2].partition("\n<script>")[0]


def test_the_summary_is_the_counts_and_nothing_else():
    found = summary.summary(tally(rejected={"no text": 3}))
    counts = totals(tally().actions.values())
    assert found["actions"] == dict(zip(("approve", "review", "reject"), counts, strict=True))
    assert found["rows"] == 600 == sum(found["actions"].values())
    assert found["rejected_rows"] == {"no text": 3}
    assert found["thresholds"]["sport"]["obscene"] == {"review": 0.5, "reject": 0.95}
    assert found["versions"] == [{"model": "m-1", "lexicon": "l-1", "policy": "p-1"}]


@pytest.mark.parametrize("write", [summary.write, lambda found, path: report.write(found, path, "a.csv")])
def test_two_partitionings_are_written_as_the_same_bytes(tmp_path, write):
    results, texts = made_up(300)
    halves = [AuditTally.of(results.slice(start, 150), texts.slice(start, 150), LINES) for start in (150, 0)]
    write(halves[0].merge(halves[1]), tmp_path / "halves")
    write(AuditTally.of(results, texts, LINES), tmp_path / "whole")
    assert (tmp_path / "halves").read_bytes() == (tmp_path / "whole").read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["halves", "whole"]


def test_the_summary_holds_no_comment(tmp_path):
    summary.write(tally(hostile=True), tmp_path / "summary.json")
    text = (tmp_path / "summary.json").read_text(encoding="utf-8")
    assert "lovely" not in text and list(json.loads(text)) == sorted(json.loads(text))


def test_the_report_says_what_would_be_done(visit, plain):  # noqa: F811
    found, path = plain
    page = visit(path.as_uri())
    assert page.inner_text("h1") == "What today’s policy would do with comments of <b>2023</b>.csv"
    tiles = [re.match(r"[\d,]+", tile)[0] for tile in page.locator(".tiles li").all_inner_texts()]
    assert tiles == [words.number(count) for count in totals(found.actions.values())]
    changed = found.actions["published"][2]
    summaries = page.locator("#then summary").all_inner_texts()
    assert f"published then, rejected now: {changed}" in [text.strip() for text in summaries]
    assert "3 rows could not be read" in page.inner_text("header")
    assert page.locator("figure.chart svg").count() == 7
    for link in page.locator("nav a").all():
        assert page.locator(link.get_attribute("href")).count() == 1


def test_the_switch_masks_and_leaves_out(visit, plain):  # noqa: F811
    page = visit(plain[1].as_uri(), width=390, dark=True)
    highest = page.locator("#highest")
    assert not any(word in highest.inner_text() for word in WORDS) and "*****" in highest.inner_text()
    assert page.locator("#terms tbody td").first.inner_text() == "p****"
    page.locator("#text-full").check()
    assert any(word in highest.inner_text() for word in WORDS) and "*****" not in highest.inner_text()
    assert page.locator("#terms tbody td").first.inner_text() == "prune"
    assert page.locator("#highest mark").first.is_visible()
    page.locator("#text-none").check()
    assert not page.locator("#highest blockquote").first.is_visible()
    assert page.locator("#highest .facts").first.is_visible()


@pytest.mark.parametrize("shown", ["masked", "none"])
def test_what_was_left_out_when_it_was_made_is_not_in_the_file(tmp_path, shown):
    _, path = written(tmp_path, shown)
    assert not any(word in main(path) for word in WORDS)
    assert ("lovely" in main(path)) == (shown == "masked")


def test_a_whole_tally_can_be_shown_with_less(tmp_path):
    report.write(tally("full"), tmp_path / "report.html", "a.csv", "none")
    assert not any(word in main(tmp_path / "report.html") for word in (*WORDS, "lovely"))


@pytest.mark.parametrize("width", [390, 1280])
def test_a_hostile_archive_is_shown_and_does_nothing(visit, tmp_path, width):  # noqa: F811
    _, path = written(tmp_path, hostile=True)
    page = visit(path.as_uri(), width=width)
    page.locator("#text-full").check()
    assert page.locator("img, svg svg, main script:not([type='application/json'])").count() == 0
    shown = page.inner_text("main")
    for text in HOSTILE[:2]:
        assert text in shown
    assert "U+202Egnihtemos" in shown and "U+0000null" in shown and "\u202e" not in main(path) and "\x00" not in main(path)
    assert "{{ 7*7 }}" in shown


def test_an_archive_of_nothing_has_a_report(visit, tmp_path):  # noqa: F811
    report.write(AuditTally.empty(LINES), tmp_path / "report.html", "empty.csv")
    page = visit((tmp_path / "report.html").as_uri())
    assert page.inner_text(".tiles li >> nth=0").startswith("0")
    assert "No comment was scored" in page.inner_text("main") and page.locator("figure, .switch").count() == 0
    for link in page.locator("nav a").all():
        assert page.locator(link.get_attribute("href")).count() == 1


def test_one_comment_is_called_one(visit, tmp_path):  # noqa: F811
    results, texts = made_up(600, seed=3)
    one = AuditTally.of(results.slice(5, 1), texts.slice(5, 1), LINES, rejected={"no text": 1})
    report.write(one, tmp_path / "report.html", "one.csv")
    page = visit((tmp_path / "report.html").as_uri())
    assert "1 comment, all of 2023-05" in page.inner_text("header")
    assert "1 row could not be read and is left out" in page.inner_text("header")
    assert not re.search(r"\b1 (comments|rows)", page.inner_text("body"))


@pytest.mark.parametrize("width", [390, 1280])
def test_many_sections_with_long_names_leave_their_counts_in_sight(visit, tmp_path, width):  # noqa: F811
    results, texts = made_up(600, seed=3)
    names = [*(f"Section {number}" for number in range(280)), "x" * 180, "a name without an end " * 8, "\u05e1\u05e4\u05d5\u05e8\u05d8",
             "a\u202eb"]
    place = results.schema.get_field_index("section")
    results = results.set_column(place, results.schema.field(place), [
        [names[280] if row % 5 == 0 else names[row % len(names)] for row in range(600)]])
    report.write(AuditTally.of(results, texts, LINES), tmp_path / "report.html", "\u05d0\u05e8\u05db\u05d9\u05d5\u05df.csv")
    page = visit((tmp_path / "report.html").as_uri(), width=width, dark=True)
    assert page.locator("#sections tbody tr").count() == 60 and "224 smaller sections are not listed" in page.inner_text("#sections")
    long = page.locator("#sections tbody tr", has_text="xxxxx").first.locator("td").nth(1).bounding_box()
    assert long["x"] + long["width"] <= width


def test_a_printed_report_is_light_and_keeps_its_marks(visit, plain):  # noqa: F811
    page = visit(plain[1].as_uri(), width=700, dark=True)
    page.locator("#text-full").check()
    page.emulate_media(media="print", color_scheme="dark")
    look = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
    ink, paper = (page.evaluate(look, ["body", name]) for name in ("color", "backgroundColor"))
    assert (ink, paper) == ("rgb(27, 31, 36)", "rgb(255, 255, 255)")
    assert page.evaluate(look, ["mark", "printColorAdjust"]) == "exact"
    assert page.evaluate(look, ["h2", "breakAfter"]) == page.evaluate(look, ["figure.chart", "breakInside"]) == "avoid"
    for what in ("nav", ".switch", "figure details"):
        assert not page.locator(what).first.is_visible()
    assert page.locator("#highest mark").first.is_visible()


def test_who_decided_is_told(visit, plain, tmp_path):  # noqa: F811
    assert "The encoder, which reads" in visit(plain[1].as_uri()).inner_text("#made")
    results, texts = made_up(50, seed=3)
    place = results.schema.get_field_index("tier")
    results = results.set_column(place, results.schema.field(place), [["fast"] * 50])
    report.write(AuditTally.of(results, texts, LINES), tmp_path / "report.html", "a.csv")
    assert "the encoder was not asked" in visit((tmp_path / "report.html").as_uri()).inner_text("#made")


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_in_the_report_keeps_somebody_out(visit, plain, dark):  # noqa: F811
    page = visit(plain[1].as_uri(), dark=dark)
    page.evaluate("for (const found of document.querySelectorAll('details')) found.open = true")
    assert barriers(page) == []


def test_a_sentence_that_the_encoder_marked_stays_to_be_read():
    result = {"row": 0, "id": "a", "time": None, "section": None, "past": None, "action": "review", "spans": [
        {"start": 0, "end": 17, "category": "personal", "source": "encoder", "term": None, "severity": None, "disguise": None,
         "region": None},
        {"start": 8, "end": 14, "category": "personal", "source": "lexicon", "term": "durian", "severity": "mild", "disguise": "plain",
         "region": "own"}]}
    found = examples.example(result, "You old durian, you.", 0, "0", 1, {"personal": 6000})
    assert examples.hide(found, "masked").text == "You old ******, you."
    assert [(segment.text, segment.is_word) for segment in words.segments(found)] == [
        ("You old ", False), ("durian", True), (", y", False), ("ou.", False)]
