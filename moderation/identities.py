"""Which groups a comment names, by the plain words for them: for measuring bias, never for scoring.

Knows English words for groups; the list is short on purpose, words with other common senses are left out.

>>> names, member = mentions(["The Muslims next door.", "A black cat."])
>>> [name for name, row in zip(names, member[0]) if row], member[1].any()
(['muslim'], np.False_)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

WORDS: Mapping[str, str] = {
    "muslim": r"muslims?|islam|islamic",
    "jewish": r"jews?|jewish|judaism",
    "christian": r"christians?|christianity|evangelicals?",
    "catholic": r"catholics?|catholicism",
    "atheist": r"atheists?|atheism",
    "black": r"blacks|african[- ]americans?|black (?:people|person|m[ae]n|wom[ae]n|kids?|child(?:ren)?|boys?|girls?|community|guys?|lives)",
    "white": r"whites|white (?:people|person|m[ae]n|wom[ae]n|kids?|child(?:ren)?|boys?|girls?|guys?|males?|folks?)",
    "asian": r"asians?|chinese|japanese|koreans?",
    "latino": r"latin[oax]s?|hispanics?|mexicans?",
    "native": r"natives|native americans?|first nations?|indigenous|aboriginals?",
    "immigrant": r"immigrants?|migrants?|refugees?",
    "gay": r"gays?|homosexuals?|lesbians?|lgbtq?|bisexuals?",
    "transgender": r"transgender(?:ed)?|trans (?:people|person|m[ae]n|wom[ae]n|kids?)|transsexuals?",
    "women": r"wom[ae]n|females?|feminists?",
    "men": r"m[ae]n|males?",
    "disabled": r"disabled|disabilit(?:y|ies)|autistic|wheelchairs?|blind people|deaf",
    "mental illness": r"mental(?:ly)? ill(?:ness)?|schizophreni[ac]|bipolar|depression",
    "old": r"elderly|seniors|old people|pensioners?|boomers?",
    "African-American English": r"(?:finna|ain'?t|y'?all|gon|tryna|bruh|ima|wit|dat|dis|dey|da|nah)",
}
_PATTERNS = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in WORDS.items()}


def mentions(texts: Sequence[str]) -> tuple[list[str], npt.NDArray[np.bool_]]:
    """The groups' names, and (n, groups) whether each text names each."""
    member = np.array([[bool(pattern.search(text)) for pattern in _PATTERNS.values()] for text in texts], bool)
    return list(_PATTERNS), member.reshape(-1, len(_PATTERNS))
