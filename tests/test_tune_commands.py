"""`moderation tune`: what it reads, prints and writes, and how it ends."""

import csv
import io
import json

import numpy as np
import pytest

from moderation import cli, tune_commands
from moderation.errors import DataError
from moderation.policies.files import read_figures
from moderation.policy import Policy
from moderation.rules import read_rules
from moderation.settings import ROOT
from moderation.store import NewLabel, Store
from moderation.tune import reader, sample
from moderation.tune.draft import written

CATEGORIES = ("derogatory", "personal", "obscene")
POLICY = ROOT / "tests/cases/policy.toml"


@pytest.fixture(autouse=True)
def small(monkeypatch, scorer):
    monkeypatch.setattr(tune_commands, "_open", lambda: scorer)
    monkeypatch.setenv("MODERATION_POLICY", str(POLICY))


@pytest.fixture(scope="module")
def rows(scorer):
    """Comments of fruit, labelled the more likely the higher they score."""
    random = np.random.default_rng(2)
    words = "fig banana durian prune quince apple pear plum melon grape lime kiwi lemon peach".split()
    texts = [" ".join(random.choice(words, 5)) + f" {row}" for row in range(600)]
    scores = scorer.score_batch(texts).categories
    labels = (random.random(scores.shape) < 1 / (1 + np.exp(-14 * (scores - 0.6)))).astype(int)
    return [{"text": text, "section": "sport" if row % 2 else "", **dict(zip(CATEGORIES, label.tolist(), strict=True))}
            for row, (text, label) in enumerate(zip(texts, labels, strict=True))]


def write(path, rows):
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
    return path


def run(capsys, *arguments):
    code = cli.main(["tune", *map(str, arguments)])
    return code, *capsys.readouterr()


TARGET = ("--target", "obscene: maximum recall @ precision >= 0.8")


def test_it_prints_figures_and_words_and_writes_a_draft_with_its_figures(capsys, tmp_path, rows, scorer):
    out = tmp_path / "draft.toml"
    code, printed, _ = run(capsys, write(tmp_path / "own.csv", rows), *TARGET, "--comments-per-day", 8000, "--out", out)
    assert code == 0
    assert "promised: at least 80 % of rejected comments break the rule, with confidence 95 %" in printed
    assert "of 100 rejected comments about " in printed
    assert "comments a day to look at" in printed
    assert not any(row["text"] in printed for row in rows)
    policy = Policy(read_rules(out), scorer.policy.attributes)
    figures = read_figures(out)
    line = policy.thresholds[0, 2, 1]
    assert (figures["policy"], figures["rows"], figures["source"]) == (policy.version, 600, "own.csv")
    assert [choice["reject"] for choice in figures["choices"] if choice["category"] == "obscene"] == [line]
    assert f"+reject = {written(line)}" in printed
    out.write_text(out.read_text() + "# by hand\n")
    assert read_figures(out) is None


@pytest.mark.parametrize("name", ["own.csv", "own.jsonl", "own.parquet"])
def test_every_format_says_the_same(capsys, tmp_path, rows, name):
    run(capsys, write(tmp_path / "own.csv", rows), *TARGET, "--out", tmp_path / "expected.toml")
    assert run(capsys, write(tmp_path / name, rows), *TARGET, "--out", tmp_path / "draft.toml")[0] == 0
    assert (tmp_path / "draft.toml").read_text() == (tmp_path / "expected.toml").read_text()


def test_columns_may_have_other_names(capsys, tmp_path, rows):
    other = [{"body": row["text"], "swearing": row["obscene"]} for row in rows]
    code, printed, _ = run(capsys, write(tmp_path / "own.csv", other), *TARGET, "--column", "text=body", "--column", "obscene=swearing")
    assert code == 0
    assert "personal" not in printed.partition("---")[0]


def test_what_labels_cannot_support_is_told_and_nothing_is_written(capsys, tmp_path, rows):
    out = tmp_path / "draft.toml"
    few = write(tmp_path / "own.csv", rows[:60])
    code, printed, told = run(capsys, few, "--target", "maximum recall @ precision >= 0.95", "--out", out)
    assert code == tune_commands.UNSUPPORTED == 3
    assert "more labels" in printed
    assert "nothing is written" in told
    assert not out.exists()


def test_texts_are_shown_where_they_are_asked_for(capsys, tmp_path, rows):
    _, printed, _ = run(capsys, write(tmp_path / "own.csv", rows), *TARGET, "--texts")
    assert any(row["text"] in printed for row in rows)


def test_costs_and_capacity_choose_too(capsys, tmp_path, rows):
    code, printed, _ = run(capsys, write(tmp_path / "own.csv", rows), "--cost", "miss=4", "--cost", "review=0.3", "--by-section",
                           "--review-per-day", 500, "--comments-per-day", 8000)
    assert code == 0
    assert "personal in sport: review" in printed
    assert "cost of 1,000 comments" in printed
    queue = int(printed.partition("all categories together: about ")[2].partition(" ")[0])
    assert queue <= 500


def test_bad_rows_are_named_by_line_and_never_by_text(capsys, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text('text,obscene,weight\nfig,0,\n"two\nlines",2,\n,1,\npear,1,-3\n', encoding="utf-8")
    code, _, told = run(capsys, path, *TARGET)
    assert code == 1
    for place, what in (("line 3, obscene", "neither 0 nor 1"), ("line 5, text", "is empty"), ("line 6, weight", "no number above 0")):
        assert f" --> {place}\n     is {what.removeprefix('is ')}" in told
    assert "two" not in told and "pear" not in told


@pytest.mark.parametrize(("name", "content", "told"), [
    ("own.csv", "", "holds no rows"),
    ("own.csv", "body,obscene\nfig,1\n", "`--column text=...`; the columns are `body`, `obscene`"),
    ("own.csv", "text,rating\nfig,1\n", "there is no column of labels"),
    ("own.csv", "text,obscene\nfig,1,2\n", "line 2\n     has not 2 columns"),
    ("own.jsonl", '{"text": "fig", "obscene": 1}\n[1]\n', "line 2\n     is no JSON object"),
    ("own.parquet", "text", "is not Parquet"),
    ("own.csv", b"text,obscene\n\xff,1\n", "cannot be read")])
def test_files_that_are_none_are_refused(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        reader.read_labelled(path, CATEGORIES)
    assert told in str(caught.value)
    assert "fig" not in str(caught.value)


def test_many_bad_rows_are_counted(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("text,obscene\n" + "fig,maybe\n" * 50, encoding="utf-8")
    with pytest.raises(DataError, match="30 more problems like these"):
        reader.read_labelled(path, CATEGORIES)


@pytest.mark.parametrize("arguments", [
    ["own.csv"], [*TARGET], ["own.csv", "--target", "better"], ["own.csv", "--cost", "time=3"], ["own.csv", "--review-per-day", "100"],
    ["own.csv", *TARGET, "--confidence", "95"], ["own.csv", *TARGET, "--from-store"]])
def test_a_wrong_command_ends_with_2(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        run(capsys, *arguments)
    assert ended.value.code == 2


def test_the_policy_in_force_is_not_written_over(capsys, tmp_path, rows):
    before = POLICY.read_bytes()
    code, _, told = run(capsys, write(tmp_path / "own.csv", rows), *TARGET, "--out", POLICY)
    assert (code, POLICY.read_bytes()) == (1, before)
    assert "is the policy in force" in told


def test_the_stores_labels_are_a_source(capsys, tmp_path, rows, monkeypatch):
    url = f"sqlite:///{tmp_path}/labels.db"
    monkeypatch.setenv("MODERATION_DATABASE_URL", url)
    store = Store(url)
    for row in rows[:200]:
        named = {name: float(row[name]) for name in CATEGORIES if row[name]}
        store.add(NewLabel("native", "reject" if named else "approve", row["text"], named, keep=True, author=row["text"][:3]))
    store.add(NewLabel("native", "approve", "kept nowhere"))
    store.close()
    code, printed, _ = run(capsys, "--from-store", "--cost", "miss=3")
    assert code == 0
    assert "200 comments of the store's labels" in printed


# Samples and labels


def test_a_sample_is_drawn_near_the_lines_and_weighs_back():
    random = np.random.default_rng(0)
    along = random.beta(0.3, 3, 20_000) * 3
    means = []
    for seed in range(40):
        drawn, weights = sample.draw(along, 300, seed)
        assert len(drawn) == len(set(drawn.tolist())) == 300
        assert weights.sum() == pytest.approx(20_000)
        means.append(np.average(along[drawn] >= 1, weights=weights))
    assert np.mean(means) == pytest.approx((along >= 1).mean(), rel=1e-9)
    assert (np.abs(along[drawn] - 1) < 0.25).mean() > 5 * (np.abs(along - 1) < 0.25).mean()


def test_a_sample_of_more_than_there_is_takes_all():
    drawn, weights = sample.draw(np.linspace(0, 3, 50), 300)
    assert sorted(drawn.tolist()) == list(range(50)) and (weights == 1).all()


def test_rows_of_an_archive_without_a_text_are_left_out_of_a_sample(capsys, tmp_path, rows):
    archive = write(tmp_path / "own.csv", [{**row, "text": row["text"] if number % 3 else " "} for number, row in enumerate(rows[:30])])
    assert run(capsys, "sample", archive, "--out", tmp_path / "drawn.csv")[:2] == (
        0, f"20 of 20 comments are in {tmp_path}/drawn.csv; `moderation tune label {tmp_path}/drawn.csv` shows them one by one\n")
    assert run(capsys, archive, *TARGET)[0] == 1  # of labelled ones a row that holds no comment is a fault


def test_a_sample_holds_no_score_and_is_labelled_by_keys(capsys, tmp_path, rows, monkeypatch):
    out = tmp_path / "to-label.csv"
    assert run(capsys, "sample", write(tmp_path / "own.csv", rows), "--budget", 20, "--out", out)[0] == 0
    assert run(capsys, "sample", write(tmp_path / "own.csv", rows), "--out", out)[0] == 1
    assert out.read_text().splitlines()[0] == "text,section,weight,derogatory,personal,obscene"

    def sit(keys):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{key}\n" for key in keys)))
        assert run(capsys, "label", out)[0] == 0
        with out.open(encoding="utf-8", newline="") as file:
            return ["".join(row[name] or "-" for name in CATEGORIES) for row in csv.DictReader(file)][:6]

    assert sit("n" "ynyn" "s" "q") == ["000", "010", "---", "---", "---", "---"]  # it was stopped at the fourth
    assert sit("n" "u" "ynny" "xn") == ["000", "010", "001", "000", "---", "---"]  # goes on with the skipped one; x is no answer
    assert sit("n") == ["000", "010", "001", "000", "000", "---"]  # the input ended
