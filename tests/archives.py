"""Results of an audit made up by chance, for tests of what comes after the scoring; the words are fruit."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from moderation.audit import schema
from moderation.audit.columns import PAST
from moderation.audit.tally import Lines

CATEGORIES = ("derogatory", "personal", "obscene")
LINES = Lines({name: f"No {name} words." for name in CATEGORIES}, dict.fromkeys(CATEGORIES, (5000, 9000)),
              {"sport": {**dict.fromkeys(CATEGORIES, (5000, 9000)), "obscene": (5000, 9500)}})
HOSTILE = ["</script><script>alert('x')</script>", "<img src=x onerror=alert(1)>", "\u202egnihtemos\u202c", "\x00null", "{{ 7*7 }}${1}",
           "'\"><svg onload=alert(1)>", "javascript:alert(1)"]
_WORDS = ["fig", "banana", "durian", "prune", "quince", "lovely", "garden", "rain", "bus", "late", *HOSTILE]
_SPAN = ("start", "end", "category", "source", "term", "severity", "disguise", "region")


def made_up(rows: int, seed: int = 0, hostile: bool = False, versions: tuple[str, str, str] = ("m-1", "l-1", "p-1"),
            shift: float = 0.0) -> tuple[pa.Table, pa.Array]:
    """(results, texts) of as many comments; `shift` moves every score, as another model would."""
    random = np.random.default_rng(seed)
    sections = np.array([None, "sport", "politics", *(HOSTILE if hostile else [])], dtype=object)
    words = np.array(_WORDS if hostile else _WORDS[:10], dtype=object)
    columns: dict[str, list[object]] = {name: [] for name in schema.results(CATEGORIES, ("insult",)).names}
    texts = []
    for row in range(rows):
        chosen = random.choice(words, size=int(random.integers(1, 9))).tolist()
        text = " ".join(chosen)
        if hostile and row == 3:
            text = "fig " * 5000 + text
        spans, position = [], len(text) - len(" ".join(chosen))
        for word in chosen:
            if word in ("banana", "durian", "prune") or word in HOSTILE:
                category = {"banana": "obscene", "durian": "derogatory"}.get(word, "personal")
                spans.append(dict(zip(_SPAN, (position, position + len(word), category, "lexicon", word, "strong",
                                              str(random.choice(["plain", "leet"])), "own"), strict=True)))
            elif word == "quince":
                spans.append(dict(zip(_SPAN, (position, position + 6, "personal", "classifier", None, None, None, None), strict=True)))
            position += len(word) + 1
        section = sections[random.integers(len(sections))]
        found = np.clip(np.round(random.choice([random.random(3), [0.5, 0.9, 0.1]]) * random.choice([0.3, 1.0], size=3) + shift, 4), 0, 1)
        scores = dict(zip(CATEGORIES, found.tolist(), strict=True))
        own = LINES.of_section(section or "")
        action = max(sum(score * 10_000 >= line - 1e-6 for line in own[name]) for name, score in scores.items())
        unread = random.random() < 0.05
        time = datetime.datetime(2023, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(hours=int(random.integers(9000)))
        held = [name for name, score in scores.items() if score * 10_000 >= own[name][0] - 1e-6]
        values = {
            "row": row, "id": HOSTILE[row % len(HOSTILE)] if hostile else f"c-{row}", "thread": None, "parent": None,
            "time": None if row % 7 == 0 else time, "section": section, "author": None,
            "past": random.choice(np.array([None, *PAST], dtype=object)), "language": "ml" if unread else "en",
            "action": ("approve", "review", "reject")[max(action, int(unread))],
            "tier": "deep" if row % 5 == 0 else "fast", "scores": scores, "attributes": {"insult": 0.5},
            "spans": spans, "versions": dict(zip(("model", "lexicon", "policy"), versions, strict=True)),
            "reasons": [{"category": name, "action": "review", "score": scores[name], "threshold": 0.5} for name in held]}
        for name, value in values.items():
            columns[name].append(value)
        texts.append(text)
    return pa.table(columns, schema=schema.results(CATEGORIES, ("insult",))), pa.array(texts, pa.string())


def write_run(folder: Path, results: pa.Table, part_rows: int, texts: str = "full", **key: object) -> Path:
    """A folder as a finished audit leaves it, with parts of so many rows."""
    (folder / "parts").mkdir(parents=True)
    for number, start in enumerate(range(0, len(results), part_rows)):
        pyarrow.parquet.write_table(results.slice(start, part_rows), folder / f"parts/{number:05}.parquet")
    versions = results["versions"][0].as_py()
    (folder / "key.json").write_text(json.dumps({"source": [["comments.csv", 1, 2]], "reading": {}, "--texts": texts, **versions, **key}))
    (folder / "run.json").write_text("{}")
    return folder
