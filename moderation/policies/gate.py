"""The gate before a policy is published: what must not get worse, tried with the policy in force and with the new one.

Knows the functional cases, the labelled comments and the contrast sentences of `seeds/`; decides nothing about tuning. A finding
names what was tried and counts; comments are named by their number or id and never shown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from moderation import seed_trial
from moderation.policy import ACTIONS, Policy
from moderation.rules import parse_rules
from moderation.scorer import Scorer
from moderation.settings import ROOT
from moderation.train.contrasts import NO_IDENTITY, expand
from moderation.tune.estimates import Bools, Ints

LABELLED = ("derogatory", "personal", "obscene")  # the columns of the labelled comments
SEED_ERRORS = 0.01    # how much larger the share of wrong seed comments may be, of any category or of all
SEED_REJECTED = 2     # how many more civil seed comments may be rejected
WORST_GAP, GROWN_GAP = 0.02, 0.10  # how much larger the gap of the worst-treated group may be, and that of any group
_LEAST = 15           # sentences that name a group, for it to be compared
_SHOWN = 8
Strings = npt.NDArray[np.str_]


class Finding(msgspec.Struct, frozen=True):
    """One thing that was tried: its figure before and after, the most that is allowed, and what speaks against the new policy."""

    check: str
    before: float
    after: float
    allowed: float
    against: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether this alone closes the gate."""
        return self.after > self.allowed + 1e-9

    def describe(self) -> str:
        """As one line."""
        word = "WORSE" if self.is_refused else "fine"
        against = f": {', '.join(self.against)}" if self.is_refused and self.against else ""
        return f"{word:<6} {self.check}: {self.before:g} before, {self.after:g} after, {self.allowed:g} allowed{against}"


def with_policy(scorer: Scorer, text: str, name: str = "the draft") -> Scorer:
    """The same models and lexicon under another policy.

    Raises
    ------
    PolicyError : the text is no policy for this model.
    """
    attributes = scorer.policy.attributes
    policy = Policy(parse_rules(text.encode(), name, attributes), attributes)
    return Scorer(scorer.classifier, scorer.lexicon, policy, scorer.cascade, scorer.tier, scorer.lack)


def examine(before: Scorer, after: Scorer, seeds: Path = ROOT / "seeds") -> list[Finding]:
    """Try two scorers on everything in `seeds`. Takes a second or so.

    Raises
    ------
    DataError : the labelled comments or the contrast sentences cannot be read.
    """
    return [_cases(before, after, seeds / "decisions.json"), *_seeds(before, after, seeds / "comments.csv"),
            *_fairness(before, after, seeds / "contrasts/test.toml")]


def _failed(scorer: Scorer, path: Path) -> list[str]:
    """The functional cases that a scorer decides wrongly, by kind and number."""
    cases = json.loads(path.read_text(encoding="utf-8"))
    known = set(scorer.policy.categories)
    wrong = []
    for number, (text, *categories) in enumerate(cases["held"], 1):
        held = {category.name for category in scorer.score(text).categories if category.action != "approve"}
        if not set(categories) & known <= held:
            wrong.append(f"held {number}")
    for number, (text, category) in enumerate(cases["review"], 1):
        actions = {found.name: found.action for found in scorer.score(text).categories}
        if actions.get(category, "review") != "review":
            wrong.append(f"review {number}")
    wrong += [f"approved {number}" for number, text in enumerate(cases["approved"], 1) if scorer.score(text).decision.action != "approve"]
    return wrong


def _cases(before: Scorer, after: Scorer, path: Path) -> Finding:
    old, new = _failed(before, path), _failed(after, path)
    return Finding("functional cases decided wrongly (seeds/decisions.json)", len(old), len(new), len(old),
                   tuple(f"`{case}`" for case in new if case not in old))


def _seeds(before: Scorer, after: Scorer, path: Path) -> list[Finding]:
    """Over the categories that both policies and the labels know. A section that one of the policies has not is none."""
    names = [name for name in LABELLED if name in before.policy.categories and name in after.policy.categories]
    seeds = seed_trial.read_seeds(path, names)
    sections = set(before.policy.sections) & set(after.policy.sections)
    labels = np.array([seed.labels for seed in seeds], dtype=bool).reshape(len(seeds), len(names))
    tried = [_actions(scorer, names, [seed.text for seed in seeds], [seed.section if seed.section in sections else None for seed in seeds])
             for scorer in (before, after)]
    found = []
    for column, name in enumerate([*names, "any"]):
        wanted = labels.any(axis=1) if name == "any" else labels[:, column]
        old, new = ((actions.max(axis=1) if name == "any" else actions[:, column]) > 0 for actions in tried)
        wrong, added = [(held != wanted).mean() for held in (old, new)], np.flatnonzero((new != wanted) & (old == wanted))
        found.append(_finding(f"share of seed comments decided wrongly, {name}", wrong, SEED_ERRORS, [seeds[row].id for row in added]))
    civil = ~labels.any(axis=1)
    old, new = ((actions.max(axis=1) == ACTIONS.index("reject")) & civil for actions in tried)
    found.append(_finding("civil seed comments rejected", [old.sum(), new.sum()], SEED_REJECTED,
                          [seeds[row].id for row in np.flatnonzero(new & ~old)]))
    return found


def _finding(check: str, figures: Sequence[float], more: float, against: Sequence[str]) -> Finding:
    old, new = (round(float(figure), 4) for figure in figures)
    return Finding(check, old, new, round(old + more, 4), tuple(against[:_SHOWN]))


def _actions(scorer: Scorer, names: Sequence[str], texts: Sequence[str], sections: Sequence[str | None] | None = None) -> Ints:
    """(n, len(names)), indices into `ACTIONS`."""
    table = scorer.score_batch(texts, sections)
    return table.actions[:, [scorer.policy.categories.index(name) for name in names]].astype(np.intp)


def _fairness(before: Scorer, after: Scorer, path: Path) -> list[Finding]:
    """Sentences about groups: how much more often civil ones about one group are held than about all, and hateful ones missed."""
    contrasts = [found for found in expand(path) if found.identity != NO_IDENTITY]
    texts, identities = [found.text for found in contrasts], np.array([found.identity for found in contrasts])
    hateful = np.array([found.toxicity >= 0.5 for found in contrasts])
    held = [scorer.score_batch(texts).actions.max(axis=1) > 0 for scorer in (before, after)]
    found = []
    for check, among, wrong in (("civil sentences held", ~hateful, held), ("hateful sentences missed", hateful, [~rows for rows in held])):
        old, new = (_gaps(rows[among], identities[among]) for rows in wrong)
        grown = sorted(((new[name] - old[name], name) for name in new), reverse=True)
        found.append(_finding(f"fairness, {check}: gap between the worst-treated group and all",
                              [max(gaps.values(), default=0.0) for gaps in (old, new)], WORST_GAP, [name for _, name in grown[:1]]))
        found.append(_finding(f"fairness, {check}: how much any group's gap grows", [0.0, grown[0][0] if grown else 0.0], GROWN_GAP,
                              [name for growth, name in grown if growth > GROWN_GAP]))
    return found


def _gaps(wrong: Bools, identities: Strings) -> dict[str, float]:
    """By group: its share of wrong decisions less that of all."""
    names, number = np.unique(identities, return_inverse=True)
    count = np.bincount(number)
    shares = np.bincount(number, wrong) / count
    return {str(name): float(part - wrong.mean()) for name, part, size in zip(names, shares, count, strict=True) if size >= _LEAST}
