"""Write `moderation/confusables.tsv` from Unicode's confusables, as the package `confusable-homoglyphs` carries them.

    pip install confusable-homoglyphs && python seeds/build_confusables.py

Keeps single code points outside ASCII that Unicode calls confusable with one ASCII letter; leaves out decimal digits (they
fold to ASCII digits), combining marks, and what NFKC or the character's own name already resolves to the same letter.
"""

import json
import sys
import unicodedata
from pathlib import Path

import confusable_homoglyphs

sys.path.insert(0, str(Path(__file__).parents[1]))
from moderation import chardata  # (the script is run from a checkout, not an installed package)

SOURCE = Path(confusable_homoglyphs.__file__).with_name("confusables.json")


def main() -> None:
    groups = json.loads(SOURCE.read_text(encoding="utf-8"))
    rows: dict[str, str] = {}
    for letter in "abcdefghijklmnopqrstuvwxyz":
        for skeleton in (letter, letter.upper()):
            for entry in groups.get(skeleton, []):
                char = entry["c"]
                if len(char) != 1 or char.isascii() or unicodedata.category(char) in ("Nd", "Mn", "Mc"):
                    continue
                if chardata.resolve_by_unicode(char) != letter:
                    rows.setdefault(char, letter)
    lines = ["# code point\tletter\tname\tsource: Unicode confusables.txt (Unicode License v3)"]
    lines += [f"{ord(char):04X}\t{letter}\t{unicodedata.name(char, '')}" for char, letter in sorted(rows.items())]
    chardata.CONFUSABLES_FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(rows)} rows in {chardata.CONFUSABLES_FILE.name}")


if __name__ == "__main__":
    main()
