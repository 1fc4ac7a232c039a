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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation import exclusions, language
from moderation.classifier import Contribution, LinearClassifier
from moderation.errors import LoadError, ModelError, Problem, RequestError
from moderation.lexicon import Lexicon, Match
from moderation.masking import mask
from moderation.policy import ACTIONS, Actions, Decision, Policy, Scores
from moderation.settings import Settings
from moderation.text import FoldedBatch, Span, fold_batch

_WORDS, _SHARE = 3, 1 / 3  # of evidence for a category: the most words, and the least weight beside the first's


class Versions(NamedTuple):
    """What an answer was made with."""

    model: str
    lexicon: str
    policy: str


class Category(NamedTuple):
    """A category's score and action."""

    name: str
    score: float
    action: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that is known of one comment.

    Attributes
    ----------
    scores : (attribute, probability), in the model's order.
    categories : in the policy's order.
    matches : the lexicon's, in order of their spans.
    decision : the worst action, with its reasons.
    language : the tag that the comment was sent with, or that was detected.
    is_read : whether the model reads that language.
    """

    scores: tuple[tuple[str, float], ...]
    categories: tuple[Category, ...]
    matches: tuple[Match, ...]
    decision: Decision
    versions: Versions
    language: str
    is_read: bool

    def masked(self, original: str) -> str:
        """The comment as sent with every matched word starred out."""
        return mask(original, (match.span for match in self.matches))


class Evidence(NamedTuple):
    """A word that brought the classifier to its score for a category."""

    span: Span
    category: str


class ScoreTable(Sequence[Assessment]):
    """A scored batch. Rows become `Assessment`s when asked for.

    Attributes
    ----------
    attributes : (n, k) probabilities, in the order of the classifier's attributes.
    categories : (n, c) scores, in the order of the policy's categories.
    actions : (n, c) indices into `ACTIONS`.
    matches : the lexicon's matches of the rows that have any.
    languages : each row's language, as sent or as detected.
    unread : the rows in a language that the model does not read.
    """

    __slots__ = ("_batch", "_scorer", "_sections", "actions", "attributes", "categories", "languages", "matches", "unread", "versions")

    def __init__(self, scorer: Scorer, batch: FoldedBatch, sections: int | npt.NDArray[np.intp], attributes: Scores,
                 categories: Scores, actions: Actions, matches: Mapping[int, Sequence[Match]], languages: Sequence[str]) -> None:
        self._scorer = scorer
        self._batch = batch
        self._sections = sections
        self.versions = scorer.versions
        self.attributes = attributes
        self.categories = categories
        self.actions = actions
        self.matches = matches
        self.languages = languages
        self.unread = [row for row, name in enumerate(languages) if name not in scorer.reads]

    @property
    def worst(self) -> Actions:
        """Each row's own action, (n,)."""
        worst: Actions = self.actions.max(axis=1, initial=0)
        if self.unread:
            worst[self.unread] = np.maximum(worst[self.unread], self._scorer.policy.unread)
        return worst

    def __len__(self) -> int:
        return len(self.attributes)

    def __getitem__(self, row: int) -> Assessment:  # type: ignore[override]  # a table is read by row, never sliced
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        row %= len(self)
        policy = self._scorer.policy
        actions = self.actions[row].tolist()
        is_read = self.languages[row] in self._scorer.reads
        return Assessment(
            tuple(zip(policy.attributes, self.attributes[row].tolist(), strict=True)),
            tuple(Category(name, score, ACTIONS[action])
                  for name, score, action in zip(policy.categories, self.categories[row].tolist(), actions, strict=True)),
            tuple(self.matches.get(row, ())),
            Decision(ACTIONS[0], ()) if is_read and not any(actions) else policy.explain(self.categories[row], self._section(row), is_read),
            self.versions,
            self.languages[row],
            is_read,
        )

    def __iter__(self) -> Iterator[Assessment]:
        return (self[row] for row in range(len(self)))

    @property
    def policy(self) -> Policy:
        """The policy that decided."""
        return self._scorer.policy

    @property
    def sections(self) -> int | npt.NDArray[np.intp]:
        """The number of the policy's section: one of all rows, or (n,); 0 is none."""
        return self._sections

    def _section(self, row: int) -> int:
        return self._sections if isinstance(self._sections, int) else int(self._sections[row])

    def floors(self, row: int) -> dict[str, float]:
        """What the lexicon's words in a row count at least, by category; none for a category without such words."""
        return self._scorer.policy.floors(self.matches.get(row, ()))

    def alone(self, row: int) -> dict[str, int]:
        """The action to which each attribute brings a row alone, as an index into `ACTIONS`."""
        return self._scorer.policy.alone(self.attributes[row], self._section(row))

    def sentences(self, row: int) -> tuple[list[Span], ScoreTable]:
        """A row's sentences, in order, each scored as if it stood alone; none for a blank text."""
        text, section = self._batch.texts[row], self._section(row)
        spans = [span for span, _ in self._scorer.classifier.sentences(self._batch, row)]
        names = (None, *self._scorer.policy.sections)
        sentences = [text[start:end] for start, end in spans]
        return spans, self._scorer.score_batch(sentences, names[section], [self.languages[row]] * len(spans))

    def text(self, row: int) -> str:
        """What was read of a row's comment: what the policy leaves unread is blank."""
        return self._batch.texts[row]

    def again(self, row: int, texts: Sequence[str]) -> ScoreTable:
        """Other wordings of a row's comment, scored in its section and language."""
        names = (None, *self._scorer.policy.sections)
        return self._scorer.score_batch(texts, names[self._section(row)], [self.languages[row]] * len(texts))

    def beyond(self, row: int, action: int) -> float:
        """How far a row's categories stand beyond the thresholds of what is worse than an action, in all."""
        return self._scorer.policy.beyond(self.categories[row], action, self._section(row))

    def telling(self, row: int) -> list[list[Contribution]]:
        """For each attribute that leads a category which the classifier alone would not approve, the words that raise it, most first."""
        leading = set(self._scorer.policy.leading(self.attributes[row], self._section(row)).values())
        explanation = self._scorer.classifier.explain(self._batch, row) if leading else None
        return [explanation.top_spans(attribute, len(self.text(row))) for attribute in sorted(leading)] if explanation else []

    def evidence(self, row: int) -> list[Evidence]:
        """The words that brought the classifier to a score that it alone would not approve, most telling first.

        At most three for a category: of at least a third of the weight of the first, and none that the lexicon already
        names for it. Costs more than scoring the row.
        """
        if not self.actions[row].any():
            return []
        leading = self._scorer.policy.leading(self.attributes[row], self._section(row))
        if not leading:
            return []
        explanation = self._scorer.classifier.explain(self._batch, row)
        matches = self.matches.get(row, ())
        found = []
        for category, attribute in leading.items():
            words = explanation.top_spans(attribute, _WORDS)
            found += [Evidence(span, category) for span, weight in words if weight >= _SHARE * words[0].weight and not any(
                match.category == category and span.start < match.span.end and match.span.start < span.end for match in matches)]
        return found


class Scorer:
    """Classifier, lexicon and policy, walked in one order. Holds no state between calls; safe to share between threads."""

    def __init__(self, classifier: LinearClassifier, lexicon: Lexicon, policy: Policy) -> None:
        if policy.attributes != tuple(classifier.attributes):
            raise ModelError("the model", [Problem("attributes", "are not those that the policy was loaded for", "load the policy again")])
        self.classifier = classifier
        self.lexicon = lexicon
        self.policy = policy
        self.versions = Versions(classifier.version, lexicon.version, policy.version)
        self.reads = tuple(classifier.facts.get("languages", (language.ENGLISH,)))

    @property
    def warnings(self) -> list[Problem]:
        """What can be used and is probably not meant: words of the lexicon that count for nothing."""
        counts = Counter(name for term in self.lexicon.terms for name in (term.category, term.also) if name)
        return [Problem(f"categories.{name}", "is not in the policy", f"{count} words of the lexicon that break it count for nothing")
                for name, count in counts.items() if name not in self.policy.categories]

    def score_batch(self, texts: Sequence[str], section: str | Sequence[str | None] | None = None,
                    languages: Sequence[str | None] | None = None) -> ScoreTable:
        """Score many comments; row i is what `score(texts[i])` answers.

        Parameters
        ----------
        texts : any Unicode strings, lone surrogates included.
        section : the section of all of them, or one for each.
        languages : the language that each is said to be in; the others' is detected.

        Raises
        ------
        RequestError : a section that the policy does not have, or no language's tag; `where` is `section` or `language`.
        """
        named = [language.detect(text) for text in texts] if languages is None else [
            language.detect(text) if name is None else language.tag(name) for text, name in zip(texts, languages, strict=True)]
        sections = self._sections(section, len(texts))
        batch = fold_batch(exclusions.blank(texts, self.policy.exclude))
        found = self.lexicon.find_batch(batch)
        # What the words were disguised as is undone for the classifier too: it learned from plain spelling.
        scores = self.classifier.predict_folded(self.lexicon.restore(batch, found) if found else batch)
        fused = self.policy.fuse(scores, found)
        actions = self.policy.decide(fused, sections)
        return ScoreTable(self, batch, sections, scores, fused, actions, {row: matches for row, matches, _ in found}, named)

    def score(self, comment: str, section: str | None = None, language: str | None = None) -> Assessment:
        """Score one comment: a batch of one, by definition."""
        return self.score_batch([comment], section, [language])[0]

    def _sections(self, section: str | Sequence[str | None] | None, count: int) -> int | npt.NDArray[np.intp]:
        if section is None or isinstance(section, str):
            return self.policy.section(section)
        if len(section) != count:
            raise RequestError(Problem("section", "has not as many entries as there are comments"))
        return np.array([self.policy.section(name) for name in section], dtype=np.intp)


def _digest(path: Path) -> str:
    """The digest of a file, or of all files of a folder with their names."""
    path.stat()  # one that is missing is no empty folder
    digest = hashlib.sha256()
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class ScorerSpec:
    """Where a scorer's three parts lie, and the digest of what lies there: what another process is sent."""

    model: Path
    lexicon: tuple[Path, ...]
    policy: Path
    languages: tuple[str, ...]
    digest: str

    @classmethod
    def of(cls, model: Path, lexicon: Sequence[Path], policy: Path, languages: Sequence[str] = ()) -> ScorerSpec:
        """The spec of what lies at these places now; `languages` as in `Lexicon.load`.

        Raises
        ------
        LoadError : one of them is not there or cannot be read.
        """
        digest = hashlib.sha256()
        for name, path in (("model", model), *(("lexicon", path) for path in lexicon), ("policy", policy)):
            try:
                digest.update(_digest(path).encode())
            except OSError as error:
                hint = f"`MODERATION_{name.upper()}` names it"
                raise LoadError(f"the {name.partition('_')[0]}", [Problem(str(path), f"cannot be read: {error.strerror}", hint)]) from error
        return cls(model, tuple(lexicon), policy, tuple(languages), digest.hexdigest())

    @classmethod
    def from_settings(cls, settings: Settings) -> ScorerSpec:
        """The spec of what the settings name."""
        return cls.of(settings.model, settings.lexicon_paths, settings.policy, settings.languages)


@functools.lru_cache(maxsize=4)
def open_scorer(spec: ScorerSpec) -> Scorer:
    """The scorer of a spec, loaded once per process.

    Raises
    ------
    LoadError : what lies at the spec's places is not what the spec was made of, or cannot be used.
    """
    if ScorerSpec.of(spec.model, spec.lexicon, spec.policy, spec.languages).digest != spec.digest:
        what = "the model, lexicon or policy has changed since the spec was made"
        raise LoadError("the scorer", [Problem("digest", what, "make the spec again")])
    classifier = LinearClassifier.load(spec.model)
    scorer = Scorer(classifier, Lexicon.load(spec.lexicon, spec.languages), Policy.load(spec.policy, classifier.attributes))
    scorer.score("")  # builds the tables that are built on first use
    return scorer
