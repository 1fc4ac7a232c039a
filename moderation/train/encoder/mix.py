"""What the encoder is taught from: which rows how often, what their labels are, and how much each label counts.

Knows sources and what their labels say; knows no tokens and no network. The rows that teach are drawn more often: those on
which the linear model errs or hesitates, and the sets where meaning rather than a word decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from moderation import identities
from moderation.train.corpus import ATTRIBUTES, Corpus
from moderation.train.fit import REGISTERS

Floats = npt.NDArray[np.float32]

TOXICITY, SEVERE, IDENTITY, THREAT = (ATTRIBUTES.index(name) for name in ("toxicity", "severe_toxicity", "identity_attack", "threat"))
# How often a row of a source is drawn in one pass.
DRAWN: Mapping[str, float] = {
    "civil_comments": 0.75, "jigsaw_tcc": 0.4, "wiki_context_gn": 0.3, "wiki_context_gc": 0.3, "davidson": 0.5,
    "paradetox_neutral": 0.6, "paradetox_toxic": 0.6, "edos_sexist": 0.7, "guest_misogyny": 0.6, "sbic": 1.3, "toxigen_human": 2.0,
    "cold": 2.0, "hatemoji_build": 1.5, "ruddit": 2.0,
}
# Of these, the rows that raters or the linear model find anything in are all drawn.
MOSTLY_CLEAN = ("civil_comments", "jigsaw_tcc", "wiki_context_gn", "wiki_context_gc")
KNOWN = 0.6       # how often a row is drawn that the linear model scores as raters do
DOUBTFUL = 0.15   # from this score of the linear model on, a clean row is one that it hesitates about
COUNTS: Mapping[str, float] = {"davidson": 0.6, "guest_misogyny": 0.5, "edos_sexist": 0.6, "stormfront": 0.7, "hatexplain": 0.7}
# Labels that a source does not state are the linear model's guesses, and count for little.
GUESSED = 0.2
NAMED = 1.7         # how much more often a row is drawn that names a group and that no rater found toxic (Dixon et al. 2018)
FRAME_SHARE = 0.28  # of a pass
TOLD = 0.3          # how often a sentence of a frame is drawn whose labels a start tells already, beside one that it tells wrongly
HOME = "news"       # the register whose bias is served; contrasts are written in it


@dataclass(frozen=True, slots=True)
class Lessons:
    """Rows with what they teach.

    Attributes
    ----------
    labels, importance : (n, 6), labels in [0, 1]; importance 0 where nothing is known.
    registers : (n,) the number of each row's register; 0 is HOME.
    drawn : (n,) how often a row comes in one pass, on average; of a sentence of a frame, beside other such.
    """

    labels: Floats
    importance: Floats
    registers: npt.NDArray[np.int64]
    drawn: Floats


def register_names() -> list[str]:
    """The registers in order of their numbers."""
    others = sorted({*REGISTERS.values(), "cold", "convabuse", "davidson", "edos_sexist", "guest_misogyny", "hatemoji_build", "hatexplain",
                     "implicit_hate", "ruddit", "sbic", "stormfront", "toxigen_human"} - {HOME})
    return [HOME, *others]


def lessons(corpus: Corpus, linear: Floats) -> Lessons:
    """What a corpus teaches; `linear` (n, 6) are the linear model's scores."""
    stated = ~np.isnan(corpus.labels)
    labels = np.nan_to_num(corpus.labels).astype(np.float32)
    clean = ~stated & corpus.implied_clean[:, None]
    guessed = ~stated & ~corpus.implied_clean[:, None]
    labels = np.where(guessed, linear, labels).astype(np.float32)
    importance = (stated * 1.0 + clean * 0.7 + guessed * GUESSED).astype(np.float32)
    # Whether words attack a group is what the linear model knows least about.
    importance[guessed[:, IDENTITY], IDENTITY] = GUESSED / 2
    names = register_names()
    number = {name: index for index, name in enumerate(names)}
    registers = np.array([number.get(REGISTERS.get(str(source), str(source)), 0) for source in corpus.sources], np.int64)
    drawn = np.ones(len(corpus), np.float32)
    for source in np.unique(corpus.sources):
        rows = corpus.sources == source
        drawn[rows] = DRAWN.get(str(source), 1.0)
        importance[rows] *= COUNTS.get(str(source), 1.0)
        if source in MOSTLY_CLEAN:
            telling = rows & ((np.nanmax(labels, axis=1) >= 0.3) | (linear[:, TOXICITY] >= DOUBTFUL))
            drawn[telling] = 1.0
    # Rows of which the linear model knows the answer teach little more.
    error = np.where(stated[:, TOXICITY], np.abs(labels[:, TOXICITY] - linear[:, TOXICITY]), 0.5)
    drawn *= np.minimum(KNOWN + error, 1.0)
    rare = np.isin(corpus.sources, ("jigsaw_tcc", "civil_toxic_spans")) & \
        (np.nan_to_num(corpus.labels[:, [SEVERE, IDENTITY, THREAT]]) >= 0.5).any(axis=1)
    drawn[rare] = np.maximum(drawn[rare], 1.5)
    civil = np.flatnonzero(corpus.labels[:, TOXICITY] == 0)
    drawn[civil[identities.mentions([corpus.texts[row] for row in civil])[1].any(axis=1)]] *= NAMED
    return Lessons(labels, importance, registers, drawn.astype(np.float32))


def joined(taught: Lessons, spoken: Floats) -> Lessons:
    """Lessons followed by those of frames, whose labels (n, 6) are NaN where a kind says nothing."""
    stated = (~np.isnan(spoken)).astype(np.float32)
    return Lessons(np.concatenate([taught.labels, np.nan_to_num(spoken)]), np.concatenate([taught.importance, stated]),
                   np.concatenate([taught.registers, np.zeros(len(spoken), np.int64)]),
                   np.concatenate([taught.drawn, np.ones(len(spoken), np.float32)]))


def attentive(taught: Lessons, told: Floats) -> Lessons:
    """Lessons in which sentences of frames, the last rows, are drawn the more the further a start's scores of them (m, 6) are wrong."""
    rows = slice(len(taught.drawn) - len(told), None)
    error = (np.abs(taught.labels[rows] - told) * (taught.importance[rows] > 0))[:, [TOXICITY, IDENTITY]].max(axis=1)
    drawn = taught.drawn.copy()
    drawn[rows] = TOLD + (1 - TOLD) * error
    return replace(taught, drawn=drawn)


def one_pass(drawn: Floats, frames: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Row numbers of one pass, shuffled; the last `frames` rows of `drawn` are the frames, FRAME_SHARE of all."""
    first = len(drawn) - frames
    wanted = drawn[:first].sum() * FRAME_SHARE / (1 - FRAME_SHARE)
    often = np.concatenate([drawn[:first], drawn[first:] * (wanted / max(drawn[first:].sum(), 1e-9))])
    return random.permutation(np.repeat(np.arange(len(drawn)), np.floor(often + random.random(len(drawn))).astype(np.int64)))
