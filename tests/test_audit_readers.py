"""Sources of an audit: what is told from their first bytes, where they are cut, and what bad rows cost."""

import codecs
import datetime
import gzip
import io
import json
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.feather
import pyarrow.fs
import pyarrow.parquet
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.audit.readers.records import csv_records, elements, lines
from moderation.audit.readers.source import Options, open_source
from moderation.audit.rows import BROKEN, BROKEN_OFF, LONGEST_ROW, LONGEST_TEXT, NO_TEXT, ROW_TOO_LONG, TOO_LONG
from moderation.errors import DataError, UsageError
from moderation.settings import ROOT
from tests.auditing import faults, read, texts

CASES = ROOT / "tests/cases/audit"
CSV = 'id,text,created_at,status\n1,"A fig, ripe",2024-03-01,approved\n2,"two\nlines and ""marks""",2024-03-02,spam\n3,a pêche,,pending\n'
TEXTS = ["A fig, ripe", 'two\nlines and "marks"', "a pêche"]


@pytest.mark.parametrize(("content", "dialect"), [
    (CSV.encode(), (",", "double", "utf-8")),
    (codecs.BOM_UTF8 + CSV.encode(), (",", "double", "utf-8")),
    (CSV.replace("\n", "\r\n").encode(), (",", "double", "utf-8")),
    (CSV.encode("cp1252"), (",", "double", "cp1252")),
    (CSV.encode("utf-16"), (",", "double", "utf-16")),
    (CSV.encode("utf-16-le"), (",", "double", "utf-16-le")),
    (CSV.replace(",", ";").encode(), (";", "double", "utf-8")),
    (CSV.replace(",", "\t").encode(), ("\t", "double", "utf-8")),
    (CSV.replace(",", "|").encode(), ("|", "double", "utf-8")),
    (CSV.replace('""', '\\"').encode(), (",", "backslash", "utf-8")),
    (gzip.compress(CSV.encode()[:60]) + gzip.compress(CSV.encode()[60:]), (",", "double", "utf-8")),
])
def test_delimiter_quoting_and_encoding_are_told_from_the_text(content, dialect, tmp_path):
    (tmp_path / "a.csv").write_bytes(content)
    opened, found = read(tmp_path / "a.csv", tmp_path)
    mark = dialect[0]
    said = [row["text"].replace("\r\n", "\n") for row in found]
    assert said == [text.replace(",", mark) for text in TEXTS]
    assert [row.get("past") for row in found] == ["approved", "spam", "pending"]
    assert (opened.reading.delimiter, opened.reading.quoting, opened.reading.encoding) == dialect


def test_zstd_is_read_frame_after_frame(tmp_path):
    frames = [pa.compress(part, "zstd", asbytes=True) for part in (CSV.encode()[:60], CSV.encode()[60:])]
    (tmp_path / "a.csv.zst").write_bytes(b"".join(frames))
    assert texts(tmp_path / "a.csv.zst", tmp_path) == TEXTS


def test_what_is_said_by_hand_is_not_guessed(tmp_path):
    (tmp_path / "a.txt").write_text('fig~"pear\nplum~2\n', encoding="utf-8")
    options = Options(format="csv", delimiter="~", quoting="none", header=False, columns={"text": "2"})
    assert texts(tmp_path / "a.txt", tmp_path, options=options) == ['"pear', "2"]
    assert texts(tmp_path / "a.txt", tmp_path, options=Options(format="lines")) == ['fig~"pear', "plum~2"]


BAD_CSV = (b'id,text\n1,fig\n2,"never closed\n3,pear\n4,"a "quoted" word"\n5,pl\xc3\xbcm\n6,br\xffken\n7,\n8,too,many\n9,"two\nlines"\n10,'
           + b"x" * (LONGEST_ROW + 1) + b"\n11," + b"y" * (LONGEST_TEXT + 1) + b"\n12,last")


def test_bad_rows_of_csv_cost_themselves_and_no_neighbour(tmp_path):
    (tmp_path / "a.csv").write_bytes(BAD_CSV)
    found = read(tmp_path / "a.csv", tmp_path, 3)[1]
    assert [row.get("text") for row in found] == ["fig", None, "pear", None, "plüm", None, None, None, "two\nlines", None, None, "last"]
    assert faults(found) == [None, "a quotation mark is not closed", None, "something stands behind a closing quotation mark", None,
                             BROKEN, NO_TEXT, "has 3 fields where 2 were expected", None, ROW_TOO_LONG, TOO_LONG, None]
    assert [row["place"] for row in found if "place" in row] == [f"a.csv, line {line}" for line in (3, 5, 7, 8, 9, 12, 13)]


def test_bad_rows_of_json_lines_cost_themselves_and_no_neighbour(tmp_path):
    rows = [b'{"text": "fig"}', b'{"text": "pear"', b'{"text": "br\xffken"}', b'{"text": "\\ud800"}', b'{"text": null}', b'{"text": 5}',
            b"[]", b'{"text": "' + b"x" * (LONGEST_ROW + 1) + b'"}', b'{"other": 1}', b"", b'{"text": "last"}']
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(rows))
    found = read(tmp_path / "a.jsonl", tmp_path, 3)[1]
    assert faults(found) == [None, "is not valid JSON", BROKEN, "is not valid JSON", NO_TEXT, "its text is not a string",
                             "is not a JSON object", ROW_TOO_LONG, NO_TEXT, None]
    assert (found[0]["text"], found[-1]["text"]) == ("fig", "last")


def test_a_row_of_100_mb_is_neither_kept_nor_held_in_memory(tmp_path):
    with (tmp_path / "a.jsonl").open("wb") as file:
        file.write(b'{"text": "fig"}\n{"text": "')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n{"text": "pear"}\n')
    with (tmp_path / "a.jsonl").open("rb") as file:
        assert max(sys.getsizeof(record.content) for record in lines(file)) < 1_000
    assert texts(tmp_path / "a.jsonl", tmp_path) == ["fig", None, "pear"]


@pytest.mark.parametrize("between", [",", ", ", " ,\n  "])
@pytest.mark.parametrize("part_rows", [1, 100])
def test_an_element_of_an_array_that_is_too_long_costs_itself_and_no_neighbour(between, part_rows, tmp_path):
    for length in (LONGEST_ROW, 3 * LONGEST_ROW - 37, 3 * LONGEST_ROW):
        long = "x" * length
        items = ['{"text":"fig"}', f'{{"text":"{long}"}}', '{"text":"pear"}', f'"{long}"', '{"text":"plum"}']
        (tmp_path / "a.json").write_text(f"[{between.join(items)}]", encoding="utf-8")
        found = read(tmp_path / "a.json", tmp_path, part_rows)[1]
        assert [row.get("text") for row in found] == ["fig", None, "pear", "plum"]
        assert faults(found) == [None, ROW_TOO_LONG, None, None]


def test_a_broken_id_costs_its_row(tmp_path):
    ids = pa.array([b"a", b"\xff", b"c"], pa.binary())
    table = pa.table({"id": pa.Array.from_buffers(pa.string(), 3, ids.buffers()), "text": ["fig", "pear", "plum"]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet", tmp_path, 3)[1]
    assert [(row.get("id"), row.get("text"), row.get("fault")) for row in found] == [
        ("a", "fig", None), (None, None, BROKEN), ("c", "plum", None)]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string())])
def test_bad_rows_of_parquet_cost_themselves_and_no_neighbour(kind, tmp_path):
    values = [b"fig", b"br\xffken", None, b"", b"last"]
    if pa.types.is_dictionary(kind):
        column = pa.array([None if value is None else value.decode("latin-1") for value in values]).dictionary_encode()
    else:
        column = pa.array(values, pa.large_binary() if pa.types.is_large_string(kind) else pa.binary())
        column = pa.Array.from_buffers(kind, len(column), column.buffers())
    pyarrow.parquet.write_table(pa.table({"text": column}), tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet", tmp_path, 3)[1]
    broken = None if pa.types.is_dictionary(kind) else BROKEN
    assert faults(found) == [None, broken, NO_TEXT, NO_TEXT, None]
    assert (found[0]["text"], found[-1]["text"]) == ("fig", "last")
    assert found[2]["place"] == "a.parquet, row 3"


@pytest.mark.parametrize("group", [1, 7, 1000])
@pytest.mark.parametrize("part_rows", [5, 40, 1000])
def test_row_groups_and_batches_of_any_size_are_read_in_parts_of_any_size(group, part_rows, tmp_path):
    moment = datetime.datetime(2024, 3, 1, 12, tzinfo=datetime.UTC)
    table = pa.table({"comment": [f"fig {n}" for n in range(100)], "id": range(100), "meta": [{"section": "sport"}] * 100,
                      "created": pa.array([moment] * 100, pa.timestamp("ms", "UTC")), "unused": ["x"] * 100})
    (tmp_path / "one").mkdir()
    pyarrow.parquet.write_table(table.slice(0, 60), tmp_path / "one/a.parquet", row_group_size=group)
    pyarrow.parquet.write_table(table.slice(60), tmp_path / "one/b.parquet", row_group_size=group)
    (tmp_path / "one/_SUCCESS").touch()
    pyarrow.feather.write_feather(table, tmp_path / "a.feather", chunksize=group)
    with pa.ipc.new_stream(tmp_path / "a.arrows", table.schema) as stream:
        stream.write_table(table, group)
    for source in ("one", "a.feather", "a.arrows"):
        found = read(tmp_path / source, tmp_path, part_rows, Options(columns={"section": "meta.section"}))[1]
        assert [row["text"] for row in found] == table["comment"].to_pylist()
        assert [row["id"] for row in found] == [str(n) for n in range(100)]
        assert {(row["time"], row["section"]) for row in found} == {(moment, "sport")}


@settings(max_examples=200)
@given(st.lists(st.sampled_from(['"', '""', ",", "\n", "\r\n", "fig", "1,pear\n", '2,"plum"\n', "\\", '"a\nb"', " "]), max_size=40),
       st.integers(1, 5), st.sampled_from(["double", "backslash"]))
def test_a_csv_says_the_same_wherever_it_is_cut(pieces, part_rows, quoting):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        content = ("id,text\n" + "".join(pieces)).encode()
        (folder / "a.csv").write_bytes(content)
        (folder / "a.csv.gz").write_bytes(gzip.compress(content))
        options = Options(delimiter=",", quoting=quoting, encoding="utf-8")
        cut = read(folder / "a.csv", folder, part_rows, options)[1]
        assert cut == read(folder / "a.csv", folder, 1000, options)[1]
        packed = [{**row, "place": row["place"].replace(".gz", "")} if "place" in row else row
                  for row in read(folder / "a.csv.gz", folder, part_rows, options)[1]]
        assert packed == cut


@settings(max_examples=200)
@given(st.lists(st.sampled_from(['{"text":"fig"}', ",", "\n", "[", "]", '{"text":"a}\\"{b"}', "{", "}", '"', '{"text":{"a":[{}]}}', " "]),
                max_size=40), st.integers(1, 5))
def test_an_array_of_objects_says_the_same_wherever_it_is_cut(pieces, part_rows):
    content = '[{"text":"first"},' + "".join(pieces)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.json").write_text(content, encoding="utf-8")
        assert read(folder / "a.json", folder, part_rows)[1] == read(folder / "a.json", folder, 1000)[1]


def test_objects_are_told_apart_across_blocks():
    item = json.dumps({"text": "fig } \" { " * 30_000, "inner": {"a": [{"b": "}"}]}}).encode()
    found = list(elements(io.BytesIO(b"[" + b",\n".join([item] * 9) + b"]")))
    assert [(record.content, record.line) for record in found] == [(item, line) for line in range(1, 10)]


def test_an_unclosed_mark_far_from_the_next_one_is_given_up_once():
    content = b'1,"open\n' + b"2,fig\n" * 1000
    found = list(csv_records(lines(io.BytesIO(content)), ",", "double", 2))
    assert [record.fault is None for record in found] == [False] + [True] * 1000


def test_a_damaged_gzip_keeps_what_is_before_the_damage(tmp_path):
    whole = gzip.compress(("id,text\n" + "".join(f"{n},fig number {n * 7919}\n" for n in range(20_000))).encode())
    (tmp_path / "a.csv.gz").write_bytes(whole[: len(whole) // 2])
    found = read(tmp_path / "a.csv.gz", tmp_path, 1000)[1]
    assert len(found) > 1000
    assert found[-1]["fault"] in (BROKEN_OFF, "has 1 fields where 2 were expected")
    assert all("text" in row for row in found[:-2])


def test_a_table_and_a_query_are_read_in_order(tmp_path):
    url = f"sqlite:///{tmp_path}/site.db"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("create table comments (id integer primary key, body text, created_at timestamp, is_deleted boolean)"))
        for n in (3, 1, 2):
            connection.execute(sa.text("insert into comments values (:n, :body, '2024-03-01 12:00:00', :deleted)"),
                               {"n": n, "body": f"fig {n}" if n != 2 else b"br\xffken", "deleted": n == 3})
    engine.dispose()
    opened, found = read(url, tmp_path, options=Options(table="comments"))
    assert [row.get("text") for row in found] == ["fig 1", None, "fig 3"]
    assert faults(found) == [None, BROKEN, None]
    assert [opened.reading.past[row["past"].lower()] for row in found if "past" in row] == ["published", "removed"]
    assert texts(url, tmp_path, options=Options(query="select body from comments where id <> 2 order by id desc")) == ["fig 3", "fig 1"]
    for options, message in [(Options(), "name one of `comments`"), (Options(table="figs"), "names no table"),
                             (Options(query="select figs from comments order by id"), "no such column"),
                             (Options(query="select * from (select * from comments order by id) -- order by id"), "has no ORDER BY")]:
        with pytest.raises((DataError, UsageError), match=message):
            open_source(url, options)


def test_standard_input_is_looked_at_and_read_once(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((CASES / "coral.jsonl").read_bytes())))
    assert texts("-", tmp_path) == texts(CASES / "coral.jsonl", tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(gzip.compress(CSV.encode())))))
    assert texts("-", tmp_path) == TEXTS


def test_an_address_is_read_by_pyarrows_file_systems(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "in/b.csv").write_text(CSV, encoding="utf-8")
    assert texts((tmp_path / "in").as_uri(), tmp_path) == TEXTS * 2


@pytest.mark.parametrize(("address", "root"), [("gs://site/2024/", "site/2024"), ("gs://me@site/2024?scheme=http", "site/2024"),
                                               ("hdfs://name:8020/site/2024", "/site/2024"), ("abfs://site@me.example/2024", "site/2024")])
def test_an_address_of_each_kind_leads_to_its_files(tmp_path, monkeypatch, address, root):
    # What pyarrow makes of an address is its own affair: here a folder stands in for what it reaches.
    (tmp_path / "store/site/2024/later").mkdir(parents=True)
    for name in ("a.csv", "later/b.csv.gz", "_SUCCESS", ".hidden.csv"):
        content = CSV.encode()
        (tmp_path / "store/site/2024" / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    asked = []

    def from_uri(uri):
        asked.append(uri)
        below, local = uri.partition("?")[0].partition("2024")[2].rstrip("/"), pyarrow.fs.LocalFileSystem()
        if root.startswith("/"):  # paths of Hadoop's begin at its root, those of stores with the bucket
            return local, f"{tmp_path}/store{root}{below}"
        return pyarrow.fs.SubTreeFileSystem(f"{tmp_path}/store", local), root + below

    monkeypatch.setattr(pyarrow.fs, "FileSystem", SimpleNamespace(from_uri=from_uri))
    assert texts(address, tmp_path) == TEXTS * 2
    base, mark, query = address.partition("?")
    assert {f"{base.rstrip('/')}/{name}{mark}{query}" for name in ("a.csv", "later/b.csv.gz")} <= set(asked)


@pytest.mark.parametrize(("name", "content", "message"), [
    ("a.csv", b"", "is empty"), ("a.csv", b"one,two\n1,2\n", "name it, as in --text COLUMN; there are `one`, `two`"),
    ("a.xml", b"<feed/>", "is XML"), ("a.parquet", b"PAR1fig", "is no Parquet file"), ("a.bin", bytes(range(256)), "of no format"),
    ("a.xml", b"<rss><", None)])
def test_what_cannot_be_read_is_said_with_what_to_do(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    if message is None:
        assert read(tmp_path / name, tmp_path)[1] == []
        return
    with pytest.raises(DataError, match=message):
        read(tmp_path / name, tmp_path)


def test_files_of_a_folder_that_do_not_fit_are_named(tmp_path):
    (tmp_path / "a.csv").write_text("id,text\n1,fig\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("text,id\nfig,1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"b\.csv"):
        read(tmp_path, tmp_path)
    with pytest.raises(DataError, match="is not there"):
        open_source(str(tmp_path / "none"), Options())
