"""Write lexicon/names.txt: given names, beside which a capitalised term that is a surname too is taken for somebody's name.

    pip install names==0.3.0 faker==40.54.0
    python seeds/build_names.py

The given names of the United States census of 1990 (public domain), those of Faker's lists (MIT) in Latin letters, and
`words/given_names.txt`, which also takes some away: words that stand before an insult more often than
before a surname. Everyday words (`common.txt`) are names only where that list says so.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from build_words import LEXICON, WORDS, data_folder, read_list, words_in

LATIN = ("cs", "da", "de", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "id", "ig", "it", "lt", "lv", "nl", "no", "pl", "pt", "ro", "sk",
         "sl", "sv", "sw", "tr", "tw", "vi", "yo", "zu")


def census() -> Iterator[str]:
    """The census's given names."""
    for name in ("dist.female.first", "dist.male.first"):
        for line in (data_folder("names") / name).read_text(encoding="utf-8").splitlines():
            yield from words_in(line.split()[0]) if line.strip() else ()


def faker() -> Iterator[str]:
    """Faker's given names, of the lists whose language is one of `LATIN`."""
    package = importlib.import_module("faker.providers.person")
    for found in pkgutil.iter_modules(package.__path__):
        if found.name.partition("_")[0] in LATIN:
            provider = importlib.import_module(f"faker.providers.person.{found.name}").Provider
            for attribute in ("first_names", "first_names_male", "first_names_female"):
                listed = getattr(provider, attribute, ())
                for name in () if isinstance(listed, property) else listed:
                    yield from words_in(name)


def main() -> None:
    by_hand = read_list(WORDS / "given_names.txt")
    away = {word[1:] for word in by_hand if word.startswith("-")}
    given = {part for word in by_hand if not word.startswith("-") for part in words_in(word)}
    everyday = set(read_list(LEXICON / "common.txt")) - given
    names = {name for name in (*census(), *faker(), *given) if len(name) > 1 and name not in away | everyday}
    (LEXICON / "names.txt").write_text("".join(f"{name}\n" for name in sorted(names)), encoding="ascii")
    print(f"{len(names):,} names")


if __name__ == "__main__":
    main()
