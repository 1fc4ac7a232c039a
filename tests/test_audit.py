"""Audits in this process: results, resuming after a stop at any step, keys and samples."""

import contextlib
import gzip
import json
import os
from dataclasses import replace

import msgspec
import pyarrow.parquet
import pytest

from moderation.answers import Answers
from moderation.audit import folder as folder_module
from moderation.audit import run as run_module
from moderation.audit.engines import Pool
from moderation.audit.folder import Folder
from moderation.audit.kernel import Job
from moderation.audit.progress import Progress
from moderation.audit.readers.source import Options, open_source, read
from moderation.audit.run import audit
from moderation.audit.tally import AuditTally
from moderation.errors import DataError
from moderation.markup import visible
from moderation.scorer import open_scorer
from moderation.settings import ROOT
from tests.auditing import left_by, write_archive


def run(spec, source, out, part_rows=100, size=0, restart=False, options=None, engine=None, **given):
    opened = open_source(str(source), options or Options())
    try:
        return audit(opened, replace(Job(spec, opened.reading, out, ""), **given), engine or Pool(1), Progress(None, quiet=True),
                     part_rows, size, restart)
    finally:
        opened.close()


@pytest.fixture(scope="module")
def undisturbed(spec, archive, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    run(spec, archive, out, size=20)
    return left_by(out)


def results(out):
    return pyarrow.parquet.ParquetDataset(sorted((out / "parts").glob("*.parquet"))).read().to_pylist()


def test_results_are_the_answers_of_the_scorer(spec, archive, tmp_path):
    run(spec, archive, tmp_path / "out")
    scorer = open_scorer(spec)
    opened = open_source(str(archive), Options())
    texts = {row["row"]: row["text"] for part in opened.plan(1000, tmp_path)
             for batch in read(part, opened.reading) for row in batch.to_pylist()}
    found = results(tmp_path / "out")
    assert {row["action"] for row in found} == {"approve", "review", "reject"}
    for row in found:
        table = scorer.score_batch([texts[row["row"]]], row["section"] if row["section"] in scorer.policy.sections else None)
        expected = msgspec.to_builtins(Answers(table).row(0, texts[row["row"]]))
        assert row["action"] == expected["action"]
        assert row["scores"] == {name: category["score"] for name, category in expected["categories"].items()}
        assert row["attributes"] == expected["attributes"]
        assert [{name: value for name, value in span.items() if value is not None} for span in row["spans"]] == expected["spans"]
        assert row["reasons"] == [{name: value for name, value in reason.items() if name != "clause"} for reason in expected["reasons"]]
        assert row["versions"] == expected["versions"]
        assert row["language"] == expected["language"]["tag"]


def test_nothing_is_lost_and_bad_rows_are_kept_aside_without_their_text(spec, archive, tmp_path):
    outcome = run(spec, archive, tmp_path / "out")
    aside = [json.loads(line) for line in (tmp_path / "out/rejected_rows.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = sorted([row["row"] for row in results(tmp_path / "out")] + [row["row"] for row in aside])
    assert rows == list(range(700 + 7))
    assert (outcome.rejected, outcome.tally.rows) == (len(aside), 707 - len(aside))
    assert {row["reason"] for row in aside} == {"has no text", "a quotation mark is not closed"}
    assert all(set(row) == {"row", "place", "reason"} for row in aside)
    assert "never closed" not in (tmp_path / "out/rejected_rows.jsonl").read_text(encoding="utf-8")
    assert outcome.unknown.keys() == {"zapped"}
    assert {row["past"] for row in results(tmp_path / "out")} == {"published", "held", "removed", None}


@pytest.mark.parametrize("part_rows", [1000, 33])
def test_counts_and_report_do_not_depend_on_the_parts(part_rows, spec, archive, undisturbed, tmp_path):
    run(spec, archive, tmp_path / "out", part_rows, size=20)
    left = left_by(tmp_path / "out")
    for name in ("summary.json", "report.html", "rejected_rows.jsonl", "sample.jsonl"):
        assert left[name] == undisturbed[name], name


def test_a_pool_leaves_the_same_bytes(spec, archive, undisturbed, tmp_path):
    run(spec, archive, tmp_path / "out", size=20, engine=Pool(2))
    assert left_by(tmp_path / "out") == undisturbed


class Killed(BaseException):
    """The process is gone at this very step: nobody cleans up behind it."""


def test_stopped_at_any_step_and_started_again_it_leaves_the_same_bytes(spec, tmp_path, monkeypatch):
    """At every place where the disk is forced and every rename: of the key, of the first part, and of the sum."""
    steps = {"count": 0, "stop": None}
    force, rename, unlink = folder_module._force, folder_module.Path.replace, folder_module.Path.unlink

    def step():
        steps["count"] += 1
        if steps["count"] == steps["stop"]:
            monkeypatch.setattr(folder_module.Path, "unlink", lambda *_, **__: None)  # a killed process tidies up nothing
            raise Killed

    monkeypatch.setattr(folder_module, "_force", lambda path: (step(), force(path)))
    monkeypatch.setattr(folder_module.Path, "replace", lambda path, target: (step(), rename(path, target))[1])
    monkeypatch.setattr(run_module.report, "write", lambda *_: None)  # drawn from the tally alone, and slowly
    archive = write_archive(tmp_path / "comments.csv", 150)
    run(spec, archive, tmp_path / "whole", size=5)
    last, whole = steps["count"], left_by(tmp_path / "whole")
    for stop in [*range(1, 17), *range(last - 8, last + 1)]:
        steps.update(count=0, stop=stop)
        with pytest.raises(Killed):
            run(spec, archive, tmp_path / f"out-{stop}", size=5)
        monkeypatch.setattr(folder_module.Path, "unlink", unlink)
        steps["stop"] = None
        run(spec, archive, tmp_path / f"out-{stop}", size=5)
        assert left_by(tmp_path / f"out-{stop}") == whole, stop


def test_a_part_whose_files_are_not_whole_is_done_again(spec, archive, undisturbed, tmp_path):
    out = tmp_path / "out"
    run(spec, archive, out, size=20)
    (out / "parts/00002.parquet").write_bytes(b"PAR1")
    (out / "parts/00003.done.json").write_bytes(b"{")
    (out / "parts/00004.rejected.jsonl").unlink()
    outcome = run(spec, archive, out, size=20)
    assert (outcome.resumed, outcome.parts) == (5, 8)
    assert left_by(out) == undisturbed


def test_another_archive_model_policy_or_question_is_refused_by_name(spec, archive, tmp_path):
    out = tmp_path / "out"
    run(spec, archive, out)
    (tmp_path / "policy.toml").write_bytes((ROOT / "tests/cases/policy.toml").read_bytes() + b"# another\n")
    other_policy = type(spec).of(spec.model, spec.lexicon, tmp_path / "policy.toml")
    other = write_archive(tmp_path / "comments.csv", 50)
    before = left_by(out)
    for changed, given, name in [(spec, {"sections": ("sport",)}, "--section"), (spec, {"part_rows": 50}, "--part-rows"),
                                 (other_policy, {}, "policy"), (spec, {"since": 5}, "--since")]:
        with pytest.raises(DataError, match=f"holds another audit: [^;]*{name}[^;]*; name") as caught:
            run(changed, archive, out, **given)
        assert "--restart" in str(caught.value)
    with pytest.raises(DataError, match="another archive"):
        run(spec, other, out)
    assert left_by(out) == before
    run(spec, other, out, restart=True)
    run(spec, other, tmp_path / "fresh")
    assert left_by(out) == left_by(tmp_path / "fresh")


def test_a_pipe_that_says_something_else_is_refused(spec, tmp_path):
    source = tmp_path / "a.csv.gz"

    def write(word):
        source.write_bytes(gzip.compress(("id,text\n" + "".join(f"{n},{word} {n}\n" for n in range(300))).encode(), mtime=0))
        os.utime(source, (0, 0))

    write("fig")
    run(spec, source, tmp_path / "out")
    (tmp_path / "out/parts/00001.done.json").unlink()
    run(spec, source, tmp_path / "out")
    size = source.stat().st_size
    write("gif")
    assert source.stat().st_size == size
    with pytest.raises(DataError, match="is not what it was"):
        run(spec, source, tmp_path / "out")


def test_two_audits_do_not_write_into_one_folder(spec, archive, tmp_path):
    first = Folder(tmp_path / "out")
    first.open({"a": 1})
    with pytest.raises(DataError, match="another run"):
        run(spec, archive, tmp_path / "out")
    first.close()


def test_another_tier_is_told_in_one_sentence(tmp_path):
    key = {"tier": "fast", "digest": "1", "model": "a", "rows of a part": 5, "--section": []}
    first = Folder(tmp_path)
    first.open(key)
    first.close()
    with pytest.raises(DataError) as caught, contextlib.closing(Folder(tmp_path)) as second:
        second.open(key | {"tier": "deep", "digest": "2", "model": "b", "rows of a part": 1})
    (problem,) = caught.value.problems
    assert problem.what == "holds another audit: with tier fast, not deep"


def test_older_comments_and_other_sections_are_left_out_and_counted(spec, archive, tmp_path):
    outcome = run(spec, archive, tmp_path / "out", since=1_717_200_000_000_000, sections=("SPORT", "politics"))
    found = results(tmp_path / "out")
    assert {row["section"] for row in found} == {"sport", "politics"}
    assert min(row["time"].timestamp() for row in found) >= 1_717_200_000
    assert len(found) + outcome.left_out + outcome.rejected == 707


@pytest.mark.parametrize(("how", "expected"), [("drop", None), ("keep", "u-"), ("hash", "")])
def test_authors_are_hashed_kept_or_dropped(how, expected, spec, archive, tmp_path):
    run(spec, archive, tmp_path / "out", authors=how)
    found = {row["author"] for row in results(tmp_path / "out")}
    if expected is None:
        assert found == {None}
    else:
        assert len(found) == 50
        assert all(name.startswith("u-") == (how == "keep") and len(name) == (16 if how == "hash" else len(name)) for name in found)


def test_json_lines_hold_what_parquet_holds(spec, archive, tmp_path):
    run(spec, archive, tmp_path / "one")
    run(spec, archive, tmp_path / "two", results="jsonl")
    lines = [json.loads(line) for path in sorted((tmp_path / "two/parts").glob("*[0-9].jsonl"))
             for line in path.read_text(encoding="utf-8").splitlines()]
    table = results(tmp_path / "one")
    assert [line["row"] for line in lines] == [row["row"] for row in table]
    assert [line["scores"] for line in lines] == [row["scores"] for row in table]


def test_a_sample_has_as_many_of_each_band_and_says_for_how_many_they_stand(undisturbed):
    sample = [json.loads(line) for line in undisturbed["sample.jsonl"].splitlines()]
    dones = [msgspec.json.decode(content) for name, content in undisturbed.items() if name.endswith("done.json")]
    bands = [sum(counts) for counts in zip(*(done["bands"] for done in dones), strict=True)]
    assert len(sample) == 20
    shares = [sum(row["band"] == band for row in sample) for band in range(10)]
    assert all(share >= min(2, size) for share, size in zip(shares, bands, strict=True))
    assert sum(row["weight"] for row in sample) == pytest.approx(sum(size for size, share in zip(bands, shares, strict=True) if share))
    assert all(int(min(max(row["scores"].values()) * 10, 9)) == row["band"] for row in sample)
    assert all(row["text"] for row in sample)


def test_an_archive_of_html_is_scored_as_its_reader_sees_it(spec, tmp_path):
    run(spec, ROOT / "tests/cases/audit/wordpress.xml", tmp_path / "out", part_rows=2)
    found = results(tmp_path / "out")
    texts = {row["id"]: row["text"] for row in json.loads((ROOT / "tests/cases/audit/expected.json").read_text(encoding="utf-8"))
             ["wordpress.xml"] if "text" in row}
    scorer = open_scorer(spec)
    for row in found:
        scored = scorer.score(visible(texts[row["id"]]), "sport" if row["section"] == "sport" else None)
        assert row["scores"] == {category.name: category.score for category in scored.categories}
    assert [row["past"] for row in found] == ["published", "held", "removed", "removed", "published"]
    assert [row["parent"] for row in found] == [None, "101", None, None, "107"]


def test_an_archive_without_a_usable_row_ends_well(spec, tmp_path):
    (tmp_path / "a.csv").write_text("id,text\n1,\n", encoding="utf-8")
    outcome = run(spec, tmp_path / "a.csv", tmp_path / "out")
    assert (outcome.tally.rows, outcome.rejected) == (0, 1)
    (tmp_path / "b.csv").write_text("id,text\n", encoding="utf-8")
    assert run(spec, tmp_path / "b.csv", tmp_path / "out-b").parts == 0


def test_summary_and_report_name_no_clock_no_host_and_no_duration(spec, archive, undisturbed, tmp_path):
    run(spec, archive, tmp_path / "again", size=20)
    again = left_by(tmp_path / "again")
    assert again == undisturbed
    facts = json.loads((tmp_path / "again/run.json").read_text(encoding="utf-8"))
    assert {"started", "seconds", "host", "engine", "rows_per_second"} <= facts.keys()


def test_the_tally_of_the_parts_is_the_tally_of_all(spec, undisturbed, tmp_path):
    tallies = [AuditTally.from_json(bytes(msgspec.json.decode(content, type=folder_module.Done).tally))
               for name, content in undisturbed.items() if name.endswith("done.json")]
    summary = json.loads(undisturbed["summary.json"])
    assert sum(tally.rows for tally in tallies) == summary["rows"]
