"""The command `moderation audit`. Thin: parse, open, run, print. Nothing heavy is imported before it runs.

Ends with 0; with 1 for a fault, 2 for a wrong command, 3 where a `--fail-if` holds, 130 where it was interrupted.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation import settings
from moderation.audit.columns import flag
from moderation.errors import DataError, Problem
from moderation.rules import TIERS, read_rules

if TYPE_CHECKING:
    from moderation.audit.engines import Engine
    from moderation.audit.readers.source import Source
    from moderation.audit.run import Outcome

FAILED, INTERRUPTED = 3, 130
_PART_ROWS, _DEEP_PART_ROWS = 50_000, 10_000  # some seconds of work for one worker; a minute or less with the encoder
_FORMATS = ("csv", "tsv", "jsonl", "lines", "parquet", "arrow", "feather", "wordpress", "disqus", "coral")
_COLUMNS = {"text": "the comments", "id": "their ids", "time": "when they were written", "section": "their section",
            "author": "who wrote them", "past": "what became of them", "thread": "the article", "parent": "the comment that is answered"}
_DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}


def _delimiter(text: str) -> str:
    found = _DELIMITERS.get(text, text)
    if len(found) != 1 or not found.isascii() or found in '"\r\n\\':
        raise argparse.ArgumentTypeError(f"expected one character, or {', '.join(_DELIMITERS)}")
    return found


def _encoding(text: str) -> str:
    try:
        "a".encode(text)
    except LookupError:
        raise argparse.ArgumentTypeError("is no encoding that Python knows; name one such as utf-8, cp1252 or shift_jis") from None
    return text.lower()


def _count(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) <= 10_000_000):
        raise argparse.ArgumentTypeError("expected a whole number from 1 to 10000000")
    return int(text)


def _folder(text: str) -> Path:
    if re.match(r"[a-z][a-z0-9+]*://", text):
        raise argparse.ArgumentTypeError("expected a folder's path: results are renamed into place and locked, which stores behind "
                                         "addresses do not do; write to a disk and copy the folder there when the audit is complete")
    return Path(text)


def _moment(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("expected a date or a time such as 2024-02-29 or 2024-02-29T12:00+01:00") from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return round(found.timestamp()) * 1_000_000


def _options(arguments: argparse.Namespace) -> Any:
    from moderation.audit.columns import read_past_map
    from moderation.audit.readers.source import Options

    chosen = {field: column for field in _COLUMNS if (column := getattr(arguments, f"{field}_column")) is not None}
    return Options(arguments.format, arguments.encoding, arguments.delimiter, arguments.quoting, not arguments.no_header, chosen,
                   read_past_map(arguments.past_map), True if arguments.html else None, arguments.table, arguments.query)


@contextmanager
def _engine(arguments: argparse.Namespace) -> Iterator[Engine]:
    if arguments.engine == "local":
        from moderation.audit.engines import Pool, spare_pandas

        spare_pandas()
        with closing(Pool(arguments.workers or len(os.sched_getaffinity(0)))) as pool:
            yield pool
        return
    from moderation.audit import distributed

    yield distributed.Ray(arguments.address) if arguments.engine == "ray" else distributed.Spark(arguments.master)


def _describe(source: Source) -> str:
    """What was guessed, to be seen before work begins."""
    reading = source.reading
    said = [reading.family.title() if reading.family in ("parquet", "arrow", "disqus", "wordpress", "database") else reading.family.upper()]
    if reading.family == "csv":
        delimiter = next((name for name, mark in _DELIMITERS.items() if mark == reading.delimiter), "")
        said += [f"{delimiter or repr(reading.delimiter)} between fields" if len(reading.names) > 1 else "one column",
                 f"quoting {reading.quoting}"] + ([] if reading.header else ["no header"])
    if reading.family == "json":
        said.append("one object a line" if reading.lines else "objects of an array")
    if reading.family in ("csv", "json"):
        said.append(reading.encoding)
    lines = [f"{source.name}: {', '.join([*said, *(['texts are HTML'] if reading.html else [])])}"]
    named = reading.columns.named()
    if named:
        lines += [f"  {field:<8} from `{column}`" for field, column in named.items()]
        missing = [field for field in _COLUMNS if field not in named]
        if missing:
            lines.append(f"  nothing found for {', '.join(missing)}; name a column with {flag(missing[0])} and its like")
    return "\n".join(lines)


def _report(outcome: Outcome, out: Path, has_header: bool) -> str:
    from moderation.audit.tally import totals
    from moderation.audit.words import comments, rows
    from moderation.policy import ACTIONS

    tally = outcome.tally
    counts = zip(ACTIONS, totals(tally.actions.values()), strict=True)
    lines = [f"{comments(tally.rows)}: " + ", ".join(f"{name} {count:,} ({count / max(tally.rows, 1):.2%})" for name, count in counts)]
    if not (tally.rows or outcome.rejected or outcome.left_out):
        lines.append("there is no comment in the source" + (": its only line was taken for the header; if it is a comment, give --no-header"
                                                            if has_header else ""))
    lines += [f"no comment is in the section `{name}` of --section" for name in outcome.strangers]
    if outcome.rejected:
        lines.append(f"{rows(outcome.rejected)} could not be used; {out}/rejected_rows.jsonl says where and why")
    if outcome.left_out:
        lines.append(f"{rows(outcome.left_out)} left out by --since or --section")
    if outcome.unknown:
        words = ", ".join(f"`{word[:40]}` ({count:,})" for word, count in outcome.unknown.items())
        lines.append(f"past decisions that are not understood and not compared: {words}; say what they mean with --past-map WORD=published")
    return "\n".join([*lines, f"report: {out}/report.html"])


def _run(arguments: argparse.Namespace) -> int:
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise DataError("the audit", [Problem(str(error.name), "is missing", "pip install -r requirements-audit.txt")]) from None
    from moderation.audit.conditions import parse
    from moderation.audit.kernel import Job
    from moderation.audit.progress import Progress
    from moderation.audit.readers.source import open_source
    from moderation.audit.run import audit
    from moderation.scorer import ScorerSpec, open_scorer

    found = settings.load()
    categories = [category.name for category in read_rules(found.policy).categories]
    conditions = {text: parse(text, categories) for text in arguments.fail_if}
    options = _options(arguments)
    spec = ScorerSpec.from_settings(replace(found, tier=arguments.tier) if arguments.tier else found)
    scorer = open_scorer(spec)
    with _engine(arguments) as engine, closing(open_source(arguments.source, options)) as source:
        try:
            if not arguments.quiet:
                print(_describe(source), file=sys.stderr)
            if arguments.section and source.reading.names and source.reading.columns.section is None:
                raise DataError("the command line", [Problem("--section", "no column is known to hold the section",
                                                             "name it, as in --section-column COLUMN")])
            job = Job(spec, source.reading, arguments.out.absolute(), "", arguments.since, tuple(arguments.section), 0, arguments.authors,
                      arguments.texts, arguments.results)
            outcome = audit(source, job, engine, Progress(source.total, quiet=arguments.quiet),
                            arguments.part_rows or (_PART_ROWS if scorer.tier == "fast" else _DEEP_PART_ROWS), arguments.sample,
                            arguments.restart)
        except KeyboardInterrupt:
            print("interrupted; the same command goes on from here", file=sys.stderr)
            return INTERRUPTED
        except OSError as error:
            raise DataError("the audit", [Problem(str(error.filename or arguments.out), f"{error.strerror or error}".lower(),
                                                  "what is done is kept: when that is mended, the same command goes on")]) from error
    print(_report(outcome, arguments.out, source.reading.family == "csv" and source.reading.header))
    verdicts = {text: condition.check(outcome.tally) for text, condition in conditions.items()}
    for text, verdict in verdicts.items():
        print(f"--fail-if {text}: {'holds' if verdict.holds else 'does not hold'}: {', '.join(verdict.measured)}")
    return FAILED if any(verdict.holds for verdict in verdicts.values()) else 0


def add_commands(commands: Any) -> None:
    """Add `audit` to the program's commands."""
    audit = commands.add_parser("audit", help="score an archive of comments, and report what would be held or removed today")
    audit.add_argument("source", metavar="SOURCE", help="a file or folder, an address (s3://, gs://, hdfs://), `-` for standard input, or "
                       "SQLAlchemy's URL of a database")
    audit.add_argument("--out", type=_folder, required=True, metavar="DIR", help="the folder of the results; an audit that was broken off "
                       "goes on there")
    reading = audit.add_argument_group("how the source is read, where the guess that is shown first is wrong")
    reading.add_argument("--format", choices=_FORMATS, help="`lines` is a comment on every line")
    reading.add_argument("--encoding", type=_encoding, help="such as utf-8, cp1252, utf-16")
    reading.add_argument("--delimiter", type=_delimiter, help="between the fields of CSV: a character, or comma, tab, semicolon, pipe")
    reading.add_argument("--quoting", choices=("double", "backslash", "none"), help="how CSV writes a quotation mark inside of a quoted "
                         "field: twice, behind a backslash; or it quotes no fields at all")
    reading.add_argument("--no-header", action="store_true", help="the first record of CSV is a comment; columns are called 1, 2, 3 ...")
    reading.add_argument("--html", action="store_true", help="the comments are HTML: score what a reader of the page sees")
    for field, what in _COLUMNS.items():
        reading.add_argument(flag(field), dest=f"{field}_column", metavar="COLUMN", help=f"the column of {what}; `-` for none")
    reading.add_argument("--past-map", action="append", default=[], metavar="THEIRS=OURS", help="what the archive's word for a decision "
                         "means: published, held or removed; as often as there are words")
    asked_of_database = reading.add_mutually_exclusive_group()
    asked_of_database.add_argument("--table", help="the table of a database, read in the order of its primary key")
    asked_of_database.add_argument("--query", help="a query instead; it needs an ORDER BY that leaves no two rows open")
    asked = audit.add_argument_group("what is asked")
    asked.add_argument("--since", type=_moment, metavar="TIME", help="leave out what is older, or of no known time; in UTC")
    asked.add_argument("--section", action="append", default=[], help="only this section; as often as there are sections")
    asked.add_argument("--tier", choices=TIERS, help="who decides: the linear model (fast), the encoder where it could change the action "
                       "(auto), or always (deep); what the service does unless it is given. The encoder takes milliseconds a comment")
    asked.add_argument("--sample", type=_count, default=0, metavar="N", help="write sample.jsonl: comments for a person to judge, "
                       "as many from each tenth of the scores")
    asked.add_argument("--fail-if", action="append", default=[], metavar="CONDITION", help="end with 3 where this holds, such as "
                       "'rate(reject) > 0.02'")
    asked.add_argument("--texts", choices=("full", "masked", "none"), default="full", help="how the report shows comments")
    asked.add_argument("--authors", choices=("hash", "keep", "drop"), default="hash", help="how the results name authors")
    asked.add_argument("--results", choices=("parquet", "jsonl"), default="parquet", help="the format of the results")
    running = audit.add_argument_group("how it runs")
    running.add_argument("--engine", choices=("local", "ray", "spark"), default="local", help="what runs the parts; the others are extras")
    running.add_argument("--workers", type=_count, help="processes of the local engine; as many as there are cores unless it is given")
    running.add_argument("--address", default="local", help="Ray's cluster, such as auto or ray://head:10001; on this machine without it")
    running.add_argument("--master", default="local[*]", help="Spark's master, such as spark://head:7077 or yarn")
    running.add_argument("--part-rows", type=_count, metavar="N", help="rows of a part, which are lost at most when a worker dies: "
                         f"{_PART_ROWS:,} unless it is given, {_DEEP_PART_ROWS:,} where the encoder takes part")
    running.add_argument("--restart", action="store_true", help="delete what an audit left in DIR, and begin anew")
    running.add_argument("--quiet", action="store_true", help="say nothing before the end")
    audit.set_defaults(run=_run)
