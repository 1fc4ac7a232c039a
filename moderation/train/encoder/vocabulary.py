"""The encoder's word pieces: those of the pretrained vocabulary that the training texts use, and emoji under their names.

Knows the tokenizer's file; knows no weights but the table of word embeddings that it cuts down.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
EMOJI_FROM = 0x2190     # arrows, dingbats and what lies above; signs below are in the vocabulary
EMOJI_SEEN = 4          # times in the training texts
_CHUNK = 20000
_SURROGATE = re.compile("[\ud800-\udfff]")

Ids = npt.NDArray[np.uint16]


class Vocabulary(NamedTuple):
    """A tokenizer, and for each of its ids the rows of the pretrained embeddings whose mean it starts from."""

    tokenizer: Tokenizer
    origins: tuple[tuple[int, ...], ...]


def plain(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer without padding and without a limit of length."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Ids]:
    """The ids of texts, [CLS] and [SEP] among them; lone surrogates are read as unknown."""
    found: list[Ids] = []
    for first in range(0, len(texts), _CHUNK):
        chunk = [_SURROGATE.sub("\ufffd", text) for text in texts[first : first + _CHUNK]]
        found += [np.array(item.ids, np.uint16) for item in tokenizer.encode_batch_fast(chunk)]
    return found


def emoji(texts: Sequence[str], least: int = EMOJI_SEEN) -> list[str]:
    """The emoji that the texts use at least so often, in order of their code points."""
    seen = Counter(character for text in texts if not text.isascii() for character in text if ord(character) >= EMOJI_FROM)
    return sorted(character for character, count in seen.items()
                  if count >= least and unicodedata.category(character) == "So" and _is_named(character))


def prune(tokenizer: Tokenizer, texts: Sequence[str]) -> Vocabulary:
    """The pieces that occur in the texts and all single ASCII characters, then emoji that start as the mean of their name's pieces."""
    plain(tokenizer)
    counts = np.zeros(tokenizer.get_vocab_size(), np.int64)
    for ids in encode(tokenizer, texts):
        np.add.at(counts, ids, 1)
    document = json.loads(tokenizer.to_str())
    old: dict[str, int] = document["model"]["vocab"]
    pieces = [piece for piece, _ in sorted(old.items(), key=lambda item: item[1])]
    kept = [piece for piece in pieces if piece in SPECIAL or counts[old[piece]] or _is_character(piece)]
    new = {piece: number for number, piece in enumerate(kept)}
    origins: list[tuple[int, ...]] = [(old[piece],) for piece in kept]
    document["model"]["vocab"] = new
    for token in document["added_tokens"]:
        token["id"] = new[token["content"]]
    for token in document["post_processor"]["special_tokens"].values():
        token["ids"] = [new[name] for name in token["tokens"]]
    template = document["added_tokens"][0]
    for sign in emoji(texts):
        if sign in new:
            continue
        named = tokenizer.encode(unicodedata.name(sign).lower(), add_special_tokens=False).ids
        document["added_tokens"].append({**template, "id": len(origins), "content": sign, "special": False})
        origins.append(tuple(named))
    return Vocabulary(plain(Tokenizer.from_str(json.dumps(document))), tuple(origins))


def _is_named(character: str) -> bool:
    try:
        return bool(unicodedata.name(character))
    except ValueError:
        return False


def _is_character(piece: str) -> bool:
    bare = piece.removeprefix("##")
    return len(bare) == 1 and bare.isascii()


def embeddings(pretrained: npt.NDArray[np.float32], origins: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
    """The table of a vocabulary's embeddings, (ids, width)."""
    return np.stack([pretrained[list(rows)].mean(axis=0) for rows in origins])


def bounds(ids: Ids, sentence_ends: frozenset[int], limit: int) -> Iterator[tuple[int, int]]:
    """Windows of at most `limit` ids between [CLS] and [SEP], cut after sentences where that is possible; half-open."""
    first, last_end = 1, 1
    end = len(ids) - 1
    for place in range(1, end):
        if place - first >= limit:
            cut = last_end if last_end > first else place
            yield first, cut
            first = cut
        if int(ids[place]) in sentence_ends:
            last_end = place + 1
    if first < end or first == 1:
        yield first, end
