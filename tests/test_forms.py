"""The trie of a lexicon's forms, as csrc/match.c walks it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from moderation.forms import Trie, build_trie
from moderation.terms import Term


def child(trie: Trie, node: int, letter: str) -> int:
    """The child of a node; -1 for none."""
    if letter.isascii():
        mask, bit = int(trie.child_mask[node]), 1 << (ord(letter) - ord("a"))
        return int(trie.child_first[node]) + (mask & (bit - 1)).bit_count() if mask & bit else -1
    places = slice(trie.other_first[node], trie.other_first[node + 1])
    return dict(zip(trie.other_code[places].tolist(), trie.other_child[places].tolist(), strict=True)).get(ord(letter), -1)


@given(st.lists(st.text("acyzяб", min_size=1, max_size=36), unique=True))
def test_every_prefix_of_a_form_has_a_node_and_no_other_string_has(words: list[str]) -> None:
    trie = build_trie([Term(word, "obscene", "strong", plain=True) for word in words], lambda word: False)
    assert [form.letters for form in trie.forms] == words
    prefixes = {word[:end] for word in words for end in range(len(word) + 1)} | {""}
    nodes = {""}
    for prefix in sorted(prefixes, key=len):
        node = 0
        for letter in prefix:
            node = child(trie, node, letter)
        assert trie.form[node] == (words.index(prefix) if prefix in words else -1)
        reach = {len(word) - len(prefix) for word in words if word.startswith(prefix)}
        assert trie.lengths[node] == sum(1 << length for length in reach if length < 32)
        nodes |= {prefix + letter for letter in "acyzяб" if child(trie, node, letter) >= 0}
    assert nodes == prefixes
    assert len(trie.form) == len(prefixes)


def test_a_trie_of_nothing_is_its_root() -> None:
    trie = build_trie((), lambda word: False)
    assert (trie.forms, trie.form.tolist(), trie.child_mask.tolist()) == ((), [-1], [0])
    assert all(len(array) for array in trie[1:])
    assert np.array_equal(trie.form_facts, np.zeros((1, 9)))
