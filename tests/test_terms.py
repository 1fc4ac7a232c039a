"""Lexicon files are read as written, and everything wrong in them is said at once, with its place and a remedy."""

from pathlib import Path

import pytest

from moderation.errors import LexiconError
from moderation.terms import Term, read_terms

GOOD = """\
language: en
# fruit
allow: fruit salad

[obscene strong]
banana : joined +ing
    allow: banana bread, * republic
    yes: what a banana; two bananas
    no: bandana
big plum

[personal mild]
fig : whole exact name
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_its_terms(tmp_path: Path) -> None:
    (file,) = read_terms([write(tmp_path, "fruit.txt", GOOD)])
    assert (file.language, file.enabled, file.allows) == ("en", True, ("fruit salad",))
    assert file.terms == (
        Term("banana", "obscene", "strong", reach="joined", endings=("s", "es", "ing"), allows=("banana bread", "* republic"),
             yes=("what a banana", "two bananas"), no=("bandana",), where="fruit.txt:6"),
        Term("big plum", "obscene", "strong", endings=("s", "es"), where="fruit.txt:10"),
        Term("fig", "personal", "mild", reach="whole", name=True, where="fruit.txt:13"),
    )


def test_a_file_may_be_off_by_default(tmp_path: Path) -> None:
    (file,) = read_terms([write(tmp_path, "phal.txt", "language: hi-Latn\ndefault: off\n[obscene mild]\nkela\n")])
    assert (file.language, file.enabled, file.terms[0].language) == ("hi-Latn", False, "hi-Latn")


def test_words_of_another_sense_are_single_words(tmp_path: Path) -> None:
    (file,) = read_terms([write(tmp_path, "near.txt", "[obscene mild]\nfig\n    near: tree, orchard\n")])
    assert file.terms[0].near == ("tree", "orchard")
    with pytest.raises(LexiconError, match=r"near.txt:3:17\n +`fig tree` is not one word; write a phrase as an `allow`"):
        read_terms([write(tmp_path, "near.txt", "[obscene mild]\nfig\n    near: leaf, fig tree\n")])


def test_all_problems_are_reported_at_once_with_place_and_remedy(tmp_path: Path) -> None:
    bad = write(tmp_path, "bad.txt", """\
    allow: nothing
apple
[obscine strong]
[obscene strnog]
[obscene]
[obscene strong]
Pear
plum : joind +s whole joined +'s
kiwi2
fig : whole
    alow: fig leaf
language: en
default: maybe
fig
""")
    with pytest.raises(LexiconError) as caught:
        read_terms([bad, tmp_path / "missing.txt"])
    assert str(caught.value) == f"""\
lexicon error: 15 problems in the lexicon
 --> bad.txt:1:5
     an indented line above the first term; allow, yes and no belong below their term
 --> bad.txt:2:1
     a term stands above the first heading; write a heading such as `[obscene strong]` on a line above it
 --> bad.txt:3:2
     no category is called `obscine`; did you mean `obscene`?
 --> bad.txt:4:10
     no severity is called `strnog`; did you mean `strong`?
 --> bad.txt:5:1
     `[obscene]` is no heading; a heading reads `[category severity]`, as in `[obscene strong]`
 --> bad.txt:7:1
     the term `Pear` is not in lower case with single spaces; write `pear`
 --> bad.txt:8:8
     no option is called `joind`; did you mean `joined`?; endings begin with `+`
 --> bad.txt:8:30
     `'` in the ending `+'s`; write letters only, as in `+ing`
 --> bad.txt:8:8
     `joined` and `whole` exclude each other; keep one of them
 --> bad.txt:9:5
     `2` in a term; write letters only: digits, signs and hyphens are read as disguises of them
 --> bad.txt:11:5
     `alow` is no field of a term; did you mean `allow`?
 --> bad.txt:12:1
     the header `language` stands below a term; headers come first in a file
 --> bad.txt:13:1
     the header `default` stands below a term; headers come first in a file
 --> bad.txt:14:1
     `fig` stands already in bad.txt:10; keep one of the two
 --> {tmp_path / "missing.txt"}
     cannot be read: No such file or directory; name an existing file in UTF-8"""
