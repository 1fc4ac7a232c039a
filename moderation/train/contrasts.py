"""Contrast sentences: kind and unkind ones about the same people, expanded from templates and hand-written lines.

Knows the grammar of `seeds/contrasts/*.toml` and which labels a kind bears; knows no model and no other data. The same
file gives the same sentences in the same order everywhere: the choice of identities and of slot values is a rotation.

>>> contrast = Contrast("I'm a nurse.", "self_identification", "nurse", 0.0, 0.0, 0.0, 0.0, 0.0)
>>> contrast.toxicity, contrast.severe_toxicity
(0.0, None)
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from moderation.errors import DataError, Problem

NO_IDENTITY = "-"
FORMS = ("one", "many", "adj", "slur", "slurs")
PLACEHOLDER = re.compile(r"\{(\w*)\}")
SENTENCE_START = re.compile(r"(^|[.!?][\"”]? )[\"“]?$")
# How far a template's first, second... slot moves on from sentence to sentence; prime, so that each comes all the way round.
STEPS = (1, 5, 13, 17)
# "a Ukrainian", "a European", "a one-legged": spelt with a vowel, spoken with a consonant.
CONSONANT_SOUND = ("uk", "ug", "uni", "use", "eu", "one-")


class Labels(NamedTuple):
    """What a kind teaches: the share of raters who would mark each attribute."""

    toxicity: float = 0.0
    identity_attack: float = 0.0
    insult: float = 0.0
    threat: float = 0.0
    profanity: float = 0.0


CIVIL = Labels()
# Raters call contempt for a group an insult about as often as not; slurs obscene in about a third of cases.
KINDS: Mapping[str, Labels] = {
    "praise": CIVIL,
    "self_identification": CIVIL,
    "quotation": CIVIL,
    "reporting": CIVIL,
    "negation": CIVIL,
    "counter_speech": CIVIL,
    "reclaimed": CIVIL,
    "question": CIVIL,
    "statistics": CIVIL,
    "mention": CIVIL,
    "disagreement": CIVIL,
    "criticism": CIVIL,
    "metaphor": CIVIL,
    "war_report": CIVIL,
    "court_report": CIVIL,
    "name": CIVIL,
    "dialect": CIVIL,
    "contempt": Labels(toxicity=1.0, identity_attack=1.0, insult=0.5),
    "dehumanising": Labels(toxicity=1.0, identity_attack=1.0, insult=0.5),
    "exclusion": Labels(toxicity=1.0, identity_attack=1.0),
    "threat": Labels(toxicity=1.0, identity_attack=1.0, threat=1.0),
    "slur": Labels(toxicity=1.0, identity_attack=1.0, insult=0.5, profanity=0.3),
    "personal_insult": Labels(toxicity=1.0, identity_attack=1.0, insult=1.0),
    "mockery": Labels(toxicity=1.0, identity_attack=1.0, insult=1.0),
    "obscene_insult": Labels(toxicity=1.0, insult=1.0, profanity=1.0),
    "swearing": Labels(toxicity=0.7, profanity=1.0),
}
# Against a person as such these are no attack on an identity; against a named group or its member they are.
AIMED = frozenset({"threat", "personal_insult", "mockery"})
# Raters agree less that a trade or a political camp is an identity.
CHOSEN_GROUPS = frozenset({"trade", "camp"})
# The group of dialects: how a sentence is spoken and not whom it is about, so it has no forms and is never attacked.
VOICES = "dialect"


@dataclass(frozen=True, slots=True)
class Contrast:
    """One sentence: its kind, the identity it mentions (`-` for none) and its labels in [0, 1]."""

    text: str
    kind: str
    identity: str
    toxicity: float
    identity_attack: float
    insult: float
    threat: float
    profanity: float
    severe_toxicity: float | None = None
    frame: int = -1  # the number of the template that it comes from


@dataclass(frozen=True, slots=True)
class Identity:
    """A group and its forms: `one` ("a Pole"), `many` ("Poles"), `adj` ("Polish"), perhaps `slur` and `slurs`."""

    name: str
    group: str
    forms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Template:
    """One line of a `[[templates]]` block."""

    text: str
    kind: str
    every: int
    groups: frozenset[str] | None
    excepted: frozenset[str]
    labels: Mapping[str, float] = field(default_factory=dict)
    spelled: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders' names in order of appearance, without `a_`."""
        return tuple(dict.fromkeys(name.removeprefix("a_") for name in PLACEHOLDER.findall(self.text)))

    def fits(self, identity: Identity) -> bool:
        """Whether `identity` is of the template's groups and has every form that it names."""
        wanted = self.groups is None or identity.group in self.groups
        if not wanted or identity.group in (VOICES, *self.excepted):
            return False
        return all(name in identity.forms for name in self.names if name in FORMS)


def with_article(phrase: str) -> str:
    """`phrase` after its indefinite article.

    >>> with_article("Ukrainian"), with_article("elderly")
    ('a Ukrainian', 'an elderly')
    """
    lower = phrase.lower()
    vowel = lower.startswith(("a", "e", "i", "o", "u")) and not lower.startswith(CONSONANT_SOUND)
    return f"{'an' if vowel else 'a'} {phrase}"


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its placeholders replaced; a replacement that opens a sentence is capitalised.

    >>> fill("{many} live here. {a_adj} priest does too.", {"many": "black people", "adj": "old"})
    'Black people live here. An old priest does too.'
    """

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        value = values[name] if name in values else with_article(values[name.removeprefix("a_")])
        if SENTENCE_START.search(text[: match.start()]):
            value = value[:1].upper() + value[1:]
        return value

    return PLACEHOLDER.sub(replace, text)


LOOKALIKES = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"}


def misspell(text: str, turn: int) -> str:
    """`text` as hurried or cunning writers spell it, one way in each of six turns; its longest word bears it.

    >>> [misspell("I like the garden.", turn) for turn in range(6)]
    ['I like the gadren.', 'I like the gaden.', 'I like thegarden.', 'I like the g a r d e n.', 'I like the g4rd3n.', 'I like the garrden.']
    """
    words = re.findall(r"[A-Za-z]{3,}", text)
    if not words:
        return text
    word = max(words, key=len)
    middle = len(word) // 2
    way = turn % 6
    if way == 2:
        place = text.index(word)
        return text[: place - 1] + text[place:] if place and text[place - 1] == " " else text.replace(f"{word} ", word, 1)
    changed = (
        f"{word[:middle - 1]}{word[middle]}{word[middle - 1]}{word[middle + 1:]}", f"{word[:middle - 1]}{word[middle:]}", word,
        " ".join(word), "".join(LOOKALIKES.get(letter, letter) for letter in word), f"{word[:middle]}{word[middle - 1]}{word[middle:]}",
    )[way]
    return text.replace(word, changed, 1)


def labels_of(kind: str, group: str | None, overrides: Mapping[str, float], kinds: Mapping[str, Labels] = KINDS) -> Labels:
    """The labels of a sentence of `kind` about an identity of `group` (None: about no identity)."""
    labels = kinds[kind]
    if group in (None, VOICES) and kind in AIMED:
        labels = labels._replace(identity_attack=0.0)
    elif group in CHOSEN_GROUPS:
        labels = labels._replace(identity_attack=labels.identity_attack / 2)
    return labels._replace(**overrides)


def expand(path: Path) -> list[Contrast]:
    """Every sentence of one file: templates in order, identities in order within each, then the hand-written lines.

    A sentence that comes twice (in lower case) is kept once. Raises DataError with every problem of the file.
    """
    with path.open("rb") as file:
        document = tomllib.load(file)
    identities = {name: read_identity(name, row) for name, row in shared(document, "identities", path).items()}
    kinds = {**KINDS, **{name: Labels(**labels) for name, labels in shared(document, "kinds", path).items()}}
    slots: dict[str, list[str]] = document.get("slots", {})
    templates = list(read_templates(document))
    hand = list(read_hand(document))
    check(path, identities, slots, templates, hand, kinds)

    contrasts: dict[str, Contrast] = {}
    for number, template in enumerate(templates):
        for turn, (text, identity) in enumerate(fillings(number, template, list(identities.values()), slots)):
            group = None if identity is None else identity.group
            labels = labels_of(template.kind, group, template.labels, kinds)
            name = NO_IDENTITY if identity is None else identity.name
            written = misspell(text, number + turn) if template.spelled else text
            contrasts.setdefault(written.lower(), Contrast(written, template.kind, name, *labels, frame=number))
    for _, kind, name, text in hand:
        group = identities[name].group if name in identities else None
        contrasts.setdefault(text.lower(), Contrast(text, kind, name, *labels_of(kind, group, {}, kinds)))
    return list(contrasts.values())


def shared(document: Mapping[str, Any], table: str, path: Path) -> dict[str, Any]:
    """A table of a file, after that of the file beside it which `TABLE_from` names, if any."""
    own = document.get(table, {})
    if (name := document.get(f"{table}_from")) is None:
        return dict(own)
    try:
        with path.with_name(name).open("rb") as file:
            return {**tomllib.load(file)[table], **own}
    except (OSError, KeyError) as error:
        raise DataError(path.name, [Problem(f"{table}_from", f"expected a file beside it with `[{table}]`, got `{name}`")]) from error


def fillings(
    number: int, template: Template, identities: Sequence[Identity], slots: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, Identity | None]]:
    """The sentences of template `number`, one for each identity chosen or, without one, each value of its first slot."""
    slot_names = [name for name in template.names if name in slots]
    chosen: list[Identity | None]
    if any(name in FORMS for name in template.names):
        fitting = [identity for identity in identities if template.fits(identity)]
        # Runs of 1 to 5 neighbours, so that no two identities always share their templates.
        run = number % 5 + 1
        chosen = [identity for place, identity in enumerate(fitting) if (place // run + number) % template.every == 0]
    else:
        chosen = [None] * (len(slots[slot_names[0]]) if slot_names else 1)
    for turn, identity in enumerate(chosen):
        values = dict(identity.forms) if identity is not None else {}
        for offset, name in enumerate(slot_names):
            choices = slots[name]
            values[name] = choices[(turn * STEPS[offset % len(STEPS)] + number) % len(choices)]
        yield fill(template.text, values), identity


def read_identity(name: str, row: Mapping[str, Any]) -> Identity:
    """One row of `[identities]`, with the pronouns that go with its `one`."""
    forms = {form: str(row[form]) for form in FORMS if form in row}
    pronouns = ("she", "her", "her") if row.get("she") else ("he", "him", "his")
    return Identity(name, str(row.get("group", "")), forms | dict(zip(("he", "him", "his"), pronouns, strict=True)))


def read_templates(document: Mapping[str, Any]) -> Iterator[Template]:
    """The lines of all `[[templates]]` blocks."""
    for block in document.get("templates", []):
        groups = frozenset(block["groups"]) if "groups" in block else None
        every = int(block.get("every", document.get("every", 1)))
        for line in block["texts"].strip().splitlines():
            yield Template(
                line, block["kind"], every, groups, frozenset(block.get("except", [])), block.get("labels", {}), block.get("spelled", False)
            )


def read_hand(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """(place, kind, identity, text) of the lines of all `[[hand]]` blocks."""
    for index, block in enumerate(document.get("hand", [])):
        for number, line in enumerate(block["texts"].strip().splitlines(), 1):
            name, _, text = line.partition("|")
            yield f"hand[{index}] line {number}", block["kind"], name.strip(), text.strip()


def check(
    path: Path,
    identities: Mapping[str, Identity],
    slots: Mapping[str, Sequence[str]],
    templates: Sequence[Template],
    hand: Sequence[tuple[str, str, str, str]],
    kinds: Mapping[str, Labels],
) -> None:
    """Raise DataError with everything in the file that cannot be used."""
    known = {*FORMS, *slots, "he", "him", "his"}
    problems = [
        Problem(f"templates, line {number + 1}", f"no form or slot is called `{name}`", f"there are {sorted(known)}")
        for number, template in enumerate(templates)
        for name in template.names
        if name not in known
    ]
    used = [(f"templates, line {number + 1}", template.kind) for number, template in enumerate(templates)]
    used += [(place, kind) for place, kind, _, _ in hand]
    problems += [Problem(place, f"no kind is called `{kind}`") for place, kind in used if kind not in kinds]
    problems += [
        Problem(f"identities.{identity.name}", "needs `group`, `one` and `many`", "only a dialect needs no forms")
        for identity in identities.values()
        if not identity.group or (identity.group != VOICES and not {"one", "many"} <= identity.forms.keys())
    ]
    for place, _, name, text in hand:
        if name != NO_IDENTITY and name not in identities:
            problems.append(Problem(place, f"no identity is called `{name}`", "write `identity | sentence`"))
        if not text:
            problems.append(Problem(place, "has no sentence", "write `identity | sentence`"))
    if problems:
        raise DataError(path.name, problems)
