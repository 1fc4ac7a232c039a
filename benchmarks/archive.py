"""An archive of comments made up by chance: civil sentences, of which a few take a word of the lexicon, plain or disguised.

    python benchmarks/archive.py 20000 archive.csv

Nothing of it is kept: the words that break the policy come from `seeds/lexicon` when it is run. The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import datetime
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from moderation.lexicon import Lexicon
from moderation.settings import ROOT

SECTIONS = {"local": 0.22, "politics": 0.28, "sport": 0.2, "culture": 0.12, "business": 0.1, "": 0.08}
HEAT = {"politics": 2.2, "sport": 1.5, "culture": 0.4}  # how much oftener than usual a section's readers lose their temper
_SUBJECTS = (
    "the council", "this article", "the new timetable", "our mayor", "the minister", "the referee", "that budget", "the second act",
    "the hospital", "my old school", "the bus company", "the home side", "the museum", "the bakery on the corner", "the editor",
    "the weather service", "the union", "the committee", "the last election", "the bridge", "everybody on our street")
_VERBS = (
    "should explain", "has finally fixed", "never mentioned", "could learn from", "deserves", "keeps forgetting", "will regret",
    "did well with", "promised us", "asked for", "paid for", "was honest about", "makes too much of", "wrote beautifully about")
_OBJECTS = (
    "the cost of heating", "the playground", "last year's figures", "a longer holiday", "what readers asked here before",
    "the queue at the desk", "the rain in the second half", "two new ambulances", "the old library", "better lighting",
    "a fair hearing", "its own volunteers", "the price of a ticket", "the people who clean up afterwards", "the trees by the canal",
    "a decent cup of tea")
_TURNS = (
    "I think", "To be fair,", "As a nurse I can say that", "With respect,", "My neighbour says that", "Years ago", "Honestly,",
    "In short,", "Nobody tells you that", "It is good to read that", "I was there, and", "Please correct me, but")
_ENDS = (".", ".", ".", "!", "?", " ...", ", as always.", ", thank goodness.", " :)")
_HOSTILE = (
    "You are {}.", "What {} wrote this?", "{} like you are the problem.", "Typical {}!", "Shut up, {}.", "Only {} would believe that.",
    "They are all {}.", "{}", "Go away, you {}.")
_DISGUISES = (lambda word: word, lambda word: word, lambda word: word.upper(), ".".join,
              lambda word: word.translate(str.maketrans("aeios", "@3105")), lambda word: word[:1] + "*" * max(1, len(word) - 2) + word[-1:])


def terms() -> tuple[list[str], np.ndarray]:
    """Single words of the lexicon and how often each is taken: a few of them often, as people do."""
    found = sorted({term.text for term in Lexicon.load([ROOT / "seeds/lexicon"]).terms if term.text.isascii() and " " not in term.text})
    np.random.default_rng(4).shuffle(found)
    weights = 1 / np.arange(1, len(found) + 1)
    return found, weights / weights.sum()


def comments(rows: int, seed: int = 0) -> Iterator[dict[str, str]]:
    """Rows of an archive: id, created_at, section, author, status, text."""
    random = np.random.default_rng(seed)
    words, weights = terms()
    names, shares = list(SECTIONS), np.array(list(SECTIONS.values()))
    start = datetime.datetime(2021, 1, 4, tzinfo=datetime.UTC)
    for row in range(rows):
        section = names[random.choice(len(names), p=shares)]
        day = int(1095 * random.random() ** 0.7)
        spite = 0.012 * HEAT.get(section, 1.0) * (2.5 if 500 < day < 560 else 1.0)
        sentences = [_sentence(random) for _ in range(1 + random.poisson(1.6))]
        hostile = random.random() < spite
        if hostile:
            word = words[random.choice(len(words), p=weights)]
            said = _HOSTILE[random.integers(len(_HOSTILE))].format(_DISGUISES[random.integers(len(_DISGUISES))](word))
            sentences.insert(int(random.integers(len(sentences) + 1)), said)
        # The moderators of then overlooked some, and removed some that were merely tiresome.
        removed = random.random() < (0.7 if hostile else 0.008)
        status = "deleted" if removed else "pending" if random.random() < 0.01 else "approved"
        moment = start + datetime.timedelta(days=day, minutes=int(random.integers(1440)))
        yield {"id": f"c{row + 1}", "created_at": moment.strftime("%Y-%m-%dT%H:%M:00Z"), "section": section,
               "author": f"reader-{int(random.zipf(1.6)) % 5000}", "status": status, "text": " ".join(sentences)}


def _sentence(random: np.random.Generator) -> str:
    turn = _TURNS[random.integers(len(_TURNS))] + " " if random.random() < 0.5 else ""
    subject, verb, thing = (choices[random.integers(len(choices))] for choices in (_SUBJECTS, _VERBS, _OBJECTS))
    sentence = f"{turn}{subject} {verb} {thing}"
    return sentence[0].upper() + sentence[1:] + _ENDS[random.integers(len(_ENDS))]


def write(path: Path, rows: int, seed: int = 0) -> None:
    """Write an archive as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "created_at", "section", "author", "status", "text"])
        writer.writeheader()
        writer.writerows(comments(rows, seed))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("path", type=Path)
    given = parser.parse_args()
    write(given.path, given.rows)
