"""`moderation check`: everything that is wrong with settings, keys, model, lexicon and policies, all at once.

Knows what there is to load; how, and what is wrong with it, is each part's own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import Any

from moderation import keys, parity, settings
from moderation.classifier import LinearClassifier
from moderation.errors import LoadError, Problem, SettingsError
from moderation.lexicon import Lexicon
from moderation.rules import read_rules
from moderation.scorer import Scorer, ScorerSpec, open_scorer
from moderation.settings import Settings


def faults(environment: Mapping[str, str] | None = None) -> tuple[Settings, Scorer | None, list[LoadError]]:
    """What the environment's settings name, loaded.

    Returns
    -------
    The settings, with the defaults of those that are wrong; the scorer, or None; and everything that is wrong.
    """
    found, problems = settings.read(environment)
    errors: list[LoadError] = [SettingsError("the environment", problems)] if problems else []

    def tried(load: Callable[[], Any]) -> Any:
        try:
            return load()
        except LoadError as error:
            errors.append(error)
            return None

    tried(lambda: keys.check_exposure(found))
    scorer: Scorer | None = None
    try:
        opened = scorer = open_scorer(ScorerSpec.from_settings(found))
    except LoadError as error:
        # One part's fault hides the others': each is tried by itself.
        before = len(errors)
        model = tried(lambda: LinearClassifier.load(found.model))
        tried(lambda: Lexicon.load(found.lexicon_paths, found.languages))
        tried(lambda: read_rules(found.policy, model and model.attributes))
        if len(errors) == before:
            errors.append(error)
        attributes = model and model.attributes
    else:
        attributes = opened.policy.attributes
        tried(lambda: parity.check_all(opened, parity.read_all(opened, found.model, found.encoder)))
    if found.shadow_policy:
        shadow = found.shadow_policy
        tried(lambda: read_rules(shadow, attributes))
    return found, scorer, errors


def _check(arguments: argparse.Namespace) -> int:
    found, scorer, errors = faults()
    if errors or scorer is None:
        print("\n".join(map(str, errors)), file=sys.stderr)
        return 1
    width = max(len(row.variable) for row in settings.TABLE)
    for row in settings.TABLE:
        print(f"{row.variable:<{width}} {settings.shown(getattr(found, row.name))}")
    policy = scorer.policy
    print(f"\nmodel {scorer.versions.model}: {', '.join(policy.attributes)}")
    print(f"tier {scorer.tier}" + (f"; there is no encoder: {scorer.lack}" if scorer.lack else ""))
    print(f"lexicon {scorer.versions.lexicon}: {len(scorer.lexicon.terms)} terms")
    print(f"policy {scorer.versions.policy}: {', '.join(policy.categories)}; sections {', '.join(policy.sections) or 'none'}")
    ring = keys.KeyRing.load(found.keys)
    strange = [Problem(f"key {key.id}", "has a section that the policy does not have, so requests that name none are refused",
                       "make a key with another section, or with none, and revoke this one")
               for key in (ring.keys.values() if ring else ()) if key.section is not None and key.section not in policy.sections
               and not key.revoked]
    for problem in (*scorer.warnings, *strange):
        print(f"warning: {problem.where}: {problem}", file=sys.stderr)
    return 0


def add_commands(commands: Any) -> None:
    """Add `check` to the program's commands."""
    commands.add_parser("check", help="load settings, keys, policy, lexicon and model, and say what is wrong").set_defaults(run=_check)
