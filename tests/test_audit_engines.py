"""Audits by the command itself on every engine: a worker is killed in the middle, then all of it, and the disk is full."""

import importlib.util
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest

from moderation.settings import ROOT
from tests.auditing import environment, left_by, small_spec, write_archive

# Of each engine: its flags, and what stands in the command line of a process that does parts; ours are forked, and those that come later
# in the place of dead ones are spawned.
ENGINES = {"local": (["--workers", "2"], ("moderation audit", "spawn_main")), "ray": (["--engine", "ray"], ("ray::",)),
           "spark": (["--engine", "spark", "--master", "local[2]"], ("pyspark",))}
HAVE = {"local": True, "ray": importlib.util.find_spec("ray"), "spark": importlib.util.find_spec("pyspark") and shutil.which("java")}
_PATIENCE = 300  # seconds after which a run that does nothing is a fault


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    spec = small_spec(folder)
    # As where no virtual environment is activated: workers must find the packages of the command that starts them.
    path = os.pathsep.join(place for place in os.environ["PATH"].split(os.pathsep) if place != os.path.dirname(sys.executable))
    return write_archive(folder / "comments.csv", 3000), {**os.environ, **environment(spec), "PATH": path}


@pytest.fixture(scope="module")
def undisturbed(made, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    ends_with(start(made, out, ["--workers", "1"]), 0, out)
    return left_by(out)


def start(made, out, flags, **given):
    source, variables = made
    command = [sys.executable, "-m", "moderation", "audit", str(source), "--out", str(out), "--part-rows", "100", "--quiet", *flags]
    with said(out).open("wb") as errors:
        return subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True, **given)


def said(out):
    """The file of what a run says on standard error."""
    return out.with_suffix(".err")


def ends_with(running, code, out):
    """What a run says, which ends with this code."""
    running.wait(_PATIENCE)
    message = said(out).read_text(encoding="utf-8")
    assert running.returncode == code, message
    return message


def below(process):
    """All processes that a process has started, and that these have."""
    return [child.pid for child in psutil.Process(process).children(recursive=True)]


def words(process):
    try:
        return " ".join(psutil.Process(process).cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def workers_of(running, engine):
    """The processes below a run that do parts. Spark's are children of a daemon of the same name: the last found stands lowest."""
    return [process for process in below(running.pid)
            if any(mark in words(process) for mark in ENGINES[engine][1]) and "resource_tracker" not in words(process)]


def parts_done(out):
    return len(list((out / "parts").glob("*.done.json"))) if (out / "parts").exists() else 0


def wait_for(parts, out, running):
    """Until as many parts are done, by a run that has not ended."""
    until = time.monotonic() + _PATIENCE
    while parts_done(out) < parts and running.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.005)
    assert running.poll() is None, said(out).read_text(encoding="utf-8")


def kill(processes):
    for process in processes:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue


@pytest.mark.parametrize("engine", ENGINES)
def test_a_killed_worker_and_a_killed_run_leave_the_same_bytes(engine, made, undisturbed, tmp_path):
    if not HAVE[engine]:
        pytest.skip(f"needs requirements-{engine}.txt" + " and Java 17" * (engine == "spark"))
    flags = ENGINES[engine][0]
    out = tmp_path / "out"
    first = start(made, out, flags)
    wait_for(2, out, first)
    workers = workers_of(first, engine)
    kill(workers[-1:])
    wait_for(8, out, first)
    kill([first.pid, *below(first.pid)])
    first.wait(_PATIENCE)
    assert workers, "no worker was found to be killed"
    assert 8 <= parts_done(out) < 30
    ends_with(start(made, out, flags), 0, out)
    assert left_by(out) == undisturbed


def test_a_killed_worker_alone_is_replaced(made, undisturbed, tmp_path):
    out = tmp_path / "out"
    running = start(made, out, ENGINES["local"][0])
    for parts in (2, 10):
        wait_for(parts, out, running)
        workers = workers_of(running, "local")
        assert workers, "no worker was found to be killed"
        kill(workers[-1:])
    ends_with(running, 0, out)
    assert left_by(out) == undisturbed


def test_workers_of_a_killed_run_end_too(made, tmp_path):
    out = tmp_path / "out"
    running = start(made, out, ENGINES["local"][0])
    wait_for(2, out, running)
    workers = workers_of(running, "local")
    assert len(workers) == 2
    kill([running.pid])
    running.wait(_PATIENCE)
    until = time.monotonic() + _PATIENCE
    while any("moderation audit" in words(process) for process in workers):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_an_object_store_is_read_by_every_worker_and_its_secret_is_not_kept(made, undisturbed, tmp_path):
    moto = pytest.importorskip("moto.server", reason="pip install -r requirements-dev.txt")
    server = moto.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    out = tmp_path / "out"
    try:
        address = f"127.0.0.1:{server.get_host_and_port()[1]}"
        for path, content in (("comments", b""), ("comments/in/comments.csv", made[0].read_bytes())):
            given = urllib.request.Request(f"http://{address}/{path}", content, {"Content-Type": "text/csv"}, method="PUT")
            urllib.request.urlopen(given).close()
        place = f"s3://key:verysecret@comments/in?scheme=http&endpoint_override={address.replace(':', '%3A')}&region=us-east-1"
        assert ends_with(start((place, made[1]), out, ["--workers", "2"]), 0, out) == ""
    finally:
        server.stop()
    left = left_by(out)
    same = [name for name in undisturbed if name.endswith((".parquet", "rejected.jsonl", "summary.json", "rejected_rows.jsonl"))]
    assert len(same) > 60
    assert {name: left[name] for name in same} == {name: undisturbed[name] for name in same}
    assert not any(b"verysecret" in content or address.encode() in content for content in left.values())
    assert "<title>Audit of in</title>" in left["report.html"].decode()


def test_a_full_disk_is_said_and_what_was_done_is_kept(made, undisturbed, tmp_path):
    out = tmp_path / "out"
    done = start(made, out, ["--workers", "1"], preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (21_000, 21_000)))
    message = ends_with(done, 1, out)
    assert "what is done is kept" in message
    assert "Traceback" not in message
    assert not list((out / "parts").glob(".tmp-*"))
    ends_with(start(made, out, ["--workers", "1"]), 0, out)
    assert left_by(out) == undisturbed
