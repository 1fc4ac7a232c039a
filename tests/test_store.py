"""Labels at rest, on SQLite and on PostgreSQL alike; and a store that is away, which stops nothing."""

import json
import logging
import shutil
import tempfile
import threading
import time
from pathlib import Path

import postgres
import pytest

from moderation import cli, store
from moderation import settings as settings_module
from moderation.errors import RequestError
from moderation.service.app import create_app
from moderation.store import NewLabel, Store, StoreError

CANARY = "Xylocarp-canary-51"


@pytest.fixture(scope="session")
def cluster():
    if postgres.programs() is None:
        pytest.skip(postgres.MISSING)
    folder = Path(tempfile.mkdtemp(prefix="mod-pg-", dir="/tmp"))  # a socket's path must be short
    try:
        with postgres.cluster(folder) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/labels.db"
    cluster = request.getfixturevalue("cluster")
    engine = store.sa.create_engine(Store(cluster.url)._url, isolation_level="AUTOCOMMIT")
    name = f"t{time.time_ns()}"
    with engine.connect() as connection:
        connection.execute(store.sa.text(f"create database {name}"))
    engine.dispose()
    return cluster.url.replace("/postgres?", f"/{name}?")


@pytest.fixture
def labels(url):
    opened = Store(url)
    yield opened
    opened.close()


@pytest.fixture
def client(url, scorer):
    app = create_app(settings_module.load({"DATABASE_URL": url}), scorer)
    yield app.test_client()
    app.extensions["labels"].close()


def test_a_text_is_kept_only_where_it_is_said(labels):
    labels.add(NewLabel("native", "reject", CANARY, {"obscene": 1.0}, author="ann"))
    labels.add(NewLabel("native", "approve", "kept \0 \ud800", keep=True, section="sport", comment_id="c-1"))
    first, second = labels.export()
    assert (first["text"], first["action"], first["scores"]) == (None, "reject", {"obscene": 1.0})
    assert (second["text"], second["section"], second["comment_id"]) == ("kept \ufffd ?", "sport", "c-1")
    assert CANARY not in json.dumps([first, second])
    assert "ann" not in first["author_hash"]


def test_the_same_text_has_the_same_hash_in_one_store_only(labels, tmp_path):
    for _ in range(2):
        labels.add(NewLabel("native", "reject", "fig"))
    assert len({row["comment_hash"] for row in labels.export()}) == 1
    other = Store(f"sqlite:///{tmp_path}/other.db")
    other.add(NewLabel("native", "reject", "fig"))
    assert next(other.export())["comment_hash"] != next(labels.export())["comment_hash"]
    other.close()


def test_a_repeated_request_is_one_label(labels):
    label = NewLabel("native", "reject", "fig", idempotency="k", request_hash="r")
    found = []
    threads = [threading.Thread(target=lambda: found.append(labels.add(label))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({number for number, _ in found}) == 1
    assert sum(not is_old for _, is_old in found) == 1
    with pytest.raises(RequestError):
        labels.add(NewLabel("native", "approve", "fig", idempotency="k", request_hash="other"))
    assert labels.add(NewLabel("native", "reject", "fig", caller="b", idempotency="k", request_hash="r"))[1] is False


def test_old_labels_and_those_of_an_author_are_deleted(labels):
    for author in ("ann", "ben", "ann", None):
        labels.add(NewLabel("native", "reject", "fig", author=author))
    assert labels.forget("ann") == 2
    assert labels.purge(0) == 0
    assert labels.purge(time.time_ns() // 1_000_000 + 1000) == 2
    assert list(labels.export()) == []


def test_an_export_is_complete_whatever_its_size(labels, monkeypatch):
    monkeypatch.setattr(store, "_PAGE", 3)
    numbers = {labels.add(NewLabel("native", "reject", str(index)))[0] for index in range(10)}
    assert {row["id"] for row in labels.export()} == numbers
    assert list(labels.export(time.time_ns() // 1_000_000 + 1000)) == []


def test_a_store_that_is_opened_again_goes_on(labels, url):
    labels.add(NewLabel("native", "reject", "fig", author="ann"))
    again = Store(url)
    assert again.forget("ann") == 1
    again.close()


def test_the_tables_are_those_of_the_migrations(labels):
    labels.add(NewLabel("native", "reject", "fig"))
    found = store.sa.MetaData()
    found.reflect(labels._engine)
    for table in (store.labels, store.facts):
        made = found.tables[table.name]
        assert {(column.name, column.nullable) for column in made.columns} == {(column.name, column.nullable) for column in table.columns}
        assert {index.name for index in table.indexes} <= {index.name for index in made.indexes}


def test_labels_go_in_and_out_over_http(client):
    label = {"text": CANARY, "action": "reject", "categories": {"obscene": True}, "id": "c-1", "author": "ann"}
    first = client.post("/v1/labels", json=label, headers={"Idempotency-Key": "k"})
    again = client.post("/v1/labels", json=label, headers={"Idempotency-Key": "k"})
    other = client.post("/v1/labels", json={**label, "action": "approve"}, headers={"Idempotency-Key": "k"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 422)
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert client.post("/v1/labels", json={**label, "store": True}).status_code == 201
    for field, longest in (("text", 100_000), ("id", 1000), ("author", 1000)):
        assert client.post("/v1/labels", json={**label, field: "a" * (longest + 1)}).get_json()["field"] == field
    rows = [json.loads(line) for line in client.get("/v1/labels").text.splitlines()]
    assert [row["text"] for row in rows] == [None, CANARY]
    assert rows[0]["scores"] == {"obscene": 1.0}
    assert client.get("/v1/labels?since=x").status_code == 400


@pytest.mark.parametrize("key", ["a fig", "k" * 256])
def test_an_idempotency_key_that_the_document_does_not_describe_is_refused(client, key):
    response = client.post("/v1/labels", json={"text": "fig", "action": "reject"}, headers={"Idempotency-Key": key})
    assert (response.status_code, response.get_json()["field"]) == (400, "Idempotency-Key")


def test_a_label_under_a_name_that_the_policy_has_not_is_refused(client):
    label = {"text": CANARY, "action": "reject"}
    response = client.post("/v1/labels", json={**label, "categories": {"obscen": True}})
    assert (response.status_code, response.get_json()["field"]) == (422, "categories")
    assert "`obscene`" in response.get_json()["hint"]
    assert client.post("/v1/labels", json={**label, "section": "sports"}).get_json()["field"] == "section"
    refused = client.post("/v1/labels", json={**label, "action": "delete"}).get_json()
    assert (refused["field"], refused["detail"]) == ("action", "expected one of `approve`, `reject`, `review`")
    assert client.get("/v1/labels").text == ""


def test_what_is_stored_on_this_machine_is_its_owners_alone(tmp_path):
    place = tmp_path / "var/labels.db"
    made = store.Store(f"sqlite:///{place}")
    made.add(store.NewLabel("native", "reject", "fig"))
    assert place.parent.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in place.parent.iterdir()} == {0o600}
    made.close()


def test_scoring_stores_nothing(client, url, tmp_path):
    client.post("/v1/score", json={"text": CANARY})
    assert client.get("/v1/labels").text == ""
    assert all(CANARY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("away", ["sqlite:////proc/nowhere/labels.db", "postgresql://x@127.0.0.1:1/x"])
def test_a_store_that_is_away_loses_the_label_says_so_and_scoring_goes_on(away, scorer, caplog):
    app = create_app(settings_module.load({"MODERATION_DATABASE_URL": away}), scorer)
    client = app.test_client()
    response = client.post("/v1/labels", json={"text": CANARY, "action": "reject"})
    assert (response.status_code, response.mimetype) == (503, "application/problem+json")
    assert client.get("/v1/labels").status_code == 503
    with app.test_request_context():
        assert app.extensions["labels"].record(NewLabel("suggestscore", None, CANARY)) is None
    assert client.post("/v1/score", json={"text": "fig"}).status_code == 200
    assert "moderation_lost_writes_total 2.0" in client.get("/metrics").text
    assert CANARY not in caplog.text + response.text


def test_a_full_disk_loses_the_label_and_what_was_stored_stays(tmp_path):
    opened = Store(f"sqlite:///{tmp_path}/labels.db")
    opened.add(NewLabel("native", "reject", "fig"))
    with opened._engine.connect() as connection:
        pages = connection.execute(store.sa.text("pragma page_count")).scalar()

    @store.sa.event.listens_for(opened._engine, "checkout")
    def fill(connection, record, proxy):
        connection.execute(f"PRAGMA max_page_count={pages + 1}")

    with pytest.raises(StoreError):
        opened.add(NewLabel("native", "reject", CANARY * 10_000, keep=True))
    assert len(list(opened.export())) == 1
    opened.close()


def test_a_database_that_was_gone_is_used_again_when_it_is_back(cluster, caplog):
    opened = Store(cluster.url)
    opened.add(NewLabel("native", "reject", "fig"))
    before = len(list(opened.export()))
    cluster.stop()
    try:
        with pytest.raises(StoreError):
            opened.add(NewLabel("native", "reject", "fig"))
    finally:
        cluster.start()
    opened.add(NewLabel("native", "reject", "fig"))
    assert len(list(opened.export())) == before + 1
    opened.close()


def test_the_commands_export_purge_and_forget(labels, url, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", url)
    labels.add(NewLabel("native", "reject", "fig", author="ann"))
    labels.add(NewLabel("native", "reject", "fig"))
    assert cli.main(["labels", "export"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert cli.main(["labels", "forget", "ann"]) == 0
    assert cli.main(["labels", "purge", "--days", "1"]) == 0
    assert capsys.readouterr().out == "1 label deleted\n0 labels deleted\n"


@pytest.mark.parametrize("command", [["labels", "export"], ["labels", "forget", "ann"], ["labels", "purge", "--days", "1"],
                                     ["tune", "--from-store", "--target", "maximum recall @ precision >= 0.9"]])
def test_a_command_makes_no_store_where_there_is_none(tmp_path, monkeypatch, capsys, command):
    monkeypatch.setenv("MODERATION_DATABASE_URL", f"sqlite:///{tmp_path}/missing/labels.db")
    monkeypatch.setenv("MODERATION_TIER", "fast")
    assert cli.main(command) == 1
    assert "labels.db is not there: no label has come yet" in capsys.readouterr().err
    assert not (tmp_path / "missing").exists()


def test_a_store_that_cannot_be_opened_says_why(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match="the store failed: OperationalError: unable to open database file"):
        Store(f"sqlite:///{tmp_path}/folder").add(NewLabel("native", "reject", "fig"))
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="the store failed: FileExistsError: File exists"):
        Store(f"sqlite:///{tmp_path}/file/labels.db").add(NewLabel("native", "reject", "fig"))


def test_no_error_of_the_store_holds_a_row(labels, caplog):
    caplog.set_level(logging.DEBUG)
    labels.add(NewLabel("native", "reject", "fig"))
    with pytest.raises(StoreError) as caught:
        labels.add(NewLabel("native", "reject" * 100, CANARY, keep=True) if "postgres" in labels._url else
                   NewLabel("native", "reject", CANARY, {"x": 1.0}, caller=None, keep=True))
    assert CANARY not in str(caught.value) + str(caught.value.__cause__) + caplog.text
