"""The scorer: one path from comments to assessments, whoever asks: HTTP, command line, audit or test.

Batch is canonical: one comment is a batch of one. Columns inside (`ScoreTable` is arrays), rows only at the edge, made
when somebody looks at them. Knows the order of the walk; what each step does is the step's own.

    scorer = open_scorer(ScorerSpec.of(Path("models/default"), [Path("seeds/lexicon")], Path("seeds/policy.toml")))
    scorer.score("What a lovely garden.").decision.action        # "approve"
"""

from __future__ import annotations

import functools
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation import exclusions, language
from moderation.cascade import FILE, Cascade, Join
from moderation.cascade import REMEDY as JOIN
from moderation.classifier import LinearClassifier
from moderation.encoder import REMEDY, missing_packages
from moderation.errors import LoadError, ModelError, Problem, RequestError
from moderation.found import RowMatches
from moderation.lexicon import Lexicon
from moderation.policy import Policy, Scores
from moderation.rules import TIERS
from moderation.settings import Settings
from moderation.sweep import Sweep
from moderation.table import DEEP, FAST, Assessment, Category, Evidence, ScoreTable, Versions
from moderation.text import fold_batch

__all__ = ["Assessment", "Category", "Evidence", "ScoreTable", "Scorer", "ScorerSpec", "Versions", "open_scorer"]

_FAST, _AUTO, _DEEP = TIERS.index(FAST), TIERS.index("auto"), TIERS.index(DEEP)


class Scorer:
    """Classifier, lexicon and policy, walked in one order. Holds no state between calls; safe to share between threads.

    Parameters
    ----------
    cascade : the encoder behind the classifier, if there is one.
    tier : who decides where a comment names none: `fast`, the classifier; `deep`, the encoder as well; `auto`, the
        encoder where it could change the decision. Without an encoder it is `fast`.
    lack : why there is no encoder, for those who ask for it.
    parts : what the parts are made of, for `reopen`.
    """

    def __init__(self, classifier: LinearClassifier, lexicon: Lexicon, policy: Policy, cascade: Cascade | None = None,
                 tier: str = "auto", lack: str = "none was given", parts: Parts | None = None) -> None:
        if policy.attributes != tuple(classifier.attributes):
            raise ModelError("the model", [Problem("attributes", "are not those that the policy was loaded for", "load the policy again")])
        self.classifier = classifier
        self.lexicon = lexicon
        self.policy = policy
        self.cascade = cascade
        self.tier = tier if cascade else FAST
        self.parts = parts or Parts()
        self.lack = "" if cascade else lack
        model = f"{classifier.version}+{cascade.version}" if cascade else classifier.version
        self._sweep = Sweep(lexicon, classifier, policy)
        self.versions = Versions(model, lexicon.version, policy.version)
        self.reads = tuple(classifier.facts.get("languages", (language.ENGLISH,)))

    def score_batch(self, texts: Sequence[str], section: str | Sequence[str | None] | None = None,
                    languages: Sequence[str | None] | None = None, tier: str | Sequence[str | None] | None = None) -> ScoreTable:
        """Score many comments; row i is what `score(texts[i])` answers.

        Parameters
        ----------
        texts : any Unicode strings, lone surrogates included.
        section : the section of all of them, or one for each.
        languages : the language that each is said to be in; the others' is detected.
        tier : the tier of all of them, or one for each; None is the scorer's own.

        Raises
        ------
        RequestError : a section that the policy does not have, no language's tag, or a tier that there is not; `where` is `section`,
            `language` or `tier`.
        """
        count = len(texts)
        tags = None if languages is None else [None if name is None else language.tag(name) for name in languages]
        sections = self._sections(section, count)
        tiers = self._tiers(tier, count)
        batch = fold_batch(exclusions.blank(texts, self.policy.exclude))
        swept = self._sweep.over(batch, sections)
        found, linear, logits, fused, actions = swept.found, swept.linear, swept.logits, swept.fused, swept.actions
        detected = language.name_others(batch.texts, swept.english)
        named = [tag or found for tag, found in zip(tags, detected, strict=True)] if tags else detected
        # What the words were disguised as is undone for the models too: they learned from plain spelling.
        plain = self._sweep.again(batch, swept, sections)
        scores, deep = linear, []
        if self.cascade and tiers.count(_FAST) < count:
            doubt = in_doubt(self.cascade.join, self.policy, logits, np.diff(batch.offsets), [*found.rows()], sections)
            deep = [row for row, kind in enumerate(tiers) if kind == _DEEP or (kind == _AUTO and doubt[row] and named[row] in self.reads)]
            if deep:
                chosen = np.array(deep, np.intp)
                scores = linear.copy()
                read = swept.read
                said = [(batch.row(row) if plain is None or read[row] else plain.row(read.count(0, 0, row))).text for row in deep]
                scores[chosen] = self.cascade.score(logits[chosen], said)
                fused = self.policy.fuse(scores, found.rows())
                actions = self.policy.decide(fused, sections)
        return ScoreTable(self, batch, sections, scores, fused, actions, found, named, linear, deep,
                          [TIERS[tier] for tier in tiers])

    def score(self, comment: str, section: str | None = None, language: str | None = None, tier: str | None = None) -> Assessment:
        """Score one comment: a batch of one, by definition."""
        return self.score_batch([comment], section, None if language is None else [language], tier)[0]

    @property
    def warnings(self) -> list[Problem]:
        """What can be used and is probably not meant: words of the lexicon that count for nothing."""
        counts = Counter(name for term in self.lexicon.terms for name in (term.category, term.also) if name)
        return [Problem(f"categories.{name}", "is not in the policy", f"{count} words of the lexicon that break it count for nothing")
                for name, count in counts.items() if name not in self.policy.categories]

    def known_tier(self, name: str | None) -> int:
        """The number of a tier for a comment that names it, or of the scorer's own.

        Raises
        ------
        RequestError : there is no such tier, or it wants an encoder and there is none.
        """
        name = self.tier if name is None else name
        if name not in TIERS:
            raise RequestError(Problem("tier", "is not a tier", f"known are {', '.join(f'`{tier}`' for tier in TIERS)}"))
        if name == DEEP and not self.cascade:
            what = f"`{DEEP}` wants an encoder, and there is none: {self.lack}"
            raise RequestError(Problem("tier", what, "leave it out, or ask for `auto`"))
        return TIERS.index(name)

    def _tiers(self, tier: str | Sequence[str | None] | None, count: int) -> list[int]:
        if tier is None or isinstance(tier, str):
            return [self.known_tier(tier)] * count
        if len(tier) != count:
            raise RequestError(Problem("tier", "has not as many entries as there are comments"))
        return [self.known_tier(name) for name in tier]

    def _sections(self, section: str | Sequence[str | None] | None, count: int) -> int | npt.NDArray[np.intp]:
        if section is None or isinstance(section, str):
            return self.policy.section(section)
        if len(section) != count:
            raise RequestError(Problem("section", "has not as many entries as there are comments"))
        return np.array([self.policy.section(name) for name in section], dtype=np.intp)


def in_doubt(join: Join, policy: Policy, logits: Scores, lengths: npt.NDArray[np.int64], found: Sequence[RowMatches] = (),
             sections: int | npt.NDArray[np.intp] = 0) -> list[bool]:
    """Whether the encoder could change a row's action: the least and the greatest that it may say lead to different ones.

    Parameters
    ----------
    logits, lengths : (n, k) and (n,), as in `Join.highest`.
    found, sections : as in `Policy.fuse` and `Policy.decide`.
    """
    most = policy.decide(policy.fuse(join.highest(logits, lengths), found), sections)
    if not most.any():  # most comments: no score is high enough, and a lower one never gives a worse action
        return [False] * len(most)
    least = policy.decide(policy.fuse(join.low.apply(logits), found), sections)
    doubt: list[bool] = (most.max(axis=1) != least.max(axis=1)).tolist()
    return doubt


def _digest(path: Path) -> str:
    """The digest of a file, or of all files of a folder with their names."""
    path.stat()  # one that is missing is no empty folder
    digest = hashlib.sha256()
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


class Parts(NamedTuple):
    """Digests of what a scorer's dearest parts are made of; "" for none, or none that is known."""

    model: str = ""
    lexicon: str = ""
    encoder: str = ""


@dataclass(frozen=True, slots=True)
class ScorerSpec:
    """Where a scorer's parts lie, and the digest of what lies there: what another process is sent.

    Attributes
    ----------
    parts : the digests of some of them.
    encoder : the encoder's folder, which need not be there; None for none.
    tier : who decides; "" leaves it to the policy.
    threads : of one run of the encoder.
    """

    model: Path
    lexicon: tuple[Path, ...]
    policy: Path
    languages: tuple[str, ...]
    digest: str
    parts: Parts
    encoder: Path | None = None
    tier: str = ""
    threads: int = 1

    @classmethod
    def of(cls, model: Path, lexicon: Sequence[Path], policy: Path, languages: Sequence[str] = (), encoder: Path | None = None,
           tier: str = "", threads: int = 1) -> ScorerSpec:
        """The spec of what lies at these places now; `languages` as in `Lexicon.load`. An encoder that is not asked for is not read.

        Raises
        ------
        LoadError : one of them is not there or cannot be read.
        """
        encoder = None if tier == FAST else encoder
        asked = [("encoder", encoder)] if encoder and encoder.exists() else []
        found: dict[str, list[str]] = {"lexicon": list(languages), "encoder": [str(threads)]}
        digest = hashlib.sha256()
        for name, path in (("model", model), *(("lexicon", path) for path in lexicon), ("policy", policy), *asked):
            try:
                own = _digest(path)
            except OSError as error:
                hint = f"`MODERATION_{name.upper()}` names it"
                raise LoadError(f"the {name}", [Problem(str(path), f"cannot be read: {error.strerror}", hint)]) from error
            digest.update(own.encode())
            found.setdefault(name, []).append(own)
        parts = Parts(*(" ".join(found[name]) for name in Parts._fields))
        return cls(model, tuple(lexicon), policy, tuple(languages), digest.hexdigest(), parts, encoder, tier, threads)

    @classmethod
    def from_settings(cls, settings: Settings) -> ScorerSpec:
        """The spec of what the settings name."""
        return cls.of(settings.model, settings.lexicon_paths, settings.policy, settings.languages, settings.encoder, settings.tier,
                      settings.encoder_threads)

    def again(self) -> ScorerSpec:
        """The spec of what lies at the same places now."""
        return ScorerSpec.of(self.model, self.lexicon, self.policy, self.languages, self.encoder, self.tier, self.threads)


@functools.lru_cache(maxsize=4)
def open_scorer(spec: ScorerSpec) -> Scorer:
    """The scorer of a spec, loaded once per process.

    Raises
    ------
    LoadError : what lies at the spec's places is not what the spec was made of, or cannot be used.
    """
    return reopen(spec, None)


def reopen(spec: ScorerSpec, before: Scorer | None) -> Scorer:
    """The scorer of a spec. Classifier, lexicon and encoder that are made of the same as another scorer's are that scorer's own.

    Raises
    ------
    LoadError : as `open_scorer`.
    """
    known = before.parts if before else Parts()
    is_model, is_lexicon, is_encoder = (one == other != "" for one, other in zip(known, spec.parts, strict=True))
    classifier = before.classifier if before and is_model else LinearClassifier.load(spec.model)
    policy = Policy.load(spec.policy, classifier.attributes)
    tier = spec.tier or policy.rules.tier
    lack = _lack(spec, classifier)
    if lack and tier == DEEP:
        raise ModelError("the tier", [Problem(DEEP, f"wants an encoder, and there is none: {lack}", "or choose `auto` or `fast`")])
    cascade = before.cascade if before and is_model and is_encoder and not lack else None
    if cascade is None:
        cascade = Cascade.load(spec.encoder, classifier.attributes, classifier.version, spec.threads) if spec.encoder and not lack else None
    lexicon = before.lexicon if before and is_lexicon else Lexicon.load(spec.lexicon, spec.languages)
    scorer = Scorer(classifier, lexicon, policy, cascade, tier, lack, spec.parts)
    scorer.score("", tier=DEEP if cascade else FAST)  # builds the tables that are built on first use
    if spec.again().digest != spec.digest:  # asked last: a file may change while others are read
        what = "the model, lexicon, policy or encoder has changed since the spec was made"
        raise LoadError("the scorer", [Problem("digest", what, "make the spec again")])
    return scorer


def _lack(spec: ScorerSpec, classifier: LinearClassifier) -> str:
    """Why a spec's scorer has no encoder; "" if it has one. What is there and broken is no lack, but an error."""
    if spec.tier == FAST:
        return "`MODERATION_TIER` is `fast`"
    if spec.encoder is None:
        return "`MODERATION_ENCODER` names none"
    if not spec.encoder.exists():
        return f"{spec.encoder} is not there"
    if missing := missing_packages():
        return f"{' and '.join(missing)} not installed; {REMEDY}"
    if not (spec.encoder / FILE).exists():
        return f"{spec.encoder / FILE} is not there; {JOIN}"
    joined = Join.load(spec.encoder, len(classifier.attributes)).linear
    return "" if joined == classifier.version else f"it was joined to {joined}, and this is {classifier.version}; {JOIN}"
