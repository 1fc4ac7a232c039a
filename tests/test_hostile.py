"""Hostile use of the service as it runs: nothing leaks, nothing falls over, nobody else is harmed."""

import json
import os
import re
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
from serving import Served

from moderation import keys
from moderation.settings import ROOT

CANARY = "Xylocarp-canary-53"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    text, _ = keys.create(folder / "keys.json", "a", keys.SCOPES)
    with Served(folder, log_level="debug") as running:
        running.folder, running.key = folder, text
        yield running


def raw(served, content, wait=10.0):
    """What comes back for these bytes."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=wait) as connection:
        connection.sendall(content)
        try:
            return connection.recv(65536)
        except TimeoutError:
            return b""


def is_well(served):
    return served.post("/v1/score", {"text": "fig"}, X_API_Key=served.key)[0] == 200


def test_a_canary_is_found_nowhere(served):
    answers = []
    for path in ("/v1/score", "/v1/score/batch", "/v1/labels", "/v1/admin/reload", "/v1alpha1/comments:analyze",
                 "/v1alpha1/comments:suggestscore", "/v1/moderations", "/v1/coral", "/nowhere"):
        for kind in ("application/json", "application/x-ndjson"):
            for body in ({"text": CANARY}, {"text": [CANARY]}, {CANARY: 1},
                         {"comments": [{"text": CANARY}, {"text": CANARY, "section": CANARY}]},
                         {"text": CANARY, "action": "reject", "author": CANARY}, CANARY):
                for key in ("", served.key, f"mk-{CANARY}-1"):
                    answers.append(served.request("POST", f"{path}?key={key}&{CANARY}={CANARY}", json.dumps(body).encode(),
                                                  Content_Type=kind, Idempotency_Key=CANARY))
        answers.append(served.request("GET", f"{path}?key={served.key}", b"", X_API_Key=served.key))
    answers.append((0, {}, raw(served, f"GET /{CANARY}?key={served.key} HTTP/9.9\r\n\r\n".encode())))
    answers.append((0, {}, raw(served, f"POST /v1/score?key={served.key} HTTP/1.1\r\nContent-Length: {CANARY}\r\n\r\n".encode())))
    secret = served.key.rsplit("-", 1)[1].encode()
    metrics = served.get("/metrics", X_API_Key=served.key)[2]
    places = {"the log": served.log.encode(), "the metrics": metrics, "an answer": b"".join(content for _, _, content in answers)}
    places |= {f"the table {path.name}": path.read_bytes() for path in served.folder.iterdir() if path.name != "log"}
    assert "the table labels.db" in places
    for place, content in places.items():
        assert CANARY.encode() not in content, place
        assert secret not in content, place


def test_a_body_of_20_mb_is_refused(served):
    body = b'{"text": "' + b"a" * 20_000_000 + b'"}'
    try:
        status = served.request("POST", "/v1/score", body, X_API_Key=served.key)[0]
    except OSError:
        status = 413  # the server hung up while it was being sent
    assert status == 413
    head = f"POST /v1/score HTTP/1.1\r\nHost: x\r\nX-API-Key: {served.key}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        connection.sendall(head)
        try:
            for _ in range(40):
                connection.sendall(b"80000\r\n" + b"a" * 0x80000 + b"\r\n")
            answer = connection.recv(4096)
        except OSError:
            answer = b"HTTP/1.1 413"
    assert b" 413 " in answer or answer in (b"", b"HTTP/1.1 413")
    assert is_well(served)


@pytest.mark.parametrize("chunks", [b"zz\r\n", b"-1\r\n", b"fffffffffffffffff\r\n", b"5\r\nfig", b"3\r\nfigs\r\n0\r\n\r\n"])
def test_broken_chunks_harm_nobody_else(served, chunks):
    head = f"POST /v1/score HTTP/1.1\r\nHost: x\r\nX-API-Key: {served.key}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    answer = raw(served, head + chunks, 2)
    assert b" 200 " not in answer
    assert b" 500 " not in answer
    assert is_well(served)


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/v1/score/../../metrics", "//metrics", "/%2e%2e/metrics", "/metrics%00",
                                  "/metrics/", "http://127.0.0.1/metrics", "/metrics;x", "/METRICS", "/./metrics", "/docs/../metrics"])
def test_no_path_leads_around_the_keys(served, path):
    answer = raw(served, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert not answer.startswith(b"HTTP/1.1 200")
    assert b"moderation_requests" not in answer


def test_only_these_routes_are_open(client):
    app = client.application
    found = {rule.rule for rule in app.url_map.iter_rules() if getattr(app.view_functions[rule.endpoint], "scope", "score") is None}
    assert {"/healthz", "/readyz", "/docs", "/openapi.json"} <= found
    assert not {rule for rule in found if rule.startswith(("/v1/score", "/v1/labels", "/v1/admin", "/metrics"))}


def test_an_address_in_a_comment_is_not_fetched(served):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.5)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        served.post("/v1/score", {"text": f'{address} <img src="{address}">', "format": "html"}, X_API_Key=served.key)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_worker_killed_under_load_harms_only_its_own_requests(tmp_path):
    with Served(tmp_path, workers=3) as running:
        wrong, broken, stop = [], [], threading.Event()

        def load():
            while not stop.is_set():
                try:
                    status, body = running.post("/v1/score", {"text": "fig", "id": "c-1"})
                    if status != 200 or (body["action"], body["id"]) != ("approve", "c-1"):
                        wrong.append(status)
                except (OSError, ValueError):
                    broken.append(1)
                except Exception as error:  # http.client's own, for a connection that broke off
                    broken.append(type(error).__name__)

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        killed = running.workers[:2]
        for pid in killed:
            time.sleep(0.5)
            os.kill(pid, signal.SIGKILL)
        time.sleep(1.5)
        stop.set()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert len(broken) <= 4 * len(killed)
        for _ in range(100):
            if len(set(running.workers) - set(killed)) == 3:
                break
            time.sleep(0.1)
        assert len(set(running.workers) - set(killed)) == 3
        assert running.versions(10)


def test_every_test_that_the_security_page_names_is_there():
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", page)
    assert len(named) > 15
    for file, name in named:
        assert f"def {name}(" in (Path(__file__).parent / file).read_text(encoding="utf-8"), f"{file}::{name}"
    assert all(f"API{number} " in page for number in range(1, 11))
