"""Ten minutes of load on a running service, with its memory; flat is what is wanted. Not run in CI.

    python benchmarks/soak.py [seconds]
    python benchmarks/soak.py --lines 1000000     # one stream of so many lines instead
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import bench_http
import service


def soak(server: subprocess.Popen[bytes], seconds: int) -> None:
    """Load by wrk, and a line with the memory each tenth of the time."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "body.lua"
        script.write_text(f'wrk.method = "POST"\nwrk.body = [==[{json.dumps({"text": service.COMMENT})}]==]\n', encoding="utf-8")
        load = subprocess.Popen(["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-s", str(script),
                                 f"http://127.0.0.1:{service.PORT}/v1/score"])
        began = time.time()
        while load.poll() is None:
            print(f"{time.time() - began:6.0f} s  {bench_http.megabytes(server.pid):.0f} MB", flush=True)
            time.sleep(max(1, seconds / 10))


def stream(server: subprocess.Popen[bytes], count: int) -> None:
    """One connection with so many lines each way."""
    connection = socket.create_connection(("127.0.0.1", service.PORT))
    line = json.dumps({"text": "What a lovely fig."}).encode() + b"\n"
    chunk = line * 100
    connection.sendall(b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
                       b"Transfer-Encoding: chunked\r\n\r\n")

    def send() -> None:
        for _ in range(count // 100):
            connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        connection.sendall(b"0\r\n\r\n")

    began = time.time()
    threading.Thread(target=send, daemon=True).start()
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    lines = 0
    while piece := answer.read1(1 << 16):
        before, lines = lines, lines + piece.count(b"\n")
        if lines * 10 // count != before * 10 // count:
            print(f"{lines:9} lines  {time.time() - began:6.0f} s  {bench_http.megabytes(server.pid):.0f} MB", flush=True)


def main() -> None:
    """Start the service, and do what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", type=int, nargs="?", default=600, help="of load (default: 600)")
    parser.add_argument("--lines", type=int, help="send one stream of so many lines instead")
    given = parser.parse_args()
    server = service.start("wsgi:app", service.PORT)
    try:
        if given.lines:
            stream(server, given.lines)
        else:
            soak(server, given.seconds)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
