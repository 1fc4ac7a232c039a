"""The store's labels as labelled comments: what moderators decided, where the text was kept.

Knows the store's rows and what an action means for labels; opens no table itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from moderation.errors import DataError, Problem
from moderation.tune.labelled import VIOLATES, Labelled

_SEEN = {"approve": 0.0, "reject": 1.0}  # `review` decides nothing


def read(url: str, categories: Sequence[str]) -> Labelled:
    """The newest label of every comment whose text was kept.

    A comment that was approved breaks no rule. Of one that was rejected the categories that were named count, and nothing is known
    of the others; if no label names a category, all are labelled `violates` or not.

    Raises
    ------
    StoreError : the store cannot be read.
    DataError : it holds no labels with texts.
    """
    from moderation.store import Store

    store = Store(url, create=False)
    newest: dict[str, dict[str, Any]] = {}
    hidden = 0
    for row in store.export():
        if row["text"] is None:
            hidden += 1
        elif row["action"] in _SEEN or any(name in categories for name in row["scores"]):
            newest[row["comment_hash"]] = row
    store.close()
    if not newest:
        hint = f"{hidden} labels have no text: send `\"store\": true` with labels that are to be tuned on"
        raise DataError("the store", [Problem("labels", "none has a text and a decision", hint)])
    found = list(newest.values())
    named = [name for name in categories if any(name in row["scores"] for row in found)]
    labels = [[_label(row, name) for name in categories] for row in found] if named else [[_SEEN[row["action"]]] for row in found]
    return Labelled(tuple(row["text"] for row in found), tuple(categories) if named else (VIOLATES,), np.array(labels, dtype=np.float64),
                    tuple(row["section"] for row in found), tuple(row["author_hash"] or "" for row in found),
                    places=tuple(f"label {row['id']}" for row in found))


def _label(row: dict[str, Any], category: str) -> float:
    if category in row["scores"]:
        return 1.0 if row["scores"][category] >= 0.5 else 0.0
    return 0.0 if row["action"] == "approve" else math.nan
