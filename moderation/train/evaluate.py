"""What a model is worth, measured: tables and a page with curves, for one model or two side by side.

Knows labelled comments and scores, not how a model came about. Every figure bears a bootstrap interval; sources with too few
rows of either class are left out of a table rather than shown with one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import jinja2
import numpy as np
import numpy.typing as npt
from markupsafe import Markup
from sklearn.metrics import precision_recall_curve, roc_curve

from moderation import charts, identities, pages
from moderation.classifier import LinearClassifier
from moderation.train import calibrate, metrics
from moderation.train.corpus import ATTRIBUTES, Corpus
from moderation.tune.curve import reliability
from moderation.tune.estimates import Estimate

LEAST = 20       # rows of each class that a figure needs
LENGTHS = (0, 20, 50, 100, 200, 500, 1000, 2000)  # civil words around an insult

Floats = npt.NDArray[np.float64]


class Row(NamedTuple):
    """A line of a table: cells as text."""

    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; `figures` holds the numbers that its cells show, by name."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    figures: Mapping[str, float]

    def text(self) -> str:
        """The table for a terminal."""
        lines = [self.columns, *(row.cells for row in self.rows)]
        widths = [max(len(line[index]) for line in lines) for index in range(len(self.columns))]
        padded = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([self.title, *(f"  {line.rstrip()}" for line in padded)])

    def markdown(self) -> str:
        """The table for a card."""
        lines = [" | ".join(self.columns), " | ".join("---" for _ in self.columns), *(" | ".join(row.cells) for row in self.rows)]
        return "\n".join(f"| {line} |" for line in lines)


def _aligned(model: LinearClassifier) -> list[int]:
    return [model.attributes.index(attribute) if attribute in model.attributes else -1 for attribute in ATTRIBUTES]


def predict(model: LinearClassifier, texts: Sequence[str]) -> Floats:
    """Scores (n, 6) in the order of ATTRIBUTES; NaN where the model has none."""
    columns = _aligned(model)
    found = np.full((len(texts), len(ATTRIBUTES)), np.nan)
    for first in range(0, len(texts), 4096):
        scores = model.predict(texts[first : first + 4096])
        for column, source in enumerate(columns):
            if source >= 0:
                found[first : first + 4096, column] = scores[:, source]
    return found


def measurable(corpus: Corpus, least: int = LEAST) -> Iterator[tuple[str, int, npt.NDArray[np.int64], npt.NDArray[np.bool_]]]:
    """(source, attribute's column, rows, labels) wherever both classes have enough rows."""
    for source in np.unique(corpus.sources):
        of_source = np.flatnonzero(corpus.sources == source)
        for column in range(len(ATTRIBUTES)):
            stated = of_source[~np.isnan(corpus.labels[of_source, column])]
            labels = corpus.labels[stated, column] >= 0.5
            if min(labels.sum(), (~labels).sum()) >= LEAST:
                yield str(source), column, stated, labels


def ranking_table(corpus: Corpus, scores: Floats) -> Table:
    """ROC AUC by source and attribute."""
    rows: list[Row] = []
    figures: dict[str, float] = {}
    for source, column, index, labels in measurable(corpus):
        found = metrics.auc(labels, scores[index, column])
        rows.append(Row((source, ATTRIBUTES[column], f"{labels.sum()} / {len(labels)}", str(found))))
        figures[f"{source} {ATTRIBUTES[column]}"] = found.value
    return Table("ROC AUC by source", ("source", "attribute", "positive / rows", "AUC (95 %)"), tuple(rows), figures)


def comparison_table(corpus: Corpus, one: Floats, other: Floats, names: tuple[str, str] = ("this", "the other")) -> Table:
    """How well both scores rank, and how much better the other, resampled in pairs; one whose interval leaves out 0 is marked."""
    rows: list[Row] = []
    figures: dict[str, float] = {}
    for source, column, index, labels in measurable(corpus):
        found = metrics.auc_difference(labels, one[index, column], other[index, column])
        mark = "better" if found.low > 0 else "worse" if found.high < 0 else ""
        areas = (str(metrics.auc(labels, scores[index, column])) for scores in (one, other))
        rows.append(Row((source, ATTRIBUTES[column], f"{labels.sum()} / {len(labels)}", *areas,
                         f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})", mark)))
        figures[f"{source} {ATTRIBUTES[column]}"] = found.value
    return Table(f"ROC AUC by source, {names[0]} and {names[1]}",
                 ("source", "attribute", "positive / rows", *names, "difference (95 %)", ""), tuple(rows), figures)


def calibration_table(corpus: Corpus, scores: Floats) -> Table:
    """Expected calibration error on the natural mix of news."""
    labels, weights = calibrate.natural_mix(corpus)
    rows: list[Row] = []
    figures: dict[str, float] = {}
    for column, attribute in enumerate(ATTRIBUTES):
        used = weights[:, column] > 0
        if not (labels[used, column] >= 0.5).any():
            continue
        error = metrics.calibration_error(labels[used, column], scores[used, column], weights[used, column])
        rows.append(Row((attribute, f"{used.sum()}", f"{np.average(labels[used, column], weights=weights[used, column]):.3f}",
                         f"{np.average(scores[used, column], weights=weights[used, column]):.3f}", f"{error:.4f}")))
        figures[attribute] = error
    return Table("Calibration on a natural mix of news", ("attribute", "rows", "labels say", "scores say", "expected calibration error"),
                 tuple(rows), figures)


def by_group(corpus: Corpus, stated: npt.NDArray[np.intp], labels: npt.NDArray[np.bool_]) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """The groups that these rows name, with which of them do, (n,): those with at least LEAST toxic and as many clean ones.

    `stated` holds the rows' numbers, `labels` whether each is toxic, (n,).
    """
    names, member = identities.mentions([corpus.texts[row] for row in stated])
    for name, inside in zip(names, member.T, strict=True):
        if min((inside & labels).sum(), (inside & ~labels).sum()) >= LEAST:
            yield name, inside


def identity_table(corpus: Corpus, scores: Floats, threshold: float) -> Table:
    """Toxicity by the group that a comment names: clean rows flagged at `threshold`, and the three areas of Borkan et al."""
    stated = np.flatnonzero(~np.isnan(corpus.labels[:, 0]))
    labels = corpus.labels[stated, 0] >= 0.5
    given = scores[stated, 0]
    rows: list[Row] = []
    figures: dict[str, float] = {}
    for name, inside in by_group(corpus, stated, labels):
        areas = metrics.bias_aucs(labels, given, inside)
        flagged = metrics.share(given[inside & ~labels] >= threshold, rounds=100)
        rows.append(Row((name, f"{(inside & labels).sum()} / {inside.sum()}", str(flagged),
                         *(str(areas[key]) for key in ("subgroup", "bpsn", "bnsp")))))
        figures[name] = areas["bpsn"].value
    rest = metrics.share(given[~labels] >= threshold, rounds=100)
    rows.append(Row(("(all rows)", f"{labels.sum()} / {len(labels)}", str(rest), str(metrics.auc(labels, given, rounds=100)), "", "")))
    return Table(f"Toxicity by group named; clean rows flagged at {threshold:.2f}",
                 ("group", "toxic / rows", "clean flagged", "subgroup AUC", "BPSN", "BNSP"), tuple(rows), figures)


def length_table(model: LinearClassifier, corpus: Corpus, threshold: float, count: int = 300, seed: int = 0) -> Table:
    """One hostile comment among civil words, and as many civil words without it: the share flagged at `threshold`.

    The hostile comment is one that is flagged alone, the civil ones are not: what is measured is length and nothing else.
    """
    random = np.random.default_rng(seed)
    news = np.char.startswith(corpus.sources, "civil_comments")
    alone = predict(model, corpus.texts)[:, 0]
    clean = np.flatnonzero(corpus.implied_clean & news & (alone < threshold))
    short = np.array([len(text) < 150 for text in corpus.texts])
    hostile = np.flatnonzero((corpus.labels[:, 0] >= 0.7) & short & (alone >= threshold))
    rows: list[Row] = []
    figures: dict[str, float] = {}
    if not len(clean) or not len(hostile):
        return Table("By length", ("civil words", "hostile found", "civil flagged"), (), {})
    for words in LENGTHS:
        civil, mixed = [], []
        for _ in range(count if words else 0):
            pieces: list[str] = []
            while sum(len(piece.split()) for piece in pieces) < words:
                pieces.append(corpus.texts[int(random.choice(clean))])
            civil.append("\n".join(pieces))
            pieces.insert(int(random.integers(len(pieces) + 1)), corpus.texts[int(random.choice(hostile))])
            mixed.append("\n".join(pieces))
        found = metrics.share(predict(model, mixed)[:, 0] >= threshold) if words else Estimate(1.0, 1.0, 1.0)
        flagged = metrics.share(predict(model, civil)[:, 0] >= threshold) if words else Estimate(0.0, 0.0, 0.0)
        rows.append(Row((str(words), str(found), str(flagged))))
        figures[str(words)] = found.value
    return Table(f"By length, flagged at toxicity {threshold:.2f}", ("civil words", "hostile found", "civil flagged"), tuple(rows), figures)


def functional_table(corpus: Corpus, scores: Floats, threshold: float) -> Table:
    """Contrast sentences by kind: the share flagged on toxicity, beside the share that ought to be."""
    rows: list[Row] = []
    figures: dict[str, float] = {}
    for kind in np.unique(corpus.notes):
        index = np.flatnonzero(corpus.notes == kind)
        wanted = corpus.labels[index, 0] >= 0.5
        found = metrics.share(scores[index, 0] >= threshold, rounds=100)
        rows.append(Row((str(kind), str(len(index)), "yes" if wanted.mean() > 0.5 else "no", str(found))))
        figures[str(kind)] = found.value
    return Table(f"Contrast sentences flagged at toxicity {threshold:.2f}", ("kind", "rows", "ought to be", "flagged"),
                 tuple(rows), figures)


def curves(corpus: Corpus, scores: Floats) -> list[charts.Chart]:
    """ROC and precision-recall curves of toxicity by source, and the reliability of every attribute."""
    receiver: list[charts.Line] = []
    precision: list[charts.Line] = []
    for source, column, index, labels in measurable(corpus):
        if column == 0:
            wrong, right, _ = roc_curve(labels, scores[index, 0])
            exact, found, _ = precision_recall_curve(labels, scores[index, 0])
            receiver.append(charts.Line(source, _thin(wrong), _thin(right)))
            precision.append(charts.Line(source, _thin(found), _thin(exact)))
    shares, weights = calibrate.natural_mix(corpus)
    reliable = []
    for column, attribute in enumerate(ATTRIBUTES):
        used = weights[:, column] > 0
        if (shares[used, column] >= 0.5).any():
            mean, share, _ = reliability(shares[used, column], scores[used, column], weights[used, column])
            reliable.append(charts.Line(attribute, mean, share))
    drawn = []
    if receiver:
        words = "The nearer a line comes to the upper left corner, the better; the dotted line is chance."
        drawn.append(charts.line_chart("ROC, toxicity", words, "civil comments flagged", "toxic comments found", receiver, diagonal=True))
        words = "How many of the flagged comments are toxic, as more of the toxic are found."
        drawn.append(charts.line_chart("Precision and recall, toxicity", words, "recall", "precision", precision))
    if reliable:
        title, words = "Reliability, natural mix of news", "On the dotted line a score is the share of comments that are so."
        drawn.append(charts.line_chart(title, words, "score", "share of positives", reliable, diagonal=True, dots=True))
    return drawn


def _thin(points: Floats, most: int = 200) -> Floats:
    return points if len(points) <= most else points[np.linspace(0, len(points) - 1, most).astype(int)]


_PAGE = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string("""<main><h1>{{ title }}</h1>
<div class="charts">{% for chart in drawn %}{{ figure(chart) }}{% endfor %}</div>
{% for table in tables %}<h2>{{ table.title }}</h2>
<div class="scroll" tabindex="0"><table>
<thead><tr>{% for column in table.columns %}<th scope="col">{{ column }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in table.rows %}<tr>{% for cell in row.cells %}<td class="short">{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% endfor %}</main>""")


def write_page(path: Path, title: str, tables: Sequence[Table], drawn: Sequence[charts.Chart]) -> None:
    """One HTML file with the tables and the curves; it needs nothing beside it."""
    body = _PAGE.render(title=title, tables=tables, drawn=drawn, figure=charts.figure)
    path.write_text(pages.one_file(title, Markup(body)), encoding="utf-8")


def measure(model: LinearClassifier, corpus: Corpus, contrasts: Corpus, threshold: float) -> tuple[list[Table], list[charts.Chart]]:
    """Every table and every curve of a model."""
    scores = predict(model, corpus.texts)
    sayings = predict(model, contrasts.texts)
    tables = [ranking_table(corpus, scores), ranking_table(contrasts, sayings), calibration_table(corpus, scores),
              identity_table(corpus, scores, threshold), length_table(model, corpus, threshold),
              functional_table(contrasts, sayings, threshold)]
    return tables, curves(corpus, scores)
