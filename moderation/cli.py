"""The command line: `moderation score "..."`, `serve`, `check`, `train`, `evaluate`. Thin: it parses, calls and prints.

A table on a terminal, JSON lines otherwise. Faults go to standard error and end with 1, a wrong command with 2.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import importlib.metadata
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import msgspec

from moderation import keys, seed_trial, settings
from moderation.answers import Answers
from moderation.counterfactuals import counterfactuals
from moderation.errors import DataError, ModerationError, Problem, SettingsError, UsageError
from moderation.rules import TIERS
from moderation.scorer import Assessment, Scorer, ScorerSpec, ScoreTable, open_scorer

_CHUNK = 65_536  # bytes of standard input that are scored together, if so many have arrived

# Modules that add commands of their own, and the function that adds them to the subparsers of which command ("" for the
# program). They are imported only to build the parser, and must not import anything heavy before a command runs.
EXTENSIONS: tuple[tuple[str, str, str], ...] = (
    ("moderation.check_commands", "add_commands", ""),
    ("moderation.lexicon_commands", "add_commands", ""),
    ("moderation.lexicon_commands", "add_evaluate", "evaluate"),
    ("moderation.key_commands", "add_commands", ""),
    ("moderation.label_commands", "add_commands", ""),
    ("moderation.tune_commands", "add_commands", ""),
    ("moderation.audit.commands", "add_commands", ""),
    ("moderation.audit.diff_commands", "add_commands", ""),
    ("moderation.policy_commands", "add_commands", ""),
    ("moderation.train.commands", "add_train", ""),
    ("moderation.train.cascade_commands", "add_commands", ""),
    ("moderation.train.commands", "add_evaluate", "evaluate"),
    ("moderation.train.commands", "add_ideas", "evaluate"),
    ("moderation.train.encoder.commands", "add_commands", ""),
)


def _open() -> Scorer:
    return open_scorer(ScorerSpec.from_settings(settings.load()))


def _score(arguments: argparse.Namespace) -> int:
    scorer = _open()
    as_table = sys.stdout.isatty() if arguments.format is None else arguments.format == "table"
    if as_table:
        print(_table_head(scorer.policy.categories))
    for chunk in [arguments.text] if arguments.text else _arrived(sys.stdin.buffer):
        table = scorer.score_batch(chunk, arguments.section, tier=arguments.tier)
        answers = None if as_table else Answers(table)
        for row, comment in enumerate(chunk):
            if answers:
                print(msgspec.json.encode(answers.row(row, comment, mask=arguments.mask, explain=arguments.explain)).decode())
                continue
            print(_table_row(comment, table[row], arguments.mask))
            if arguments.explain:
                print(_changes(table, row, comment), end="")
        sys.stdout.flush()
    return 0


def _arrived(source: IO[bytes]) -> Iterator[list[str]]:
    """The lines of a source, without their ends, as many at a time as have arrived.

    Raises
    ------
    DataError : a line is not UTF-8; those before it have been answered.
    """
    count, rest = 0, b""
    while piece := os.read(source.fileno(), _CHUNK):
        *lines, rest = (rest + piece).split(b"\n")
        yield from _decoded(lines, count)
        count += len(lines)
    if rest:
        yield from _decoded([rest], count)


def _decoded(lines: list[bytes], before: int) -> Iterator[list[str]]:
    good = []
    try:
        for line in lines:
            good.append(line.removesuffix(b"\r").decode())
    except UnicodeDecodeError as error:
        fault = Problem(f"line {before + len(good) + 1}", f"byte {error.start + 1} is not UTF-8", "convert it, as by `iconv -t utf-8`")
        if good:
            yield good
        raise DataError("standard input", [fault]) from None
    if good:
        yield good


def _table_head(categories: Sequence[str]) -> str:
    return "  ".join(["action ", "tier", *(f"{name:>10}" for name in categories), "comment"])


def _table_row(comment: str, found: Assessment, masked: bool) -> str:
    shown = " ".join((found.masked(comment) if masked else comment).split()).encode("utf-8", "replace").decode()
    lines = ["  ".join([f"{found.decision.action:<7}", found.tier, *(f"{category.score:>10.2f}" for category in found.categories), shown])]
    lines += [f"         {reason.category}: {reason.score:.2f} is at least {reason.threshold:.2f}. {reason.clause}"
              for reason in found.decision.reasons]
    lines += [f"         {match.span.start}-{match.span.end}: a word of `{match.category}`, {match.severity}, {match.disguise}"
              + ("" if match.region == "own" else f", in a {match.region}") for match in found.matches]
    return "\n".join(lines)


def _changes(table: ScoreTable, row: int, comment: str) -> str:
    changes = counterfactuals(table, row)
    if not changes and table.worst[row]:
        return "         no few words of it, taken out, would change the action\n"
    lines = [f"{action} without " + " and ".join(f'"{comment[start:end]}" ({start}-{end})' for start, end in spans)
             for action, spans in changes]
    return "".join(f"         {line}\n" for line in lines).encode("utf-8", "replace").decode()


def _check_address(found: settings.Settings) -> None:
    """Bind where the service will listen, as it will: gunicorn would try for five seconds and say little."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(found.host, found.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = Problem("MODERATION_PORT", f"{found.port} is in use on {found.host}",
                              "stop what listens there (`ss -ltnp` names it), or choose another, such as `MODERATION_PORT=8001`")
        elif error.errno == errno.EACCES:
            problem = Problem("MODERATION_PORT", f"{found.port} is for root alone", "choose one from 1024 on")
        else:
            problem = Problem("MODERATION_HOST", f"`{found.host}` is no address of this machine", "such as 127.0.0.1 or 0.0.0.0")
        raise SettingsError("the environment", [problem]) from None


def _serve(arguments: argparse.Namespace) -> int:
    found = settings.load()
    keys.check_exposure(found)
    _check_address(found)
    root = str(settings.ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "--pythonpath", root, "--config", f"{root}/gunicorn.conf.py", "wsgi:app"])


def _evaluate_seeds(arguments: argparse.Namespace) -> int:
    scorer = _open()
    print(seed_trial.report(seed_trial.try_seeds(scorer, seed_trial.read_seeds(arguments.comments, scorer.policy.categories))))
    return 0


def _version() -> str:
    try:
        return importlib.metadata.version("moderation")
    except importlib.metadata.PackageNotFoundError:
        return "(run from its folder, not installed)"


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; each command's namespace holds the function to `run`."""
    program = argparse.ArgumentParser("moderation", description="A self-hosted comment moderation service.")
    program.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    commands = program.add_subparsers(title="commands", required=True, metavar="command")

    score = commands.add_parser("score", help="score comments given as arguments, or lines of standard input")
    score.add_argument("text", nargs="*", help="a comment; without any, every line of standard input is one")
    score.add_argument("--section", help="the section whose thresholds hold")
    score.add_argument("--mask", action="store_true", help="show the comment with every matched word starred out")
    score.add_argument("--tier", choices=TIERS, help="who decides: the linear model, the encoder where it could change that, or always")
    score.add_argument("--explain", action="store_true", help="say which words, taken out, would change the action")
    score.add_argument("--format", choices=("table", "json"), help="the default is a table on a terminal and JSON lines otherwise")
    score.set_defaults(run=_score)

    about = ("Serve over HTTP by gunicorn, on MODERATION_HOST and MODERATION_PORT (127.0.0.1, 8000). "
             "All settings are environment variables: the README lists them, and `moderation check` says what is wrong with them. "
             "SIGHUP takes a changed policy, lexicon or model; SIGTERM answers what is in hand and stops.")
    commands.add_parser("serve", help="serve over HTTP (gunicorn)", description=about).set_defaults(run=_serve)

    evaluate = commands.add_parser("evaluate", help="measure the model, the lexicon or the whole product")
    subjects = evaluate.add_subparsers(title="what", required=True, metavar="what")
    seeds = subjects.add_parser("seeds", help="the whole product on labelled reader comments")
    seeds.add_argument("--comments", type=Path, default=settings.ROOT / "seeds/comments.csv", help="the labelled comments (CSV)")
    seeds.set_defaults(run=_evaluate_seeds)

    places = {"": commands, "evaluate": subjects}
    for module, function, place in EXTENSIONS:
        getattr(importlib.import_module(module), function)(places[place])
    return program


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:2] == ["audit", "diff"]:  # one command of two words, beside `audit SOURCE`
        words[:2] = ["audit diff"]
    given = parser().parse_args(words)
    try:
        code: int = given.run(given)
    except ModerationError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does; nothing is left to say, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if error.filename is None and error.errno != errno.ENOSPC:
            raise
        print(DataError("the files", [Problem(str(error.filename or "the disk"), f"cannot be used: {error.strerror}")]), file=sys.stderr)
        return 1
    return code


