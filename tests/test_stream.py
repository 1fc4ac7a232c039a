"""Lines in and out: in order, as they arrive, a bad one answered in its place, with flat memory."""

import io
import json
import threading
import tracemalloc

from conftest import post
from werkzeug.test import create_environ

TYPE = "application/x-ndjson"


class Lines(io.RawIOBase):
    """What a generator of lines sends, made only as it is read."""

    def __init__(self, lines):
        self._lines = iter(lines)
        self._rest = b""

    def readable(self):
        return True

    def readline(self, limit=-1):
        line, self._rest = self._rest or next(self._lines, b""), b""
        if 0 <= limit < len(line):
            line, self._rest = line[:limit], line[limit:]
        return line


def send(app, lines, path="/v1/score"):
    """The body of the answer to a stream, piece by piece."""
    environ = create_environ(path, method="POST", content_type=TYPE) | {"wsgi.input": Lines(lines), "wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    environ["REMOTE_ADDR"] = "127.0.0.1"
    started = []
    pieces = app.wsgi_app(environ, lambda status, headers, *rest: started.append((status, dict(headers))))
    return started, pieces


def test_lines_are_answered_in_order_and_a_bad_one_in_its_place(client):
    texts = ["a banana", "fig", "my durian", ""]
    good = [{"text": text, "id": str(index)} for index, text in enumerate(texts)]
    lines = [json.dumps(one) for one in good]
    body = "\n".join([lines[0], "{", lines[1], "", '{"text": 3, "id": "x"}', lines[2], '{"text": "fig", "section": "figs"}', lines[3]])
    response = client.post("/v1/score", data=body, content_type=TYPE)
    assert (response.status_code, response.mimetype) == (200, TYPE)
    results = [json.loads(line) for line in response.text.splitlines()]
    assert [result["error"]["field"] for result in results if "error" in result] == ["lines[2]", "lines[5].text", "lines[7].section"]
    assert [result.get("id") for result in results] == ["0", None, "1", "x", "2", None, "3"]
    assert [result for result in results if "error" not in result] == [post(client, "/v1/score", one)[1] for one in good]


def test_the_batch_route_streams_as_well_and_an_empty_stream_is_empty(client):
    assert client.post("/v1/score/batch", data=b'{"text": "fig"}\n', content_type=TYPE).get_data().count(b"\n") == 1
    assert client.post("/v1/score", data=b"", content_type=TYPE).get_data() == b""


def test_a_line_is_answered_before_the_next_one_comes(app):
    turn = threading.Semaphore(0)

    def lines():
        for _ in range(5):
            yield b'{"text": "fig"}\n'
            assert turn.acquire(timeout=10)

    _, pieces = send(app, lines())
    for piece in pieces:
        assert piece.count(b"\n") == 1
        turn.release()
    pieces.close()


def test_a_line_that_is_too_long_is_told_so_and_the_next_one_is_scored(app):
    lines = [b'{"text": "' + b"a" * 300_000 + b'"}\n', b'{"text": "fig"}\n']
    first, second = b"".join(send(app, lines)[1]).splitlines()
    assert json.loads(first)["error"]["status"] == 413
    assert json.loads(second)["action"] == "approve"


def test_a_long_stream_has_flat_memory_and_one_line_in_the_log(app, caplog):
    count = 100_000
    line = b'{"text": "fig"}\n'
    app.extensions["scorer"].score("fig")
    _, pieces = send(app, (line for _ in range(count)))
    tracemalloc.start()
    answered = sum(piece.count(b"\n") for piece in pieces)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    pieces.close()
    assert answered == count
    assert peak < 20_000_000


def test_a_client_that_goes_away_ends_its_stream(app):
    _, pieces = send(app, (b'{"text": "fig"}\n' for _ in range(10**9)))
    next(iter(pieces))
    pieces.close()
    readers = [thread for thread in threading.enumerate() if thread.name.endswith("(_read)")]
    for thread in readers:
        thread.join(5)
    assert not any(thread.is_alive() for thread in readers)
