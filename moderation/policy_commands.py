"""`moderation policy list|diff|publish|rollback|translate`: thin; `policies` does the work.

Ends with 0 if all went well, 1 for faults in files, 2 for a wrong command, and 3 where the gate stays closed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation import settings
from moderation.errors import LoadError, Problem
from moderation.scorer import Scorer, ScorerSpec, open_scorer

if TYPE_CHECKING:
    from moderation.policies.versions import Version

CLOSED = 3


def _open(model: Path | None = None) -> Scorer:
    found = settings.load()
    return open_scorer(ScorerSpec.from_settings(replace(found, model=model or found.model)))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise LoadError("the policy", [Problem(str(path), f"cannot be read: {reason}", "name a policy file")]) from error


def _list(arguments: argparse.Namespace) -> int:
    from moderation.policies import versions

    live = settings.load().policy
    current = versions.in_force(live)
    for version in versions.versions(live):
        print(_line(version, version == current))
    if current is None:
        print(f"the policy in force, {live}, is none of {'these' if versions.versions(live) else 'the published ones: there is none yet'}")
    return 0


def _line(version: Version, is_current: bool) -> str:
    restored = f" (version {version.restores} again)" if version.restores else ""
    override = f"\n        published all the same: {version.override}" if version.override else ""
    return (f"{'*' if is_current else ' '}{version.number:>4}  {version.policy}  {version.when}  {version.who:<16} {version.why}"
            f"{restored}{override}")


def _text(name: str) -> str:
    """What `diff` compares: a version's number, or a file."""
    from moderation.policies import versions

    return versions.text_of(settings.load().policy, int(name)) if name.isdecimal() else _read(Path(name))


def _diff(arguments: argparse.Namespace) -> int:
    from moderation.tune.draft import difference

    live = settings.load().policy
    other = _read(live) if arguments.other is None else _text(arguments.other)
    one, one_name, other_name = _text(arguments.one), arguments.one, arguments.other or str(live)
    if arguments.other is None and not arguments.one.isdecimal():  # a draft is what comes after
        one, other, one_name, other_name = other, one, other_name, one_name
    print(difference(one, other, one_name, other_name) or "they are the same", end="\n" if one == other else "")
    return 0


def _publish(arguments: argparse.Namespace) -> int:
    from moderation.policies import gate, versions
    from moderation.policies.files import read_figures

    live, scorer, text = settings.load().policy, _open(), _read(arguments.draft)
    figures = read_figures(arguments.draft)
    findings = gate.examine(scorer, gate.with_policy(scorer, text, arguments.draft.name))
    print("\n".join(finding.describe() for finding in findings))
    if any(finding.is_refused for finding in findings) and not arguments.override:
        print("\nnot published: change the draft, or say by --override why it is to be published all the same", file=sys.stderr)
        return CLOSED
    made = versions.publish(live, text, arguments.who or versions.somebody(), arguments.reason, figures=figures, gate=findings,
                            base=(figures or {}).get("drafted_from"), override=arguments.override or "")
    print(f"\nversion {made.number} ({made.policy}) is in force: services that read {live} take it up with their next request")
    return 0


def _rollback(arguments: argparse.Namespace) -> int:
    from moderation.policies import gate, versions

    live, scorer = settings.load().policy, _open()
    if arguments.to is not None:
        gate.with_policy(scorer, versions.text_of(live, arguments.to))  # it may have been written for another model
    made = versions.rollback(live, arguments.to, arguments.who or versions.somebody(), arguments.reason)
    print(f"version {made.number} ({made.policy}), which is version {made.restores} again, is in force")
    return 0


def _translate(arguments: argparse.Namespace) -> int:
    from moderation.policies import gate, translate
    from moderation.policies.files import write_draft
    from moderation.policy import ACTIONS
    from moderation.tune.draft import difference
    from moderation.tune.reader import read_labelled

    live = settings.load().policy
    before, after, text = _open(arguments.old), _open(arguments.new), _read(live)
    rows = read_labelled(arguments.comments, before.policy.categories, dict(arguments.column), needs_labels=False)
    old, new = (translate.probabilities(scorer, rows.texts) for scorer in (before, after))
    made, points = translate.translate(text, old, new, rows, before.policy.attributes, after.policy.attributes, live.name)
    print(f"{before.versions.model} to {after.versions.model}, {len(rows.texts):,} comments\n")
    for point in points:
        print(f"{point.category:<12} {point.attribute:<16} {point.line:<7} {point.old:.4f} -> {point.new:.4f}  by {point.by:<10} "
              f"flags {point.flagged[0]:.2%} -> {point.flagged[1]:.2%}")
    changed = translate.flips(before, gate.with_policy(after, made), rows)
    count = Counter((flip.old, flip.new) for flip in changed)
    print(f"\n{len(changed)} of {len(rows.texts):,} comments get another action"
          + "".join(f"\n  {ACTIONS[one]} -> {ACTIONS[other]}: {times}" for (one, other), times in sorted(count.items())))
    for flip in changed[: arguments.show]:
        place = rows.places[flip.row] if rows.places else f"row {flip.row + 1}"
        shown = f"  {' '.join(rows.texts[flip.row].split())[:90]}" if arguments.texts else ""
        print(f"  {place:<12} {ACTIONS[flip.old]:>7} -> {ACTIONS[flip.new]:<7}{shown}")
    if len(changed) > arguments.show:
        print(f"  and {len(changed) - arguments.show} more; --show says how many are listed")
    print("\n" + (difference(text, made, str(live), str(arguments.out or "the draft")) or "the policy stays as it is\n"), end="")
    if arguments.out:
        write_draft(arguments.out, made, {"drafted_from": before.policy.version, "translated": [str(arguments.old), str(arguments.new)]})
        print(f"\n{arguments.out} is written; publish it when MODERATION_MODEL names {arguments.new}")
    return 0


def _number(text: str) -> int:
    if not (text.isdecimal() and int(text) < 1_000_000):
        raise argparse.ArgumentTypeError("expected a number, as `moderation policy list` shows them")
    return int(text)


def _column(text: str) -> tuple[str, str]:
    ours, _, theirs = text.partition("=")
    if not ours or not theirs:
        raise argparse.ArgumentTypeError("expected OURS=THEIRS, as in `text=body`")
    return ours, theirs


def _signed(command: argparse.ArgumentParser) -> None:
    command.add_argument("--reason", required=True, help="why, for whoever reads the list later")
    command.add_argument("--who", help="who publishes; the name of this user by default")


def add_commands(commands: Any) -> None:
    """Add `policy` to the program's commands."""
    program = commands.add_parser("policy", help="versions of the policy: list, compare, publish, take back, carry over to another model")
    what = program.add_subparsers(title="what", required=True, metavar="what")
    what.add_parser("list", help="every version with who, when and why; a star is before the one in force").set_defaults(run=_list)
    diff = what.add_parser("diff", help="what changes between two versions or files")
    diff.add_argument("one", help="a version's number, or a policy file")
    diff.add_argument("other", nargs="?", help="another one; the policy in force by default")
    diff.set_defaults(run=_diff)
    publish = what.add_parser("publish", help="put a draft in force, if nothing gets worse by it")
    publish.add_argument("draft", type=Path, help="the policy file to publish, such as `moderation tune --out` writes")
    _signed(publish)
    publish.add_argument("--override", metavar="REASON", help="publish although the gate is closed; the reason is kept")
    publish.set_defaults(run=_publish)
    rollback = what.add_parser("rollback", help="put an earlier version in force again")
    rollback.add_argument("--to", type=_number, help="the version's number; the one before by default")
    _signed(rollback)
    rollback.set_defaults(run=_rollback)
    translate = what.add_parser("translate", help="carry the attributes' points over to another model")
    translate.add_argument("--from", dest="old", type=Path, required=True, metavar="MODEL", help="the folder of the model they are for")
    translate.add_argument("--to", dest="new", type=Path, required=True, metavar="MODEL", help="the folder of the other model")
    translate.add_argument("comments", type=Path, help="your comments, with labels (precision is matched) or without (the flag rate)")
    translate.add_argument("--column", type=_column, action="append", default=[], metavar="OURS=THEIRS",
                           help="which column of the file is meant, as in `text=body`; may be repeated")
    translate.add_argument("--show", type=_number, default=40, help="how many of the comments that flip are listed; 40 by default")
    translate.add_argument("--texts", action="store_true", help="show these comments, not only where they stand")
    translate.add_argument("--out", type=Path, help="the policy file to write")
    translate.set_defaults(run=_translate)
