"""The audit's command line: what it guesses and says, its conditions and exit codes, and its progress."""

import gc
import multiprocessing
import sqlite3

import msgspec
import pytest

from moderation import cli
from moderation.audit.folder import Done
from moderation.audit.progress import Progress
from tests.auditing import environment


@pytest.fixture
def small_settings(spec, monkeypatch):
    for name, value in environment(spec).items():
        monkeypatch.setenv(name, value)


def audit_command(*arguments):
    return cli.main(["audit", *map(str, arguments), "--workers", "1"])


def test_the_command_shows_its_guess_and_ends_with_what_it_found(small_settings, archive, tmp_path, capsys):
    assert audit_command(archive, "--out", tmp_path / "out", "--past-map", "zapped=removed") == 0
    said = capsys.readouterr()
    assert "CSV, comma between fields, quoting double, utf-8" in said.err
    assert "text     from `comment`" in said.err
    assert "nothing found for parent; name a column with --parent" in said.err
    assert "rows/s" in said.err
    assert "rejected_rows.jsonl says where and why" in said.out
    assert "not understood" not in said.out


def test_a_condition_that_holds_ends_with_3(small_settings, archive, tmp_path, capsys):
    out = tmp_path / "out"
    assert audit_command(archive, "--out", out, "--fail-if", "rate(reject) > 0.9999") == 0
    assert audit_command(archive, "--out", out, "--fail-if", "rate(review) > 0.0001", "--quiet") == 3
    assert "--fail-if rate(review) > 0.0001: holds: rate(review) = " in capsys.readouterr().out
    assert audit_command(archive, "--out", tmp_path / "other", "--fail-if", "rate(figs)") == 2
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(("arguments", "said"), [
    (["none.csv", "--fail-if", "rows > 2%"], "cannot be read from here on"), (["none.csv", "--past-map", "zapped"], "expected THEIRS=OURS"),
    (["a.csv", "--query", "select 1"], "is for databases"), (["sqlite://", "--query", "select 1 as text"], "has no ORDER BY"),
    (["sqlite://"], "the database has none")])
def test_a_command_that_cannot_be_meant_ends_with_2_and_begins_nothing(small_settings, arguments, said, tmp_path, capsys):
    assert audit_command(*arguments, "--out", tmp_path / "out") == 2
    told = capsys.readouterr().err
    assert told.startswith("usage error: 1 problem in ") and said in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [["a.csv"], ["a.csv", "--out", "o", "--delimiter", "ab"], ["a.csv", "--out", "o", "--since", "soon"],
                                       ["a.csv", "--out", "o", "--encoding", "figs"], ["a.csv", "--out", "o", "--part-rows", "0"],
                                       ["a.csv", "--out", "s3://figs/o"],
                                       ["sqlite://", "--out", "o", "--table", "figs", "--query", "select 1 order by 1"]])
def test_a_wrong_command_ends_with_2(arguments):
    with pytest.raises(SystemExit) as ended:
        cli.main(["audit", *arguments])
    assert ended.value.code == 2


def test_a_source_that_is_not_there_ends_with_1(small_settings, tmp_path, capsys):
    assert audit_command(tmp_path / "none.csv", "--out", tmp_path / "out") == 1
    assert "is not there" in capsys.readouterr().err


def test_an_interrupted_audit_ends_with_130(small_settings, archive, tmp_path, capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("moderation.audit.engines.work", interrupt)
    assert audit_command(archive, "--out", tmp_path / "out", "--quiet") == 130
    assert capsys.readouterr().err == "interrupted; the same command goes on from here\n"


def test_progress_says_rows_rate_time_left_and_actions():
    class Terminal:
        def isatty(self):
            return False

        def write(self, text):
            pass

        def flush(self):
            pass

    progress = Progress(100, Terminal())
    done = Done(0, 0, "", "", 50, 2, 0, [40, 6, 4], [], {}, {}, msgspec.Raw(b"{}"))
    progress.done(done, 50)
    assert len(progress.line(short=True)) < 80
    line = progress.line()
    assert line.startswith("50 rows, ")
    assert line.endswith(" left, approve 40 (80.0%), review 6 (12.0%), reject 4 (8.0%), 2 rows not usable")


def test_progress_says_the_last_counts_once(monkeypatch, capsys):
    monkeypatch.setattr("moderation.audit.progress._EVERY", 0.0)
    progress = Progress(100)
    for _ in range(2):
        progress.done(Done(0, 0, "", "", 50, 0, 0, [40, 6, 4], [], {}, {}, msgspec.Raw(b"{}")), 50)
    progress.close()
    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == ["50 rows", "100 rows"]


def test_sections_that_are_not_there_are_told_with_those_that_are(small_settings, archive, tmp_path, capsys):
    out = tmp_path / "out"
    assert audit_command(archive, "--out", out, "--section", "Sprot", "--quiet") == 1
    told = capsys.readouterr().err
    assert "--section Sprot" in told and "`Politics`, `garden`, `sport`" in told and not (out / "report.html").exists()
    assert audit_command(archive, "--out", out, "--section", "Sprot", "--section", "SPORT", "--restart", "--quiet") == 0
    assert "no comment is in the section `Sprot`" in capsys.readouterr().out
    assert audit_command(archive, "--out", out, "--section", "sport", "--section-column", "-", "--restart", "--quiet") == 1
    assert "--section-column COLUMN" in capsys.readouterr().err


def test_a_source_without_a_comment_is_told(small_settings, tmp_path, capsys):
    source = tmp_path / "a.csv"
    source.write_text("id,text\n", encoding="utf-8")
    assert audit_command(source, "--out", tmp_path / "out", "--quiet") == 0
    assert "give --no-header" in capsys.readouterr().out


def test_a_wrong_encoding_is_told_and_no_name_that_cannot_be_read(small_settings, tmp_path, capsys):
    source = tmp_path / "a.csv"
    source.write_text("id,text\n1,fig\n", encoding="utf-16")
    assert audit_command(source, "--out", tmp_path / "out", "--encoding", "utf-8") == 1
    told = capsys.readouterr().err
    assert "leave --encoding away" in told and told.replace("\n", "").isprintable() and "\ufffd" not in told


def test_a_table_is_audited_and_a_database_that_is_not_there_is_not_made(small_settings, tmp_path, capsys):
    with sqlite3.connect(tmp_path / "site.db") as database:
        database.execute("create table comments (id integer primary key, body text)")
        database.execute("insert into comments values (1, 'fig')")
    assert audit_command(f"sqlite:///{tmp_path}/site.db", "--table", "comments", "--out", tmp_path / "out", "--quiet") == 0
    assert msgspec.json.decode((tmp_path / "out/summary.json").read_bytes())["rows"] == 1
    capsys.readouterr()
    assert audit_command(f"sqlite:///{tmp_path}/other.db", "--table", "comments", "--out", tmp_path / "other") == 1
    assert "other.db\n     is not there" in capsys.readouterr().err
    assert not (tmp_path / "other.db").exists()


def test_a_comment_in_the_place_of_the_header_is_not_repeated(small_settings, tmp_path, capsys):
    source = tmp_path / "a.csv"
    source.write_text('1,"What figs, my dear, what figs!",local\n2,dates,sport\n', encoding="utf-8")
    assert audit_command(source, "--out", tmp_path / "out") == 1
    told = capsys.readouterr().err
    assert "dear" not in told
    assert "there are `1`, `local` and 1 more that cannot be a name: if the first line is a comment, give --no-header" in told


def test_a_command_that_fails_leaves_no_worker_behind(small_settings, archive, tmp_path):
    gc.collect()
    before = set(multiprocessing.active_children())
    assert cli.main(["audit", str(archive), "--out", str(tmp_path / "out"), "--text", "figs", "--workers", "2"]) == 1
    assert set(multiprocessing.active_children()) <= before
