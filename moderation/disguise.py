"""Disguises: the ways in which readers write a word so that a filter should not see it.

Knows alphabets and tricks of the hand; knows no word list and nothing of the matcher that is tried on it:
the tables here are written apart from those of `chardata`, so that the one can be measured by the other.
Every disguise is a pure function of the word and of a variant number, hence each result can be had again.

>>> DISGUISES["mask_star"].write("banana", 0)
'b*nana'
>>> DISGUISES["joined_both"].write("banana", 2)
'#TotalBananaFest'
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

__all__ = ["DISGUISES", "Disguise"]

Writer = Callable[[str, int], str]


@dataclass(frozen=True, slots=True)
class Disguise:
    """One way to disguise a word.

    Attributes
    ----------
    name : str
        As it stands in the recall table.
    example : str
        What variant 0 makes of "banana"; a test holds it to that.
    writer : callable
        The word in lower case and the variant (0, 1, 2, ...) to the disguised word; the word itself where
        the disguise has nothing to take hold of.
    """

    name: str
    example: str
    writer: Writer

    def write(self, word: str, variant: int = 0) -> str | None:
        """Disguise `word`, or None where this disguise cannot apply to it (no leet letter, too short)."""
        written = self.writer(word, variant)
        return written if written != word or self.name == "plain" else None


# Alphabets: what stands for a to z, as written by hand or by the popular "fancy text" pages. "." is a gap.

_LEET = dict(zip("abcegiloqstuz", ["4@", "8", "(", "3", "96", "1!", "1|", "0", "9", "5$", "7+", "v", "2"], strict=True))
_SIGNS = {"a": "@", "c": "(", "i": "!", "l": "|", "s": "$", "t": "+"}
_VOWELS = "aeiou"


def _alphabet(signs: str) -> dict[str, str]:
    return {letter: sign for letter, sign in zip(ascii_lowercase, signs, strict=True) if sign != "."}


def _run(first: int, **exceptions: str) -> dict[str, str]:
    """An alphabet whose letters follow each other in Unicode from code point `first`."""
    return {letter: chr(first + i) for i, letter in enumerate(ascii_lowercase)} | exceptions


_CYRILLIC = _alphabet("аЬсԁе.ԍһіјкӏмпорԛгѕт.ѵԝху.")
_GREEK = _alphabet("αβϲδε...ιϳκ..ηορ..ςτυνωχγζ")
_ARMENIAN = [_alphabet(".....ֆցհ.յ.ӏ.ոօքզ...ս.ա..."), _alphabet(".ճ.ժ..ցհ.....ղօքզ..էմ.ա.վՀ")]
_CHEROKEE = [_alphabet("ᎪᏴᏟᎠᎬ.ᏀᎻᎥᎫᏦᏞᎷ..Ꮲ.ᎡᏚᎢ.ᏙᎳ.ᎩᏃ"), _alphabet("ꭺꮟꮯꭰꭼ.ᏽꮋꭵꭻꮶꮮꮇ..ꮲ.ꭱꮪꭲ.ꮩꮃ.ꭹꮓ")]
_HOOKED = [_alphabet("ɑɓƈɖɛƒɠɦɨʝƙɭɱɲɵƥʠɽʂƭʉʋⱳ.ƴȥ"), _alphabet("ą.çđęꞙģħįɉķłᶆŋøᵽɋɍşŧųⱱ.ᶍɏƶ")]
_MATHEMATICAL = [
    _run(0x1D41A),  # bold
    _run(0x1D51E),  # fraktur
    _run(0x1D4B6, e="ℯ", g="ℊ", o="ℴ"),  # script
    _run(0x1D552),  # double-struck
    _run(0x1D5BA),  # sans-serif
    _run(0x1D68A),  # monospace
    _run(0x1D44E, h="ℎ"),  # italic
    _run(0x1D4D0),  # bold script capitals
    _run(0x1D56C),  # bold fraktur capitals
    _run(0x1D63C),  # sans-serif bold italic capitals
]
_CIRCLED = [_run(0x24D0), _run(0x24B6), _run(0x1F150)]
_SQUARED = [_run(0x1F130), _run(0x1F170)]
_PARENTHESISED = [_run(0x249C), _run(0x1F110)]
_SMALL_CAPITALS = [_alphabet("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ")]
_SUPERSCRIPTS = [_alphabet("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖ𐞥ʳˢᵗᵘᵛʷˣʸᶻ"), _alphabet("ᴬᴮᶜᴰᴱᶠᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾ.ᴿˢᵀᵁⱽᵂˣʸᶻ")]
_FANCY = [
    _alphabet("αв¢∂єƒgнιנкℓмησρqяѕтυνωχуz"),
    _alphabet("ᗩᗷᑕᗪEᖴGᕼIᒍKᒪᗰᑎOᑭᑫᖇᔕTᑌᐯᗯ᙭Yᘔ"),
    _alphabet("卂乃匚ᗪ乇千Ꮆ卄丨ﾌҜㄥ爪几ㄖ卩Ɋ尺丂ㄒㄩᐯ山乂ㄚ乙"),
    _alphabet("₳฿₵ĐɆ₣₲ⱧłJ₭Ⱡ₥₦Ø₱QⱤ₴₮ɄV₩ӾɎⱫ"),
    _alphabet("ǟɮƈɖɛʄɢɦɨʝӄʟʍռօքզʀֆȶʊʋաӼʏʐ"),
    _alphabet("ค๒ς๔єŦɠђเןкl๓ภ๏קợгรtยשฬאץz"),
]

# What is put between letters, or upon them.

_ZERO_WIDTH = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"]
_SELECTORS = ["\ufe0f", "\ufe00", "\ufe0e", "\U000e0100"]
_BIDI = ["\u200e", "\u202e", "\u2066", "\u200f", "\u202c", "\u061c"]
_MARKS = "\u0301\u0300\u0302\u0308\u0303\u030a\u0304\u0327\u0323\u0331\u0336\u0335\u0489\u20dd\u0334\u0360"
_PRECOMPOSED = ["\u0301", "\u0308", "\u0302", "\u0300", "\u0303", "\u030c", "\u0323"]


# The writers. Each takes the word and the variant; those that need more are made by a function around them.


def _is_letter(character: str) -> bool:
    return character in ascii_lowercase


def _positions(word: str, wanted: Callable[[str], bool] = _is_letter) -> list[int]:
    return [i for i, character in enumerate(word) if wanted(character)]


def _replace(word: str, at: Sequence[int], sign: Callable[[int], str]) -> str:
    return "".join(sign(i) if i in at else character for i, character in enumerate(word))


def _inner(word: str) -> list[int]:
    """Positions of the letters of a word but the first and the last; the vowels come first."""
    return sorted(_positions(word)[1:-1], key=lambda i: word[i] not in _VOWELS)


def _letters(alphabets: Sequence[dict[str, str]], share: str = "all", between: Sequence[str] = ("",)) -> Writer:
    """Write "one" letter of the word, or "all" that have a sign, in the alphabet that the variant selects."""

    def write(word: str, variant: int) -> str:
        alphabet = alphabets[variant % len(alphabets)]
        at = _positions(word, alphabet.__contains__)
        if share == "one" and at:
            at = [at[variant % len(at)]]
        return between[variant % len(between)].join(_replace(word, at, lambda i: alphabet[word[i]]))

    return write


def _leet(share: str) -> Writer:
    def write(word: str, variant: int) -> str:
        at = _positions(word, _LEET.__contains__)
        if share == "one" and at:
            at = [at[variant % len(at)]]
        elif share == "some" and len(at) > 1:
            at = at[variant % 2 :: 2]
        if len(at) == len(word):  # "455" would be a number to any reader: then one writes "@$$"
            return _replace(word, at, lambda i: _SIGNS.get(word[i], _LEET[word[i]][0]))
        return _replace(word, at, lambda i: _LEET[word[i]][(variant + i) % len(_LEET[word[i]])])

    return write


def _mask(signs: Sequence[str], share: str = "one") -> Writer:
    def write(word: str, variant: int) -> str:
        at = _inner(word)
        if share == "one" and at:
            at = [at[variant % len(at)]]
        return _replace(word, at, lambda _: signs[variant % len(signs)])

    return write


def _separate(separators: Sequence[str], mixed: bool = False) -> Writer:
    def write(word: str, variant: int) -> str:
        return word[:1] + "".join(separators[(variant + i * mixed) % len(separators)] + character for i, character in enumerate(word[1:]))

    return write


def _insert(signs: Sequence[str]) -> Writer:
    """Put an invisible sign after one letter (variants 2, 5, ...) or after each but the last."""

    def write(word: str, variant: int) -> str:
        at = _positions(word, lambda character: not character.isspace())[:-1]
        if variant % 3 == 2 and at:
            at = [at[variant % len(at)]]
        return _replace(word, at, lambda i: word[i] + signs[(variant + i) % len(signs)])

    return write


def _mixed_case(word: str, variant: int) -> str:
    return "".join(c.upper() if (i + variant) % 2 else c for i, c in enumerate(word))


def _repeat_vowel(word: str, variant: int) -> str:
    at = [i for i in _positions(word) if word[i] in _VOWELS + "y"][-1:] or _positions(word)[-1:]
    return _replace(word, at, lambda i: word[i] * (3 + 2 * (variant % 4)))


def _repeat_all(word: str, variant: int) -> str:
    return "".join(c * (2 + (variant + (i if variant % 2 else 0)) % 3) for i, c in enumerate(word))


def _diacritics(word: str, variant: int) -> str:
    def marked(i: int) -> str:
        mark = _PRECOMPOSED[(variant + i) % len(_PRECOMPOSED)]
        return unicodedata.normalize("NFC", word[i] + mark)

    vowels = [i for i in _positions(word) if word[i] in _VOWELS + "y"]
    return _replace(word, vowels if variant % 2 == 0 and vowels else _positions(word), marked)


def _stacked(word: str, variant: int) -> str:
    def stack(i: int) -> str:
        return word[i] + "".join(_MARKS[(variant + 5 * i + 3 * k) % len(_MARKS)] for k in range(2 + variant % 7))

    return _replace(word, _positions(word, str.isalpha), stack)


def _swapped(word: str, variant: int) -> str:
    pairs = [i for i in range(1, len(word) - 2) if word[i] != word[i + 1] and word[i : i + 2].isalpha()]
    if not pairs:
        return word
    i = pairs[variant % len(pairs)]
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def _vowels_dropped(word: str, variant: int) -> str:
    at = [i for i in _inner(word) if word[i] in _VOWELS]
    kept = _replace(word, at, lambda _: "")
    return kept if len(kept) > 2 else word  # of "ass" nothing would be left to know it by


def _join(patterns: Sequence[str]) -> Writer:
    """Patterns with {} for the word as it is or {C} for the word capitalised."""
    return lambda word, variant: (
        patterns[variant % len(patterns)].replace("{}", word).replace("{C}", word[:1].upper() + word[1:])
    )


def _plural(word: str, variant: int) -> str:
    if word.endswith("s") and not word.endswith("ss"):
        return word
    if variant % 3 == 1:
        return word + "z"
    if word.endswith("y") and word[-2] not in _VOWELS and variant % 3 == 0:
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


def _ending(word: str, variant: int) -> str:
    if word.endswith(("s", "ed", "ing", "y")) and not word.endswith("ss"):
        return word
    # not "y", "er", "ing": with those a generator would write "spicy" or "cocker", which are words of their own
    ending = ["ish", "like", "able", "dom"][variant % 4]
    if ending in ("ish", "able"):
        if word.endswith("e"):
            return word[:-1] + ending
        if len(word) > 2 and word[-1] in "bdgmnpt" and word[-2] in _VOWELS and word[-3] not in _VOWELS:
            return word + word[-1] + ending
    return word + ending


def _entities(word: str, variant: int) -> str:
    forms = ["&#{};", "&#x{:x};", "&#{:07};", "&#X{:04X};"]
    at = _positions(word)
    if variant % 3 == 2:
        at = [at[variant % len(at)]]
    return _replace(word, at, lambda i: forms[variant % len(forms)].format(ord(word[i])))


def _tags(word: str, variant: int) -> str:
    forms = ["{}<b></b>", "<i>{}</i>", "{}<!-- -->", '<span class="a">{}</span>', "{}<wbr>", "{}<br/>"]
    form = forms[variant % len(forms)]
    whole = "".join(form.replace("{}", c) if _is_letter(c) else c for c in word)
    return whole if form.startswith("<") else whole.removesuffix(form[2:])


def _chain(*rows: str) -> Writer:
    """Several disguises one upon the other; each row names them in the order of writing."""

    def write(word: str, variant: int) -> str:
        written = word
        for name in rows[variant % len(rows)].split():
            written = DISGUISES[name].writer(written, variant + variant // len(rows))
        return written

    return write


_TABLE: list[tuple[str, str, Writer]] = [
    ("plain", "banana", lambda word, variant: word),
    ("upper", "BANANA", lambda word, variant: word.upper() if variant % 2 == 0 else word.capitalize()),
    ("mixed_case", "bAnAnA", _mixed_case),
    ("leet_one", "8anana", _leet("one")),
    ("leet_some", "8an@na", _leet("some")),
    ("leet_all", "8@n@n@", _leet("all")),
    ("mask_star", "b*nana", _mask("*")),
    ("mask_hash", "b#nana", _mask(["#", "%", "&"])),
    ("mask_underscore", "b_nana", _mask("_")),
    ("mask_dash", "b-nana", _mask(["-", "\u2014", "\u2013"])),
    ("mask_dot", "b.nana", _mask([".", "\u2022", "\u2026", "?"])),
    ("mask_inner", "b****a", _mask(["*", "#", "-", "_", "."], "all")),
    ("spaced", "b a n a n a", _separate([" ", "  ", "\u00a0", "\u2003", "\t"])),
    ("dotted", "b.a.n.a.n.a", _separate([".", "\u00b7", "\u2022", ". ", "..."])),
    ("dashed", "b-a-n-a-n-a", _separate(["-", "\u2013", "\u2014", " - ", "--"])),
    ("underscored", "b_a_n_a_n_a", _separate(["_", "__", "~", "*", "|", "/"])),
    ("newlines", "b\na\nn\na\nn\na", _separate(["\n", "\r\n", "\n\n"])),
    ("mixed_separators", "b.a-n_a n*a", _separate([".", "-", "_", " ", "*", "/", ", "], mixed=True)),
    ("repeat_vowel", "bananaaa", _repeat_vowel),
    ("repeat_all", "bbaannaannaa", _repeat_all),
    ("zero_width", "b\u200ba\u200cn\u200da\u2060n\ufeffa", _insert(_ZERO_WIDTH)),
    ("soft_hyphen", "b\u00ada\u00adn\u00ada\u00adn\u00ada", _insert(["\u00ad"])),
    ("variation_selectors", "b\ufe0fa\ufe00n\ufe0ea\U000e0100n\ufe0fa", _insert(_SELECTORS)),
    ("bidi_controls", "b\u200ea\u202en\u2066a\u200fn\u202ca", _insert(_BIDI)),
    ("cyrillic_one", "Ьanana", _letters([_CYRILLIC], "one")),
    ("cyrillic_all", "Ьапапа", _letters([_CYRILLIC])),
    ("greek_one", "βanana", _letters([_GREEK], "one")),
    ("greek_all", "βαηαηα", _letters([_GREEK])),
    ("armenian", "baոaոa", _letters(_ARMENIAN)),
    ("cherokee", "ᏴᎪnᎪnᎪ", _letters(_CHEROKEE)),
    ("hooked", "ɓɑɲɑɲɑ", _letters(_HOOKED)),
    ("fancy", "вαηαηα", _letters(_FANCY)),
    ("fullwidth", "ｂａｎａｎａ", _letters([_run(0xFF41), _run(0xFF21)])),
    ("mathematical", "𝐛𝐚𝐧𝐚𝐧𝐚", _letters(_MATHEMATICAL)),
    ("circled", "ⓑⓐⓝⓐⓝⓐ", _letters(_CIRCLED)),
    ("squared", "🄱🄰🄽🄰🄽🄰", _letters(_SQUARED)),
    ("small_capitals", "ʙᴀɴᴀɴᴀ", _letters(_SMALL_CAPITALS)),
    ("regional_indicators", "🇧 🇦 🇳 🇦 🇳 🇦", _letters([_run(0x1F1E6)], "all", [" ", "", "\u200b"])),
    ("parenthesised", "⒝⒜⒩⒜⒩⒜", _letters(_PARENTHESISED)),
    ("superscripts", "ᵇᵃⁿᵃⁿᵃ", _letters(_SUPERSCRIPTS)),
    ("diacritics", "bänànǎ", _diacritics),
    ("stacked_marks", "b\u0301\u0308a\u030a\u0323n\u0336\u20dda\u0360\u0302n\u0303\u0327a\u0331\u0489", _stacked),
    ("swapped", "bnaana", _swapped),
    ("vowels_dropped", "bnna", _vowels_dropped),
    ("joined_left", "youbanana", _join(["you{}", "Total{C}", "#such{}", "x{}", "whata{}", "#YouBig{C}"])),
    ("joined_right", "bananaface", _join(["{}face", "{C}Head", "#{}nation", "{}x", "{}lord", "#{C}Ville"])),
    ("joined_both", "xbananax", _join(["x{}x", "YouTotal{C}Face", "#Total{C}Fest", "total{}fail", "xX{C}Xx"])),
    ("plural", "bananas", _plural),
    ("ending", "bananaish", _ending),
    ("entities", "&#98;&#97;&#110;&#97;&#110;&#97;", _entities),
    ("tags", "b<b></b>a<b></b>n<b></b>a<b></b>n<b></b>a", _tags),
    (
        "two_at_once",
        "8An@nA",
        _chain(
            *("leet_some mixed_case", "repeat_all spaced", "cyrillic_all zero_width", "leet_one dotted"),
            *("mask_star upper", "plural leet_some", "repeat_vowel diacritics", "fullwidth soft_hyphen"),
        ),
    ),
    (
        "three_at_once",
        "8\u200bа\u200cп\u200dа\u2060п\ufeffа",
        _chain(
            *("leet_one cyrillic_all zero_width", "repeat_vowel mixed_case dashed", "leet_some spaced stacked_marks"),
            *("plural leet_one upper", "greek_one leet_one dotted", "mixed_case repeat_all leet_one"),
        ),
    ),
]

DISGUISES: dict[str, Disguise] = {name: Disguise(name, example, writer) for name, example, writer in _TABLE}
