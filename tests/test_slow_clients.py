"""Slow clients cost no thread: whatever they hold back, the others are answered."""

import contextlib
import http.client
import json
import os
import signal
import socket
import threading
import time

import pytest
from serving import Served

from moderation import keys
from moderation.pages import STATIC

MANY = 40  # more than the threads for quick requests and for long ones of both workers


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slow")
    text, _ = keys.create(folder / "keys.json", "a", keys.SCOPES)
    with Served(folder) as running:
        running.key = text
        yield running


@contextlib.contextmanager
def stalled(served, content, count=MANY, receive=0):
    """So many clients that send this and then neither send nor read."""
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(count):
            client = stack.enter_context(socket.socket())
            if receive:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
            client.connect(("127.0.0.1", served.port))
            client.settimeout(60)
            client.sendall(content)
            clients.append(client)
        yield clients


def head(served, path="/v1/score", *more):
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"X-API-Key: {served.key}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def is_well(served, times=10):
    return all(served.post("/v1/score", {"text": "fig"}, X_API_Key=served.key)[0] == 200 for _ in range(times))


def test_slow_bodies_leave_room_for_others(served):
    with stalled(served, head(served, "/v1/score", "Content-Length: 100") + b"{"):
        assert is_well(served)
    assert is_well(served)


def test_slow_heads_leave_room_for_others(served):
    with stalled(served, b""), stalled(served, b"POST /v1/score HTTP/1.1\r\nHost: x\r\nX-A"):
        assert is_well(served)
    assert is_well(served)


@pytest.mark.parametrize("more", [["Transfer-Encoding: chunked"], ["Content-Length: 9999999"],
                                  ["Content-Length: 100", "Expect: 100-continue"],
                                  ["Transfer-Encoding: chunked", "Content-Type: application/x-ndjson"]], ids=lambda more: more[-1])
def test_slow_streams_leave_room_for_others(served, more):
    with stalled(served, head(served, "/v1/score", *more) + b"5\r\n{"):
        assert is_well(served)
    assert is_well(served)


def test_slow_readers_leave_room_for_others(served):
    body = json.dumps({"comments": [{"text": "fig"}] * 900}).encode()
    whole = head(served, "/v1/score/batch", f"Content-Length: {len(body)}") + body
    texts = json.dumps({"input": ["fig"] * 900}).encode()
    moderations = head(served, "/v1/moderations", f"Content-Length: {len(texts)}") + texts
    with stalled(served, whole, 12, 4096), stalled(served, moderations, 12, 4096) as clients:
        assert is_well(served)
        answer = b""
        while answer.count(b'"flagged"') < 900:  # what was kept for a slow reader arrives whole
            answer += clients[0].recv(1 << 16)
        assert answer.startswith(b"HTTP/1.1 200 ")
    assert is_well(served)


def test_clients_that_do_not_hang_up_leave_room_for_others(served):
    body = b'{"text": "fig"}'
    with stalled(served, head(served, "/v1/score", f"Content-Length: {len(body)}", "Connection: close") + body) as clients:
        assert is_well(served)  # a loop that waits for each of the forty by itself is not
        assert clients[0].recv(1 << 16).startswith(b"HTTP/1.1 200 ")


def test_a_request_in_pieces_and_two_at_once_are_answered(served):
    body = b'{"text": "fig"}'
    whole = head(served, "/v1/score", f"Content-Length: {len(body)}") + body
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as client:
        for index in range(len(whole)):
            client.sendall(whole[index:index + 1])
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        client.sendall(whole + whole)
        answer = b""
        while answer.count(b"HTTP/1.1 200 ") < 2:
            piece = client.recv(1 << 16)
            assert piece
            answer += piece
        half = len(whole) - 5
        client.sendall(whole + whole[:half])
        time.sleep(0.2)
        client.sendall(whole[half:])
        answer = b""
        while answer.count(b"HTTP/1.1 200 ") < 2:
            piece = client.recv(1 << 16)
            assert piece
            answer += piece


def test_a_head_without_an_end_is_refused(served):
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as client:
        with contextlib.suppress(OSError):
            client.sendall(b"POST /v1/score HTTP/1.1\r\nX-A: " + b"a" * 100_000)
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 431 ")
    assert is_well(served)


def test_half_a_body_is_told_so_when_its_client_stops_sending(served):
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as client:
        client.sendall(head(served, "/v1/score", "Content-Length: 100") + b"{")
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(1 << 16), b""))  # head and body may come apart
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"ended before its stated length" in answer


def test_a_stop_waits_for_a_request_that_is_being_sent(tmp_path):
    body = b'{"text": "fig"}'
    with Served(tmp_path) as running:
        with socket.create_connection(("127.0.0.1", running.port), timeout=20) as client:
            client.sendall(f"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:5])
            time.sleep(0.3)
            ending = threading.Thread(target=os.kill, args=(running.process.pid, signal.SIGTERM))
            ending.start()
            time.sleep(0.5)
            client.sendall(body[5:])
            assert client.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        ending.join()
        assert running.process.wait(15) == 0


def test_answers_of_every_kind_arrive_whole_and_leave_the_connection_open(served):
    """The head of an answer waits for what follows it: files, errors, nothing."""
    file = (STATIC / "charts.js").read_bytes()
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    for method, path, status, content in (
            ("HEAD", "/healthz", 200, b""), ("GET", "/static/charts.js", 200, file), ("HEAD", "/docs", 200, b""),
            ("GET", "/nothing", 404, None), ("OPTIONS", "/v1/score", 200, b""), ("GET", "/static/charts.js", 200, file)):
        connection.request(method, path, headers={"X-API-Key": served.key})
        answer = connection.getresponse()
        found = answer.read()
        assert (answer.status, found if content is not None else None) == (status, content)
    connection.close()
