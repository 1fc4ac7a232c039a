"""The command line: what it prints, and how it ends."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys

import pytest

import moderation
from moderation import cli, seed_trial, settings
from moderation.check_commands import faults
from moderation.errors import DataError
from moderation.settings import ROOT, TABLE

COMMENTS = ["What a lovely fig", "What a b*nana!", "He said “durian” twice", "prune,\nquince jelly"]


@pytest.fixture(autouse=True)
def small(monkeypatch, scorer):
    monkeypatch.setattr(cli, "_open", lambda: scorer)


@pytest.fixture
def given(tmp_path, monkeypatch):
    """`given(content)`: standard input holds it."""
    with contextlib.ExitStack() as stack:
        def give(content):
            (tmp_path / "input").write_bytes(content)
            monkeypatch.setattr(sys, "stdin", stack.enter_context((tmp_path / "input").open(encoding="utf-8")))
        yield give


def run(capsys, *arguments):
    code = cli.main(arguments)
    return code, capsys.readouterr().out


def test_it_names_its_version(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"moderation {moderation.__version__}\n")


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


def test_without_comments_every_line_of_standard_input_is_one(capsys, given):
    given(b"fig\r\na banana\n\nlast")
    _, out = run(capsys, "score")
    assert [json.loads(line)["action"] for line in out.splitlines()] == ["approve", "reject", "approve", "approve"]


def test_a_line_that_is_no_text_is_told_by_its_number_and_those_before_it_are_answered(capsys, given):
    given(b"fig\na banana\nplum \xff\nfig\n")
    assert cli.main(["score"]) == 1
    found = capsys.readouterr()
    assert len(found.out.splitlines()) == 2
    assert "line 3" in found.err and "byte 6 is not UTF-8" in found.err and "plum" not in found.err


def test_lines_are_answered_as_they_arrive():
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as source, open(writing, "wb", buffering=0) as sink:
        answered = cli._arrived(source)
        sink.write(b"fig\n")
        assert next(answered) == ["fig"]
        sink.write(b"a ban")
        sink.write(b"ana\nfig\nfi")
        assert next(answered) == ["a banana", "fig"]
        sink.close()
        assert next(answered) == ["fi"]


def test_a_section_holds_for_all_comments(capsys):
    _, out = run(capsys, "score", "--section", "sport", "a banana")
    assert json.loads(out)["action"] == "review"


def test_an_unknown_section_ends_with_1_and_names_those_that_are_known(capsys):
    assert cli.main(["score", "--section", "figs", "fig"]) == 1
    assert "the sections are `business`" in capsys.readouterr().err


def test_check_names_every_setting_and_version(capsys):
    code, out = run(capsys, "check")
    assert code == 0
    assert all(row.variable in out for row in TABLE)
    _, scorer, errors = faults({})
    assert not errors
    assert all(version in out for version in scorer.versions)


def test_check_says_at_once_all_that_is_wrong(capsys, monkeypatch, tmp_path):
    places = {name: tmp_path / name for name in ("model", "words.txt", "policy.toml", "shadow.toml", "keys.json")}
    for name, content in (("words.txt", "[nonsense]\n"), ("policy.toml", "[categories.obscene]\nreview = 2\n"), ("keys.json", "{")):
        places[name].write_text(content)
    given = {"PORT": "x", "MODEL": places["model"], "LEXICON": places["words.txt"], "POLICY": places["policy.toml"],
             "SHADOW_POLICY": places["shadow.toml"], "KEYS": places["keys.json"]}
    for name, value in given.items():
        monkeypatch.setenv(f"MODERATION_{name}", str(value))
    assert cli.main(["check"]) == 1
    told = capsys.readouterr().err
    for words in ("MODERATION_PORT", "keys error", "model error", "words.txt:1:", "categories.obscene.review", "shadow.toml"):
        assert words in told, words


def test_a_language_without_a_word_list_is_refused():
    _, scorer, errors = faults({"MODERATION_LANGUAGES": "hi,xx"})
    assert scorer is None
    (problem,) = errors[0].problems
    assert problem.where == "xx" and "`hi`" in problem.hint


def test_words_that_count_for_nothing_are_warned_of(capsys, monkeypatch, tmp_path):
    policy = tmp_path / "policy.toml"
    kept = re.sub(r"\[categories\.obscene[^\[]*|obscene = .*", "", (ROOT / "seeds/policy.toml").read_text(encoding="utf-8"))
    policy.write_text(kept, encoding="utf-8")
    monkeypatch.setenv("MODERATION_POLICY", str(policy))
    assert cli.main(["check"]) == 0
    found = capsys.readouterr()
    assert "warning: categories.obscene" in found.err


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


def test_serve_stays_where_it_was_given_so_that_relative_paths_hold(monkeypatch):
    commands = []
    monkeypatch.setattr("os.execv", lambda program, arguments: commands.append(arguments))
    monkeypatch.setattr(cli, "_check_address", lambda found: None)
    cli.main(["serve"])
    assert commands[0][-1] == "wsgi:app" and "--chdir" not in commands[0]


def test_a_port_that_is_in_use_is_told_before_anything_starts(monkeypatch, capsys):
    commands = []
    monkeypatch.setattr("os.execv", lambda program, arguments: commands.append(arguments))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("MODERATION_PORT", str(taken.getsockname()[1]))
        assert cli.main(["serve"]) == 1
    told = capsys.readouterr().err
    assert "MODERATION_PORT" in told and "is in use on 127.0.0.1" in told and not commands
    cli._check_address(settings.load())  # it is free again


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_told_before_anything_starts(monkeypatch, capsys, host):
    monkeypatch.setenv("MODERATION_HOST", host)
    monkeypatch.setenv("MODERATION_OPEN", "yes")
    assert cli.main(["serve"]) == 1
    assert "MODERATION_HOST" in capsys.readouterr().err
