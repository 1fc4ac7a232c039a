"""The encoder as a teacher: what it makes of the comments that the linear model learns from, milliseconds each.

Knows texts and logits; knows no labels and no n-grams.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moderation.encoder import Encoder
from moderation.errors import DataError, ModelError, Problem
from moderation.lexicon import Lexicon
from moderation.text import fold_batch
from moderation.train.corpus import ATTRIBUTES, WRITTEN, Corpus
from moderation.train.fit import Progress

LONGEST = 300  # characters of a comment that is read
_BATCH = 256   # comments between two writings of the file
_TABLE = "CREATE TABLE IF NOT EXISTS scores (encoder TEXT, text BLOB, logits BLOB, PRIMARY KEY (encoder, text)) WITHOUT ROWID"

Floats = npt.NDArray[np.float32]


def read(corpus: Corpus, encoder: Encoder, lexicon: Lexicon, most: int | None = None, file: Path | None = None,
         progress: Progress = lambda *_: None) -> Floats:
    """The encoder's probabilities (n, 6) of comments, NaN for those that it does not read.

    Read are comments of at most LONGEST characters: all, or `most` of them, drawn by chance; not the project's own sentences, which say
    what they mean. The probabilities are those before calibration, which is for the mix of news as it comes in. `file` keeps what is
    read, by the encoder's version and a digest of the text as it reads it, and none of that is read again.

    Raises
    ------
    ModelError : the encoder knows other attributes.
    DataError : `file` cannot be used.
    """
    if encoder.attributes != ATTRIBUTES:
        raise ModelError(encoder.version, [Problem("encoder.json: attributes", f"expected {', '.join(ATTRIBUTES)}", "name another one")])
    lengths = np.array([len(text) for text in corpus.texts])
    rows = np.flatnonzero((lengths <= LONGEST) & ~np.isin(corpus.sources, WRITTEN))
    rows = np.sort(np.random.default_rng(0).permutation(rows)[:most])
    found = np.full((len(corpus), len(ATTRIBUTES)), np.nan, np.float32)
    try:
        with closing(sqlite3.connect(file or ":memory:")) as scores:
            scores.execute(_TABLE)
            for first in range(0, len(rows), _BATCH):
                batch = rows[first : first + _BATCH]
                found[batch] = 1 / (1 + np.exp(-_logits([corpus.texts[row] for row in batch], encoder, lexicon, scores)))
                progress("the teacher reads", len(batch), len(rows))
    except sqlite3.Error as error:
        raise DataError(str(file), [Problem("--teacher-scores", f"cannot be used: {error}", "name a new file")]) from error
    return found


def _logits(texts: Sequence[str], encoder: Encoder, lexicon: Lexicon, scores: sqlite3.Connection) -> Floats:
    """Logits (n, 6) of texts as the scorer would have them read, from the file where they stand in it, else through it."""
    batch = fold_batch(texts)
    batch = lexicon.restore(batch)
    views = [batch.row(row).text for row in range(batch.size)]
    keys = [hashlib.blake2b(view.encode("utf-8", "surrogatepass"), digest_size=16).digest() for view in views]
    asked = "SELECT logits FROM scores WHERE encoder = ? AND text = ?"
    known = {key: row[0] for key in keys if (row := scores.execute(asked, (encoder.version, key)).fetchone())}
    missing = {key: view for key, view in zip(keys, views, strict=True) if key not in known}
    made = dict(zip(missing, map(np.ndarray.tobytes, encoder.logits(list(missing.values())).astype("<f4")), strict=True))
    with scores:
        scores.executemany("INSERT OR REPLACE INTO scores VALUES (?, ?, ?)", [(encoder.version, *pair) for pair in made.items()])
    known |= made
    return np.frombuffer(b"".join(known[key] for key in keys), "<f4").reshape(len(keys), -1)
