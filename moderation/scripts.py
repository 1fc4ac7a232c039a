"""Words of other scripts: which are written as a reader of that script writes, and which only borrow its letters.

Knows alphabets; knows no terms. A comment in English may hold a name in Cyrillic or Greek, and read letter by letter as if it were Latin
nearly any of them spells something. Who disguises a word takes letters from wherever they look right, and leaves accents out.

>>> [is_natural(word) for word in ("Полина", "\u0440\u04cfum", "Γεωργία", "ριςς")]
[True, False, True, False]
"""

from __future__ import annotations

import re

# Of Russian, Ukrainian, Belarusian, Bulgarian, Serbian and Macedonian, but for the last one's rare letter that looks like s.
_CYRILLIC = re.compile(r"[\u0410-\u044fЁёІіЇїЄєҐґЈјЉљЊњЋћЂђЏџЎўЃѓЌќ'’-]+")
_ARMENIAN = re.compile(r"[\u0531-\u0587-]+")
_GREEK = re.compile(r"[\u0386-\u03ce\u1f00-\u1fff'’-]+")
_GREEK_ACCENT = re.compile(r"[\u0386-\u0390\u03aa-\u03b0\u03ca-\u03ce\u1f00-\u1fff]")
_MISPLACED_SIGMA = re.compile(r"ς(?=\w)|σ$")  # the final one within a word, the other at its end


def is_natural(word: str) -> bool:
    """Whether a word is spelt as a language of its script would spell it; never for Latin letters or mixed ones."""
    if _GREEK.fullmatch(word):
        return bool(_GREEK_ACCENT.search(word)) and not _MISPLACED_SIGMA.search(word)
    return bool(_CYRILLIC.fullmatch(word) or _ARMENIAN.fullmatch(word))
