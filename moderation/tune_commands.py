"""`moderation tune LABELLED`, `tune sample`, `tune label`: thin; `tune` does the work.

Ends with 0 if all went well, 1 for faults in data or policy, 2 for a wrong command, and 3 where the labels cannot support what
was asked for: nothing is written then.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from moderation import settings
from moderation.errors import DataError, ModerationError, Problem
from moderation.scorer import Scorer, ScorerSpec, open_scorer

if TYPE_CHECKING:
    from moderation.tune.choose import Wish
    from moderation.tune.labelled import ScoredLabels

UNSUPPORTED = 3
_Read = TypeVar("_Read")


def _open() -> Scorer:
    return open_scorer(ScorerSpec.from_settings(settings.load()))


def _read(read: Callable[[str], _Read]) -> Callable[[str], _Read]:
    """A reader of words, for argparse: what it refuses ends the program with 2 and the reason."""

    def checked(text: str) -> _Read:
        try:
            return read(text)
        except ModerationError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked


def _target(text: str) -> Any:
    from moderation.tune.targets import read_target

    return read_target(text)


def _cost(text: str) -> str:
    from moderation.tune.targets import read_costs

    read_costs([text])
    return text


def _column(text: str) -> tuple[str, str]:
    ours, _, theirs = text.partition("=")
    if not ours or not theirs:
        raise argparse.ArgumentTypeError("expected OURS=THEIRS, as in `text=body`")
    return ours, theirs


def _above_0(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e12:
        raise argparse.ArgumentTypeError("expected a number above 0")
    return number


def _share(text: str) -> float:
    number = _above_0(text)
    if number >= 1:
        raise argparse.ArgumentTypeError("expected a share between 0 and 1, such as 0.95")
    return number


def _labels(arguments: argparse.Namespace, scorer: Scorer) -> tuple[ScoredLabels, str]:
    from moderation.tune import from_store, labelled, reader

    if arguments.from_store:
        rows = from_store.read(settings.load().database_url, scorer.policy.categories)
        return labelled.score(rows, scorer), "the store's labels"
    rows = reader.read_labelled(arguments.labelled, scorer.policy.categories, dict(arguments.column))
    return labelled.score(rows, scorer), arguments.labelled.name


def _wish(arguments: argparse.Namespace) -> Wish:
    from moderation.tune.choose import Capacity, Wish
    from moderation.tune.targets import read_costs

    capacity = Capacity(arguments.review_per_day, arguments.comments_per_day) if arguments.review_per_day else None
    return Wish(tuple(arguments.target), read_costs(arguments.cost) if arguments.cost else None, capacity, 1 - arguments.confidence,
                arguments.by_section)


def _choose(arguments: argparse.Namespace) -> int:
    from moderation.tune import choose, report
    from moderation.tune.draft import difference, draft
    from moderation.tune.words import Load

    scorer = _open()
    scored, source = _labels(arguments, scorer)
    wish, live = _wish(arguments), scorer.policy.thresholds
    plan = choose.plan(scored, live, wish)
    comments = arguments.comments_per_day
    load = Load.of(*scored.queue(plan.lines), comments, arguments.seconds_per_review) if comments else None
    print(f"model {scorer.versions.model}, policy {scorer.versions.policy}, {len(scored):,} comments of {source}\n")
    print(report.report(scored, live, plan, wish, load, arguments.texts))
    if not plan.is_supported:
        print("\nnothing is written: the labels cannot support what was asked for", file=sys.stderr)
        return UNSUPPORTED
    old = settings.load().policy.read_text(encoding="utf-8")
    new = draft(old, plan.lines, scorer.policy.attributes)
    print("\n" + (difference(old, new, str(settings.load().policy), str(arguments.out or "the draft")) or "the policy stays as it is"))
    if arguments.out:
        _write(arguments.out, new, report.record(scored, plan, wish, load, source, scorer.policy.version))
        print(f"{arguments.out} is written; `moderation policy publish {arguments.out} --reason ...` puts it in force")
    return 0


def _write(path: Path, text: str, record: dict[str, Any]) -> None:
    from moderation.policies.files import write_draft

    if path.resolve() == settings.load().policy.resolve():
        where, hint = f"--out {path}", "name another file, and put it in force with `moderation policy publish`"
        raise DataError("the draft", [Problem(where, "is the policy in force", hint)])
    write_draft(path, text, record)


def add_commands(commands: Any) -> None:
    """Add `tune` to the program's commands."""
    program = commands.add_parser("tune", help="choose the policy's thresholds from labelled comments")
    what = program.add_subparsers(title="what", required=True, metavar="what")
    parse = program.parse_known_args

    def parse_known_args(args: Any = None, namespace: Any = None) -> Any:
        """`tune LABELLED` is short for `tune choose LABELLED`."""
        given = list(args or ())
        return parse(given if given[:1] and given[0] in (*what.choices, "-h", "--help") else ["choose", *given], namespace)

    program.parse_known_args = parse_known_args
    choose = what.add_parser("choose", help="thresholds for targets, costs or a capacity (`tune LABELLED` is short for it)")
    choose.add_argument("labelled", type=Path, nargs="?", help="CSV, Parquet or JSON lines with `text` and 0/1 columns named like the "
                        "policy's categories, or one called `violates`; `section`, `author` and `weight` if you have them")
    choose.add_argument("--from-store", action="store_true", help="the labels of the service's store, where their texts were kept")
    choose.add_argument("--target", type=_read(_target), action="append", default=[],
                        help='such as "maximum recall @ precision >= 0.95" or "minimum review @ miss <= 0.01"; `personal:` or '
                        "`personal.review:` before it is for one category or line; may be repeated")
    choose.add_argument("--cost", type=_read(_cost), action="append", default=[],
                        help="wrong_reject=5, miss=3 or review=0.2: what each outcome costs; may be repeated")
    choose.add_argument("--review-per-day", type=_above_0, help="how many comments people can look at in a day")
    choose.add_argument("--comments-per-day", type=_above_0, help="how many comments come in, to tell the queue")
    choose.add_argument("--seconds-per-review", type=_above_0, default=20.0, help="how long a look at a comment takes; 20 by default")
    choose.add_argument("--confidence", type=_share, default=0.95, help="how sure a promise must be; 0.95 by default")
    choose.add_argument("--by-section", action="store_true", help="choose for every section that has enough labels as well")
    choose.add_argument("--column", type=_column, action="append", default=[], metavar="OURS=THEIRS",
                        help="which column of the file is meant, as in `text=body`; may be repeated")
    choose.add_argument("--texts", action="store_true", help="show the comments nearest each line, not only where they stand")
    choose.add_argument("--out", type=Path, help="the policy file to write, with its figures beside it")
    choose.set_defaults(run=_checked(choose))

    sample = what.add_parser("sample", help="draw comments to label from an archive, most of them near the lines")
    sample.add_argument("archive", type=Path, help="CSV, Parquet or JSON lines with `text`; `section` and `author` are taken along")
    sample.add_argument("--budget", type=_count, default=300, help="how many to draw; 300 by default")
    sample.add_argument("--column", type=_column, action="append", default=[], metavar="OURS=THEIRS",
                        help="which column of the file is meant, as in `text=body`; may be repeated")
    sample.add_argument("--seed", type=int, default=0, help="the same seed draws the same comments")
    sample.add_argument("--out", type=Path, required=True, help="the CSV file to write, for `tune label`; it must not be there yet")
    sample.set_defaults(run=_sample)

    label = what.add_parser("label", help="label the comments of a file one by one by the keys y and n, without their scores")
    label.add_argument("file", type=Path, help="the CSV file; labels are written into it")
    label.set_defaults(run=_label)


def _count(text: str) -> int:
    if not (text.isdecimal() and 20 <= int(text) < 1_000_000):
        raise argparse.ArgumentTypeError("expected a number of comments, 20 at least")
    return int(text)


def _sample(arguments: argparse.Namespace) -> int:
    from moderation.tune import reader, sample
    from moderation.tune.sheet import write_csv

    if arguments.out.exists():
        raise DataError("the sample", [Problem(f"--out {arguments.out}", "is there already and may hold labels", "name another file")])
    scorer = _open()
    rows = reader.read_labelled(arguments.archive, scorer.policy.categories, dict(arguments.column), needs_labels=False)
    drawn, weights = sample.draw(sample.places(scorer, rows.texts), arguments.budget, arguments.seed)
    weights = weights if rows.weights is None else weights * rows.weights[drawn]
    write_csv(arguments.out, [
        {"text": rows.texts[row], "section": rows.sections[row] or "", **({"author": rows.authors[row]} if rows.authors else {}),
         "weight": f"{weight:.6g}", **dict.fromkeys(scorer.policy.categories, "")}
        for row, weight in zip(drawn.tolist(), weights.tolist(), strict=True)])
    print(f"{len(drawn):,} of {len(rows.texts):,} comments are in {arguments.out}; "
          f"`moderation tune label {arguments.out}` shows them one by one")
    return 0


def _label(arguments: argparse.Namespace) -> int:
    from moderation.tune.sheet import Sheet, sit

    sit(Sheet(arguments.file, _open().policy.categories), _key, print)
    return 0


def _key() -> str:
    """One key of a terminal, without Enter; elsewhere a line of standard input."""
    sys.stdout.flush()
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        return sys.stdin.read(1)
    except KeyboardInterrupt:
        return "q"
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _checked(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        if (arguments.labelled is None) != arguments.from_store:
            parser.error("name a file of labelled comments, or give --from-store")
        if arguments.review_per_day and not arguments.comments_per_day:
            parser.error("--review-per-day needs --comments-per-day")
        if not (arguments.target or arguments.cost or arguments.review_per_day):
            parser.error("say what you want: --target, --cost or --review-per-day with --comments-per-day")
        return _choose(arguments)

    return run
