"""What an audit writes for every comment: the columns of `parts/NNNNN.parquet`. Where the kernel and the tally meet.

A part's results are one table of these columns, and beside it goes a string column of the same length, the texts as they stand
in the archive (HTML where the archive holds HTML); offsets of spans are code points of these texts. Knows columns alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

VERSION = 2  # of these columns; part of what keys a run

SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("category", pa.string()), ("source", pa.string()), ("term", pa.string()),
                  ("severity", pa.string()), ("disguise", pa.string()), ("region", pa.string())])
REASON = pa.struct([("category", pa.string()), ("action", pa.string()), ("score", pa.float64()), ("threshold", pa.float64())])
VERSIONS = pa.struct([("model", pa.string()), ("lexicon", pa.string()), ("policy", pa.string())])


def results(categories: Sequence[str], attributes: Sequence[str]) -> pa.Schema:
    """The columns of a part's results, for a policy of these categories and a model of these attributes.

    - row: 0-based place in the source, rejected rows counted, so it names a comment where ids are missing or come twice.
    - id, thread, parent: as the archive has them, or null; `id` is the row's number where the archive has none.
    - time: in UTC, or null. section: the archive's word, or null.
    - author: a hash that stands for the name, or null; the name itself only where it was asked for.
    - past: one of `columns.PAST`, or null.
    - action: `approve`, `review` or `reject`. language: a tag. tier: `fast`, or `deep` where the encoder was asked.
    - scores: by category, on the policy's scale, exactly as decided on. attributes: probabilities, rounded as in an answer.
    - spans: in the order of an answer; those of `source` "classifier" have no term, severity, disguise or region.
    - reasons: worst first; none where the comment is approved.
    """
    return pa.schema([
        pa.field("row", pa.int64(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("thread", pa.string()),
        pa.field("parent", pa.string()),
        pa.field("time", pa.timestamp("us", tz="UTC")),
        pa.field("section", pa.string()),
        pa.field("author", pa.string()),
        pa.field("past", pa.string()),
        pa.field("language", pa.string(), nullable=False),
        pa.field("action", pa.string(), nullable=False),
        pa.field("tier", pa.string(), nullable=False),
        pa.field("scores", pa.struct([(name, pa.float64()) for name in categories]), nullable=False),
        pa.field("attributes", pa.struct([(name, pa.float64()) for name in attributes]), nullable=False),
        pa.field("spans", pa.list_(SPAN), nullable=False),
        pa.field("reasons", pa.list_(REASON), nullable=False),
        pa.field("versions", VERSIONS, nullable=False),
    ])
