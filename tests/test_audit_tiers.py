"""Audits with an encoder: the same answers as the service's, tiers never mixed, and what it will take told before it begins."""

import shutil
from dataclasses import replace

import pyarrow.parquet
import pytest
from auditing import write_archive
from test_encoder import TINY, make_join

from moderation.audit import estimate
from moderation.audit.engines import Pool
from moderation.audit.kernel import Job, work
from moderation.audit.progress import Progress
from moderation.audit.readers.source import Options, open_source
from moderation.audit.run import audit
from moderation.encoder import Encoder
from moderation.errors import DataError, LoadError
from moderation.scorer import ScorerSpec, Versions, open_scorer
from moderation.settings import ROOT
from tests.conftest import make_classifier

pytest.importorskip("onnxruntime", reason="pip install --no-deps -r requirements-encoder.txt")
CSV = Options(columns={"text": "comment"})


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deep")
    linear = make_classifier()
    linear.save(folder / "model")
    shutil.copytree(TINY, folder / "encoder")
    make_join(linear, Encoder.load(TINY)).save(folder / "encoder")
    (folder / "fruit.txt").write_text("[obscene strong]\nbanana\n", encoding="utf-8")
    return ScorerSpec.of(folder / "model", [folder / "fruit.txt"], ROOT / "tests/cases/policy.toml", encoder=folder / "encoder",
                         tier="auto")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return write_archive(tmp_path_factory.mktemp("archive") / "comments.csv", 200, words=20)


def run(spec, archive, out, progress=None):
    opened = open_source(str(archive), CSV)
    return audit(opened, Job(spec, opened.reading, out, ""), Pool(1), progress or Progress(opened.total, quiet=True), 50)


def test_every_row_says_by_which_tier_it_was_decided(spec, archive, tmp_path):
    outcome = run(spec, archive, tmp_path / "out")
    rows = pyarrow.parquet.ParquetDataset(sorted((tmp_path / "out/parts").glob("*.parquet"))).read().to_pylist()
    texts = {f"c-{row}": text for row, text in enumerate(line.split(",")[4] for line in archive.read_text().splitlines()[1:]
                                                         if not line.startswith("x"))}
    scorer = open_scorer(spec)
    named = {name.casefold(): name for name in scorer.policy.sections}
    found = {row["id"]: scorer.score(texts[row["id"]], named.get((row["section"] or "").casefold())) for row in rows}
    assert {row["id"]: (row["tier"], row["action"]) for row in rows} == {
        name: (assessment.tier, assessment.decision.action) for name, assessment in found.items()}
    assert 0 < outcome.tally.deep == sum(row["tier"] == "deep" for row in rows) < len(rows)
    assert f"asked about {outcome.tally.deep} comments" in (tmp_path / "out/report.html").read_text(encoding="utf-8")


def test_tiers_do_not_mix_in_one_folder(spec, archive, tmp_path):
    run(spec, archive, tmp_path / "out")
    with pytest.raises(DataError, match="holds another audit: with tier auto, not deep; name"):
        run(replace(spec, tier="deep"), archive, tmp_path / "out")


def test_a_machine_whose_model_is_another_does_no_part(spec, archive, tmp_path):
    opened = open_source(str(archive), CSV)
    job = Job(spec, opened.reading, tmp_path, "", versions=Versions("figs-1", "l", "p"))
    with pytest.raises(LoadError, match="and the audit began with figs-1"):
        work(job, next(opened.plan(50, tmp_path)))


def test_what_it_will_take_is_told_before_it_begins(spec, archive, tmp_path, capsys):
    run(spec, archive, tmp_path / "out", Progress(open_source(str(archive), CSV).total))
    first, second, third = capsys.readouterr().err.splitlines()[:3]
    assert first.startswith("decided by the linear model and the lexicon, and the encoder where it could change the action (tier auto): ")
    assert " comments with 1 worker; with --tier fast, without the encoder, about " in second
    assert "rows/s" in third


@pytest.mark.parametrize(("tier", "rows", "workers", "expected"), [
    ("auto", 10_123_456, 2, "(tier auto): 25% of the first 400 comments\n  about 84 min for some 10,000,000 comments with 2 workers; "
     "with --tier fast, without the encoder, about 4 min"),
    ("deep", None, None, "(tier deep)\n  about 16 min of one core for a million comments; with --tier fast, without the encoder, "
     "about 50 s of one core"),
])
def test_times_are_said_for_the_archive_or_for_a_million(spec, tier, rows, workers, expected):
    scorer = open_scorer(replace(spec, tier=tier))
    assert estimate.told(estimate.Estimate(400, 100, 0.001, 0.00005), scorer, tier, rows, workers).endswith(expected)


def test_why_there_is_no_encoder_is_said(spec):
    scorer = open_scorer(replace(spec, encoder=None).again())
    assert "(tier fast, since there is no encoder: `MODERATION_ENCODER` names none)" in estimate.told(None, scorer, "auto", 5, 1)
    assert estimate.told(None, open_scorer(replace(spec, tier="fast", encoder=None).again()), "fast", 5, 1).endswith("(tier fast)")
