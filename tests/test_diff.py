"""The comparison of two audits: joined by row whatever the parts, counted as the rows are, and refused where they are not alike."""

import json
import re
from collections import Counter

import pytest
from archives import made_up, write_run
from auditing import environment, small_spec, write_archive
from browser import barriers, chromium, visit  # noqa: F401

from moderation import cli
from moderation.audit import diff, diff_commands, difference
from moderation.errors import DataError
from moderation.settings import ROOT

BEFORE, TEXTS = made_up(500, hostile=True)
AFTER, _ = made_up(500, hostile=True, versions=("m-2", "l-1", "p-1"), shift=0.08)
PAIRS = list(zip(BEFORE.to_pylist(), AFTER.to_pylist(), strict=True))


@pytest.fixture
def runs(tmp_path):
    return write_run(tmp_path / "a", BEFORE, 70), write_run(tmp_path / "b", AFTER, 333)


def test_every_change_is_counted(runs):
    listed = []
    found = diff.compare(*runs, listed.append)
    expected = Counter((one["action"], other["action"]) for one, other in PAIRS)
    assert {(one, other): found.actions[i, j] for i, one in enumerate(diff.ACTIONS) for j, other in enumerate(diff.ACTIONS)
            if found.actions[i, j]} == expected
    changed = [(one, other) for one, other in PAIRS if one["action"] != other["action"]]
    assert [(change.before["row"], change.kind) for change in listed] == [
        (one["row"], (one["action"], other["action"])) for one, other in changed]
    assert (found.rows, found.changed, found.alone) == (500, len(changed), (0, 0)) and changed
    assert diff.stricter(found.actions) == found.changed  # every score went up
    by_section = Counter(one["section"] or "" for one, _ in changed)
    assert {name: diff.changed(matrix) for name, matrix in found.sections.items() if diff.changed(matrix)} == by_section
    personal = [tuple(any(reason["category"] == "personal" for reason in side["reasons"]) for side in pair) for pair in PAIRS]
    assert diff.changed(found.categories["personal"]) == sum(one != other for one, other in personal) > 0


def test_examples_are_those_that_move_most(runs):
    found = diff.compare(*runs)
    for kind, chosen in found.examples.items():
        moved = {one["row"]: abs(max(one["scores"].values()) - max(other["scores"].values())) for one, other in PAIRS
                 if (one["action"], other["action"]) == kind}
        best = sorted((round(move, 4) for move in moved.values()), reverse=True)[:diff.EXAMPLES]
        assert [round(moved[change.before["row"]], 4) for change in chosen] == best


def test_parts_and_samples_do_not_matter(tmp_path, runs):
    odd = AFTER.filter([row % 3 > 0 for row in range(500)])
    found = diff.compare(runs[0], write_run(tmp_path / "c", odd, 41))
    assert (found.rows, found.alone) == (len(odd), (500 - len(odd), 0))
    assert diff.compare(write_run(tmp_path / "d", odd, 41), runs[0]).alone == (0, 500 - len(odd))
    same = diff.compare(runs[0], write_run(tmp_path / "e", BEFORE, 41))
    assert (same.changed, same.examples) == (0, {})
    assert "0 change their action (0 %)" in diff_commands.told(same)


def test_a_copy_of_the_archive_is_the_same_archive(tmp_path, runs):
    size = json.loads((runs[0] / "key.json").read_text())["source"][0][1]
    copied = write_run(tmp_path / "c", AFTER, 90, source=[["copy.csv", size, 99]])
    assert diff.compare(runs[0], copied).changed == diff.compare(*runs).changed > 0


@pytest.mark.parametrize("name", ["id", "time"])
def test_rows_that_are_not_the_same_comments_are_refused(tmp_path, runs, name):
    column = AFTER[name].to_pylist()
    column[200], column[201] = column[201], column[200]
    other = AFTER.set_column(AFTER.schema.get_field_index(name), AFTER.schema.field(name), [column])
    with pytest.raises(DataError, match=f"row 201\n *has another {name} in each"):
        diff.compare(runs[0], write_run(tmp_path / "c", other, 100))


@pytest.mark.parametrize(("key", "told"), [
    ({"source": [["other.csv", 3, 4], ["more.csv", 1200, 4]]},
     "the archive\n     A is of 1 file of 1 bytes, B of 2 files of 1,203 bytes in all"),
    ({"--since": 1_709_208_000_000_000}, "--since\n     not given in A, 2024-02-29T12:00:00+00:00 in B"),
    ({"--section": ["sport", "my home"]}, "--section\n     all sections in A, `sport`, `my home` in B"),
    ({"reading": {"html": True}}, "--html\n     `html` is not stated in A, on in B"),
    ({"reading": {"delimiter": ";", "encoding": "cp1252"}}, "--delimiter\n     `delimiter` is not stated in A, `;` in B"),
    ({"reading": {"names": ["id", "body"]}}, "the archive's columns\n     none in A, `id`, `body` in B"),
    ({"reading": {"columns": {"text": "body"}}}, "--text\n     read from no column in A, from `body` in B"),
    ({"reading": {"past": {"zapped": "held"}}}, "--past-map\n     past decisions are not understood alike")])
def test_runs_of_different_inputs_are_refused_with_what_differs(tmp_path, runs, key, told):
    with pytest.raises(DataError, match="only audits of the same comments") as refused:
        diff.compare(runs[0], write_run(tmp_path / "c", AFTER, 100, **key))
    assert told in str(refused.value)
    assert all("audit" in problem.hint and "{" not in str(problem) for problem in refused.value.problems)


def test_what_is_no_finished_audit_is_refused(tmp_path, runs):
    with pytest.raises(DataError, match="holds no audit"):
        diff.open_run(tmp_path)
    (runs[0] / "run.json").unlink()
    with pytest.raises(DataError, match="has not ended"):
        diff.open_run(runs[0])
    (runs[1] / "parts/00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="cannot be read"):
        diff.compare(runs[1], runs[1])


def test_the_command_tells_lists_and_draws(runs, tmp_path, capsys, golden):
    assert cli.main(["audit", "diff", str(runs[0]), str(runs[1]), "--list", str(tmp_path / "list.jsonl"),
                     "--html", str(tmp_path / "diff.html")]) == 0
    golden("audit_diff.txt", capsys.readouterr().out)
    lines = [json.loads(line) for line in (tmp_path / "list.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["row"] for line in lines] == [one["row"] for one, other in PAIRS if one["action"] != other["action"]]
    assert (tmp_path / "diff.html").exists()
    assert cli.main(["audit", "diff", str(runs[0]), str(tmp_path)]) == 1
    for option in ("--list", "--html"):
        assert cli.main(["audit", "diff", *map(str, runs), option, str(tmp_path / "none/file")]) == 1
        assert re.search("none/.*file.*\n     cannot be used: No such file or directory", capsys.readouterr().err)


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_the_page_shows_what_changes(visit, runs, tmp_path, width, dark):  # noqa: F811
    found = diff.compare(*runs)
    difference.write(found, tmp_path / "diff.html", "full", dict(enumerate(TEXTS.to_pylist())))
    page = visit((tmp_path / "diff.html").as_uri(), width=width, dark=dark)
    assert page.inner_text(".tiles b >> nth=0") == str(found.changed)
    count = int(found.actions[1, 2])
    assert count > 0 and f"held in A, rejected in B: {count}" in [text.strip() for text in page.locator("summary").all_inner_texts()]
    page.locator("#text-full").check()
    first = next(iter(found.examples.values()))[0]
    assert " ".join(TEXTS[first.before["row"]].as_py().split()[:1])[:3] in page.locator("details[open] blockquote").first.inner_text()
    assert page.locator("figure.chart svg").count() == 2
    assert barriers(page) == []


def test_the_page_says_by_which_tiers_and_whether_scores_move(tmp_path):
    tiers = write_run(tmp_path / "a", BEFORE, 70, tier="fast"), write_run(tmp_path / "b", AFTER, 70, tier="auto")
    page = difference.html(diff.compare(*tiers), "none", {})
    assert re.search(r'<th scope="row">tier</th>\s*<td><code>fast</code></td><td><code>auto</code></td>', page)
    assert "Those whose score moves most:" in page
    place = BEFORE.schema.get_field_index("action")
    milder = BEFORE.set_column(place, BEFORE.schema.field(place), [["approve"] * len(BEFORE)])
    page = difference.html(diff.compare(tiers[0], write_run(tmp_path / "c", milder, 70)), "none", {})
    assert '<th scope="row">tier</th>' not in page  # one of the two does not name it
    assert "whose scores are the same in both" in page and "score moves most" not in page


def test_without_texts_the_page_has_none(runs, tmp_path):
    difference.write(diff.compare(*runs), tmp_path / "diff.html")
    text = (tmp_path / "diff.html").read_text(encoding="utf-8").partition("<body>")[2].partition("\n<script>")[0]
    assert "lovely" not in text and "made without their text" in text


def test_two_real_audits_are_compared_with_the_comments_of_their_archive(tmp_path, monkeypatch, capsys):
    archive = write_archive(tmp_path / "comments.csv", 300)
    for name, value in environment(small_spec(tmp_path)).items():
        monkeypatch.setenv(name, value)
    assert cli.main(["audit", str(archive), "--out", str(tmp_path / "a"), "--quiet", "--workers", "1"]) == 0
    policy = (ROOT / "tests/cases/policy.toml").read_text(encoding="utf-8")
    (tmp_path / "stricter.toml").write_text(re.sub(r"\{ review = [\d.]+", "{ review = 0.01", policy), encoding="utf-8")
    monkeypatch.setenv("MODERATION_POLICY", str(tmp_path / "stricter.toml"))
    assert cli.main(["audit", str(archive), "--out", str(tmp_path / "b"), "--quiet", "--workers", "1", "--part-rows", "90"]) == 0
    capsys.readouterr()
    assert cli.main(["audit", "diff", str(tmp_path / "a"), str(tmp_path / "b"), "--html", str(tmp_path / "diff.html"),
                     "--source", str(archive)]) == 0
    found = diff.compare(tmp_path / "a", tmp_path / "b")
    assert capsys.readouterr().out.startswith(f"{found.rows:,} comments in both audits; {found.changed:,} change their action")
    assert found.changed and all(count == 0 for count in found.alone)
    text = (tmp_path / "diff.html").read_text(encoding="utf-8").partition("<body>")[2].partition("\n<script>")[0]
    assert text.count("<blockquote") == sum(len(chosen) for chosen in found.examples.values())
    assert "lovely" in text
