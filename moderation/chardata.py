"""The tables of folding: what each character stands for, and what it may stand for when somebody hides a word.

Knows characters; knows no words. Where Unicode says it (NFKC, categories, names, confusables), Unicode's own data
decide; the tables here hold the rest, each row with its example.

>>> resolve_by_unicode("ⓕ"), resolve_by_unicode("ƒ"), resolve_by_unicode("é")
('f', 'f', 'e')
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import numpy.typing as npt

CONFUSABLES_FILE = Path(__file__).with_name("confusables.tsv")

# Bits of a table entry; they are defined in csrc/fold.c.
EXPANDS, DROPPED, MARK, FLAG_SHIFT = 1 << 21, 1 << 22, 1 << 23, 24
# Flags of a folded character: what the original was.
UPPER, STYLED, HOMOGLYPH, MARKED, AFTER_INVISIBLE, AFTER_TAG, ENTITY, OTHER_LETTER = 1, 2, 4, 8, 16, 32, 64, 128

# Letters of other scripts that stand for a Latin one by look or by sound, beyond Unicode's confusables (which ask for near
# identity; a reader who wants to be understood does not). One row a letter, with an example.
LOOKALIKES = {
    "a": "авдλαꭿ∂ӓªДΔΛλძձǟ",            # bаnana
    "b": "вбьъβƀ฿ЬБВճբɮ",                # вanana
    "c": "сҫςㄷ₵☪ᑕ¢©ćСҪցծ",              # сarrot
    "d": "ԁժδďძ∂ⱰÐđծդᴆ",                 # ԁate
    "e": "еёєэεξҽЄЕΣ∑℮əɘɛɜԑեէ",           # bееt
    "f": "ʄғ∱ƒϝբֆքғ₣ΓҒփ",                # ғig
    "g": "ցɡԍǥգջ",                       # ցrape
    "h": "нһիհђћнңҥΗНҢℏηԣ",              # нazelnut
    "i": "іїιίﺃἰıɪՂїІЇΙÍℹիւաԻ",          # fіg
    "j": "јյʝЈ",                         # јam
    "k": "кκқҡҝќĸКΚҚҜҞ₭ӄӃքկԿƙ",          # кiwi
    "l": "ӏլⅼłℓĿ∟Լ£լւ",                   # ӏemon
    "m": "мΜМ₥ოⓂʍմ",                     # мelon
    "n": "пηռղńийлпΝПИЙΠπ∩₦նդրՌղ",        # leмoп
    "o": "оοօσөфθ०ѻ○◯⭕ОΟΘΦФ●◉⊙°º¤Ѳѳծ",   # melоn
    "p": "рρթþРΡ₱քբփպЂ",                 # рear
    "q": "ԛզգ",                          # ԛuince
    "r": "гяɾրГЯ®ʁρ",                    # peaг
    "s": "ѕտʂЅՏ§ᏕΣऽσςշսՍֆ",              # ѕwede
    "t": "тτեէՇТΤ†‡☨✝₮⊥Ʈθթᴛ",            # daтe
    "u": "цυսμմΰµЦՍ∪ա∐ʊuʉуՄխ",            # plцm
    "v": "νѵ∨√υⱱվв",                     # νine
    "w": "шщωաѡԝϣШЩΩѠ₩ɯպա",              # шalnut
    "x": "хχжҳХΧЖ×✕✖խ",                  # хigua
    "y": "уγүұўчʏУΥҮ¥ЧՎվυՅ",             # berrу
    "z": "ƶζʐΖզչՀշ",                     # ζest
}
# Alphabets that web pages offer for "fancy" text, a to z, each with fig written in it.
ALPHABETS = (
    "卂乃匚ᗪ乇千Ꮆ卄丨ﾌҜㄥ爪几ㄖ卩Ɋ尺丂ㄒㄩᐯ山乂ㄚ乙",  # 千丨Ꮆ
    "ﾑ乃ᄃりモｷムんﾉﾌズﾚﾶ刀のｱゐ尺丂ｲひ√Wﾒﾘ乙",  # ｷﾉム
    "ค๒ς๔єŦﻮђเןкɭ๓ภ๏קợгรՇยשฬאץչ",  # Ŧเﻮ
    "αв¢∂єƒgнιנкℓмησρqяѕтυνωχуz",  # ƒιg
    "ǟɮƈɖɛʄɢɦɨʝӄʟʍռօքզʀֆȶʊʋաӼʏʐ",  # ʄɨɢ
    "ᏗᏰፈᎴᏋᎦᎶᏂᎥᏠᏦᏝᎷᏁᎧᎮᎤᏒᏕᏖᏬᏉᏇጀᎩፚ",  # ᎦᎥᎶ
    "ąცƈɖɛʄɠɧıʝƙƖɱŋơ℘զཞʂɬų۷ῳҳყʑ",  # ʄıɠ
    "αɓ૮∂εƒɠɦเʝҡℓɱɳσρφ૨รƭµѵωאყƶ",  # ƒเɠ
    "ԹՅՇԺȝԲԳɧɿʝƙʅʍՌԾρφՐՏԵՄעաՃՎՀ",  # ԲɿԳ
    "₳฿₵ĐɆ₣₲ⱧłJ₭Ⱡ₥₦Ø₱QⱤ₴₮ɄV₩ӾɎⱫ",  # ₣ł₲
    "ᗩᗷᑕᗪEᖴGᕼIᒍKᒪᗰᑎOᑭᑫᖇᔕTᑌᐯᗯ᙭Yᘔ",  # ᖴIG
    "ꍏꌃꉓꀸꍟꎇꁅꃅꀤꀭꀘ꒒ꂵꈤꂦꉣꆰꋪꌗ꓄ꀎꃴꅏꊼꌩꁴ",  # ꎇꀤꁅ
    "ልጌርዕቿቻኗዘጎጋጕረጠክዐየዒዪነፕሁሀሠሸሃጊ",  # ቻጎኗ
    "ΛBCDΣFGΉIJKᄂMПӨPQЯƧƬЦVЩXYZ",  # FIG
    "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz",  # ɟᴉƃ
    "ᎪᏴᏟᎠᎬᎱᏀᎻᏆᎫᏦᏞᎷᏁᎾᏢᏅᏒᏚᎢᏌᏙᎳᏡᎽᏃ",  # ᎱᏆᏀ
    "ꭺᏼꮯꭰꭼꭶᏽꮋꭵꭻꮶꮮꮇꮑꮎꮲꮕꮢꮪꭲꮜꮩꮃꮱꮍꮓ",  # ꭶꭵᏽ
    "աբցդեֆգհիյկլմնօպքրստւվախյզ",  # ֆիգ
    "ձճչժէֆջհիյկլմղօփզրսթւվաճևշ",  # ֆիջ
)
# Pictures of letters and pairs of them. 🆎 stands for ab.
EMOJI_LETTERS = {"🅰": "a", "🅱": "b", "🅾": "o", "🅿": "p", "🆎": "ab", "Ⓜ": "m", "ℹ": "i", "⭕": "o", "❌": "x", "💲": "$", "❗": "!",
                 "❕": "!", "‼": "!!", "❓": "?"}
# Punctuation in the plain form that the rest of the program reads.
PUNCTUATION = {
    "‘": "'", "’": "'", "ʼ": "'", "′": "'", "`": "`", "´": "'", "＇": "'",      # it’s
    "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"',       # “well”
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "﹘": "-", "⁃": "-",  # b—nana
    "•": "*", "∙": ".", "·": ".", "・": ".", "‧": ".", "●": "*", "∗": "*", "⁎": "*", "✱": "*", "✻": "*", "★": "*", "☆": "*",
    "█": "*", "■": "*", "▇": "*", "□": "*", "▓": "*", "￭": "*", "¡": "!", "¿": "?", "¦": "|", "ǃ": "!", "⁄": "/", "∕": "/", "…": "…",
}
# What a digit or a sign is read as when a word is hidden in it; several letters where readers use it for several.
LEET = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "bg", "7": "t", "8": "b", "9": "gq",  # b4n4n4
    "@": "a", "$": "s", "!": "il", "|": "il", "+": "t", "(": "c", "<": "c", "{": "c", "[": "c", "#": "h",  # @pple, b@n@n@
    "€": "e", "£": "l", "¢": "c", "¥": "y", "§": "s", "v": "u",                                                      # €gg
}
# Letters that readers swap for one that sounds or looks alike: read so only where a whole word comes out of it.
RESPELLED = {"u": "v", "z": "s", "k": "c", "c": "k", "q": "g", "y": "i", "i": "y"}  # bvtter, cheeze, krumble
# Signs that readers put in place of letters they do not want to write: b*n*n*.
MASKS = "*#_-.?!%&@$+~^=/\\|"


def _decompose(char: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))


_NAMED = re.compile(
    r"(?:MODIFIER LETTER |FULLWIDTH |SUPERSCRIPT |SUBSCRIPT )?LATIN (?:SMALL|CAPITAL|SUBSCRIPT SMALL)? ?LETTER "
    r"(?:SMALL CAPITAL |SMALL |CAPITAL )?(?:TURNED |REVERSED |OPEN |SIDEWAYS |SCRIPT |INVERTED |BARRED )*([A-Z])(?: WITH .*| ROTUNDA)?"
    r"|(?:CROSSED )?(?:NEGATIVE )?(?:CIRCLED|SQUARED|PARENTHESIZED|OUTLINED)(?: ITALIC)? LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])"
    r"|REGIONAL INDICATOR SYMBOL LETTER ([A-Z])|(?:MODIFIER LETTER |LATIN LETTER )(?:SMALL |CAPITAL )*(?:CAPITAL )?([A-Z])(?: WITH .*)?"
    r"|LATIN SMALL LETTER (SCHWA|ETH|THORN|ALPHA|DOTLESS I|LONG S|ENG)(?: WITH .*)?"
)
_NAMED_LETTERS = {"SCHWA": "e", "ETH": "d", "THORN": "p", "ALPHA": "a", "DOTLESS I": "i", "LONG S": "s", "ENG": "n"}


def resolve_by_unicode(char: str) -> str:
    """The lower-case plain form that NFKC and the character's Unicode name give; the character itself if none.

    Sources: Unicode Standard Annex 15 (NFKC) and the name list of the Unicode Character Database.
    """
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    plain = _decompose(char)
    if plain and plain.isascii() and plain[0] != "(":
        return plain.lower()
    named = _NAMED.fullmatch(unicodedata.name(char, ""))
    if named:
        letter = next(group for group in named.groups() if group)
        return _NAMED_LETTERS.get(letter, letter).lower()
    lowered = char.lower()
    return lowered if len(lowered) == 1 else char


@functools.cache
def lookalikes() -> dict[str, str]:
    """Every character outside ASCII that stands for Latin letters by its look, with those letters, the likeliest first."""
    found: dict[str, str] = {}

    def add(char: str, letter: str, forms: str = "") -> None:
        for form in (char, *forms):
            if len(form) == 1 and not form.isascii():
                plain = resolve_by_unicode(form)
                letters = found.setdefault(form, plain if len(plain) == 1 and plain in ascii_lowercase else "")
                found[form] = letters if letter in letters else letters + letter

    for line in CONFUSABLES_FILE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, letter, _ = line.split("\t")
            add(chr(int(code, 16)), letter)
    for char, letters in list(found.items()):
        add(char, letters[0], char.lower() + char.upper())
    for alphabet in ALPHABETS:
        for letter, char in zip(ascii_lowercase, alphabet, strict=True):
            add(char, letter, char.lower() + char.upper())
    for letter, chars in LOOKALIKES.items():
        for char in chars:
            add(char, letter, char.lower() + char.upper())
    return found


@functools.cache
def doubles() -> dict[str, str]:
    """For a letter or digit that a look-alike folds to, the other letters that such a look-alike may stand for (ρ is p or r)."""
    found: dict[str, set[str]] = {}
    for char, letters in lookalikes().items():
        digit = unicodedata.digit(char, None)
        if digit is None:
            found.setdefault(letters[0], set()).update(letters[1:])
        else:
            found.setdefault(str(digit), set()).update(letters)
    return {letter: "".join(sorted(others)) for letter, others in found.items() if others}


# What is left out, since folding has nothing to say of it: ideographs, Hangul, private use, surrogates, and unassigned planes.
_PLAIN_RANGES = ((0x3400, 0xA000), (0xAC00, 0xF900), (0x20000, 0xE0000))
_LAST = 0xE0200


def _interesting() -> Iterator[int]:
    first = 0x80
    for low, high in (*_PLAIN_RANGES, (_LAST, _LAST)):
        yield from range(first, low)
        first = high


_INVISIBLE = {0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180E, 0x180F, 0x2800, 0x3164, 0xFFA0,
              0xFEFF}
# Combining marks that a Latin letter can be dressed in. Vowel signs of Indic scripts are letters, not dress, and stay.
_DRESS = ((0x0300, 0x0370), (0x0483, 0x048A), (0x0591, 0x05BE), (0x064B, 0x0660), (0x0E31, 0x0E32), (0x0E34, 0x0E3B), (0x0E47, 0x0E4F),
          (0x1AB0, 0x1B00), (0x1DC0, 0x1E00), (0x20D0, 0x2100), (0x302A, 0x3030), (0xFE00, 0xFE10), (0xFE20, 0xFE30), (0xE0100, 0xE01F0),
          (0x1F3FB, 0x1F400))


def _entry(code: int, similar: dict[str, str]) -> tuple[str, int]:
    """What a code point beyond ASCII folds to (empty: nothing) and its bits."""
    char = chr(code)
    category = unicodedata.category(char)
    if code in _INVISIBLE or category == "Cf" or (category == "Cc" and code != 0x85):
        return "", DROPPED
    if category in ("Zl", "Zp") or code == 0x85:
        return "\n", 0
    if category == "Zs":
        return " ", 0
    if category == "Cn":
        return char, 0
    if char in EMOJI_LETTERS:
        return EMOJI_LETTERS[char], STYLED << FLAG_SHIFT
    if char in PUNCTUATION:
        return PUNCTUATION[char], 0
    upper = UPPER if category == "Lu" else 0
    plain = resolve_by_unicode(char)
    if plain.isascii():
        dressed = unicodedata.normalize("NFKD", char) != unicodedata.normalize("NFD", char)
        mark = STYLED if dressed or not unicodedata.decomposition(char) else MARKED
        several = HOMOGLYPH if len(similar.get(char, "")) > 1 or (plain.isdigit() and char in similar) else 0
        return (plain if len(plain) <= 4 else char), (mark | several | upper) << FLAG_SHIFT
    if char in similar:
        return similar[char][0], (HOMOGLYPH | upper) << FLAG_SHIFT
    letter = OTHER_LETTER if category[0] in "LM" or category in ("Nl", "No") else 0
    return plain, (letter | upper) << FLAG_SHIFT


@functools.cache
def fold_table() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """The pages, entries and expansions that `md_fold` walks; about 0.1 s, once per process.

    Returns
    -------
    pages : (0x1100,), the page of code points `p << 8` onwards.
    entries : (pages, 256), the bits of csrc/fold.c.
    expansions : runs of code points, each ended by 0.
    """
    table: npt.NDArray[np.uint32] = np.zeros(0x110000, dtype=np.uint32)  # 0: the code point itself
    expansions: list[int] = []
    table[:0x20] = DROPPED
    table[0x7F] = DROPPED
    table[[0x09, 0x20]] = ord(" ")
    table[[0x0A, 0x0B, 0x0C, 0x0D]] = ord("\n")
    for code in range(ord("A"), ord("Z") + 1):
        table[code] = (code + 32) | UPPER << FLAG_SHIFT
    for low, high in _PLAIN_RANGES[:2]:
        table[low:high] = np.arange(low, high, dtype=np.uint32) | np.uint32(OTHER_LETTER << FLAG_SHIFT)
    table[0xD800:0xE000] = 0xFFFD  # lone surrogates: no character
    similar = lookalikes()
    strange = (ord(char) for char in similar if any(low <= ord(char) < high for low, high in _PLAIN_RANGES))
    for low, high in _DRESS:
        table[low:high] = MARK
    for code in itertools.chain(_interesting(), strange):
        if table[code] == MARK:
            continue
        plain, bits = _entry(code, similar)
        if len(plain) > 1:
            table[code] = len(expansions) | EXPANDS | bits
            expansions += [*map(ord, plain), 0]
        elif plain != chr(code) or bits:
            table[code] = (ord(plain) if plain else 0) | bits
    pages = np.empty(0x1100, dtype=np.uint16)
    numbers: dict[bytes, int] = {}
    for page, row in enumerate(table.reshape(0x1100, 256)):
        pages[page] = numbers.setdefault(row.tobytes(), len(numbers))
    entries = np.frombuffer(b"".join(numbers), dtype=np.uint32).reshape(-1, 256)
    return pages, entries, np.asarray(expansions or [0], dtype=np.uint32)


_LETTER_CODES = 0x323B0  # beyond, there are no letters


@functools.cache
def letter_table() -> npt.NDArray[np.uint8]:
    """For each character that folding leaves: bit 0, whether it is a letter; bit 1, a letter or number (`str.isalpha`, `str.isalnum`)."""
    chars = np.arange(_LETTER_CODES, dtype=np.uint32).view("<U1")
    return np.char.isalpha(chars) | np.char.isalnum(chars).astype(np.uint8) << np.uint8(1)
