"""The command line: what it prints, and how it ends."""

import io
import json
import subprocess
import sys

import pytest

from moderation import cli, seed_trial
from moderation.errors import DataError
from moderation.settings import ROOT, TABLE

COMMENTS = ["What a lovely fig", "What a b*nana!", "He said “durian” twice", "prune,\nquince jelly"]


@pytest.fixture(autouse=True)
def small(monkeypatch, scorer):
    monkeypatch.setattr(cli, "_open", lambda: scorer)


def run(capsys, *arguments):
    code = cli.main(arguments)
    return code, capsys.readouterr().out


def test_a_table_shows_scores_reasons_and_words(capsys, golden):
    code, out = run(capsys, "score", "--format", "table", *COMMENTS)
    assert code == 0
    golden("cli_table.txt", out)


def test_a_masked_table_shows_no_matched_word(capsys):
    _, out = run(capsys, "score", "--format", "table", "--mask", "What a b*nana!")
    assert "What a ******!" in out
    assert "nana" not in out


def test_away_from_a_terminal_it_prints_json_lines(capsys):
    code, out = run(capsys, "score", "--mask", *COMMENTS)
    answers = [json.loads(line) for line in out.splitlines()]
    assert (code, [answer["action"] for answer in answers]) == (0, ["approve", "reject", "review", "approve"])
    assert [len(answer["masked"]) for answer in answers] == [len(comment) for comment in COMMENTS]


def test_without_comments_every_line_of_standard_input_is_one(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("fig\r\na banana\n\nlast"))
    _, out = run(capsys, "score")
    assert [json.loads(line)["action"] for line in out.splitlines()] == ["approve", "reject", "approve", "approve"]


def test_a_section_holds_for_all_comments(capsys):
    _, out = run(capsys, "score", "--section", "sport", "a banana")
    assert json.loads(out)["action"] == "review"


def test_an_unknown_section_ends_with_1_and_names_those_that_are_known(capsys):
    assert cli.main(["score", "--section", "figs", "fig"]) == 1
    assert "known are `business`" in capsys.readouterr().err


def test_check_names_every_setting_and_version(capsys, scorer):
    code, out = run(capsys, "check")
    assert code == 0
    assert all(row.variable in out for row in TABLE)
    assert all(version in out for version in scorer.versions)


def test_bad_settings_end_with_1_and_their_list():
    done = subprocess.run([sys.executable, "-m", "moderation", "check"], capture_output=True, text=True, check=False, cwd=ROOT,
                          env={"MODERATION_PORT": "x", "MODERATION_FIG": "y"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("settings error: 2 problems in the environment")


@pytest.mark.parametrize("arguments", [[], ["scores"], ["score", "--format", "xml"], ["evaluate"]])
def test_a_wrong_command_ends_with_2(arguments):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2


def test_the_trial_counts_and_names_what_is_wrong(capsys, tmp_path, golden):
    path = tmp_path / "comments.csv"
    path.write_text("id,section,text,derogatory,personal,obscene,note\n"
                    "c1,sport,a banana,0,0,1,\nc2,,a banana,0,0,0,a false alarm\nc3,courts,fig,1,0,0,missed\nc4,,fig,0,0,0,\n",
                    encoding="utf-8")
    code, out = run(capsys, "evaluate", "seeds", "--comments", str(path))
    assert code == 0
    golden("cli_evaluate_seeds.txt", out)


@pytest.mark.parametrize(("content", "where"), [
    ("id,text\n", "section"), ("", "id"), ("id,section,text,derogatory,personal,obscene\nc1,,a,0,2,0", "row 1")])
def test_labelled_comments_of_another_shape_are_refused(tmp_path, content, where):
    path = tmp_path / "comments.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        seed_trial.read_seeds(path, ["derogatory", "personal", "obscene"])
    assert where in str(caught.value)
