r"""Which language a comment is in, for a model that reads few: by its script, or by the little words that no sentence lacks.

Knows scripts and little words; knows no model and no policy. English is assumed wherever there is doubt: short texts, mixed
texts, languages without a list here. Costs a few microseconds, no model and no memory to speak of.

>>> [detect(text) for text in ("yo hamburger", "Das ist doch nicht die Wahrheit", "ye kya hai bhai, tum log nahi samjhe")]
['en', 'de', 'hi-Latn']
"""

from __future__ import annotations

import functools
import itertools
import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from moderation import kernels
from moderation.errors import Problem, RequestError
from moderation.text import FoldedBatch, fold_batch

ENGLISH = "en"
_READ = 400  # characters of a text that are looked at
_WORDS, _HITS, _SHARE = 5, 3, 0.2  # least words of a text, least different little words, and their least share of the words
_LETTERS, _MAJORITY = 10, 0.8  # least letters of another script, and their least share of all letters
_TAG = re.compile(r"([A-Za-z]{2,3})((?:-[A-Za-z0-9]{1,8})*)")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

# Words that are English and hardly anything else: one in ten, and a text is taken for English without more ado.
_PLAIN = frozenset("""
the and that with you this not but they what who your from would just like people there their i been his she how why because about when
which i'm don't it's my get know think should could than then out good these those them our has had were does only some make into time
right still him her its here now new way say said going really never always please thanks thank love read great very every where much
many after before being am isn't doesn't can't that's you're he's they're i've
""".split())

_LITTLE = {
    "en": " ".join(_PLAIN) + " is are was to of in on it for a he we do have so be if at as by or an all will can up more us me no want",
    "de": "der die das und ist nicht ich sie es ein eine zu den mit sich auf für dem von auch wie aus bei nur oder wenn aber noch "
          "nach wird sind war hat haben kann man schon mir mich du wir ihr im doch mal dass was wer so an in als um keine kein sehr "
          "diese",
    "nl": "de het een en van ik te dat die in niet zijn is op aan met voor er maar om hem dan zou wat mijn men dit zo door over ze "
          "zich bij ook tot je mij uit der daar naar heb hoe heeft hebben deze u want nog zal me zij nu ge geen omdat iets worden "
          "wel jullie",
    "fr": "le la les de des du un une et est pas que qui je tu il elle nous vous ils dans pour sur avec ne ce cette ces au aux son "
          "sa ses mais ou où plus c'est j'ai n'est être fait comme tout très bien sont on en se par mon ma mes leur si même aussi",
    "es": "el la los las de del que y en un una es no se por con para su al lo como más pero sus le ya o este sí porque esta entre "
          "cuando muy sin sobre también me hasta hay donde quien desde todo nos durante uno ni contra ese eso mi qué yo tu te si "
          "son está esto",
    "pt": "o a os as de do da dos das que e em um uma é não se por com para seu sua ao mais mas como foi ele ela isso já ou ser "
          "quando muito nos está eu também só pelo pela até entre depois sem mesmo aos seus quem nas me esse eles você tem são esta "
          "nem meu",
    "it": "il lo la i gli le di del della dei che e è in un una non si per con da sono ho ha come ma anche più mi questo questa se "
          "io tu lui lei noi ci al alla nel nella su o cosa perché solo quando tutto tutti così molto bene fare suo sua era",
    "ro": "și în nu de la cu o un este sunt pe să se că din pentru mai care ce a fi au dar lui ca am ai sau foarte acest asta tot "
          "te mi fost",
    "sv": "och att det som en på är av för med den till inte jag har de ett om men var vi så du han kan när hon från eller man sig "
          "ut än vad här nu mig bara alla detta",
    "da": "og at det som en på er af for med den til ikke jeg har de et om men var vi så du han kan når hun fra eller man sig ud "
          "end hvad her nu mig bare alle dette være blev ville også",
    "no": "og at det som en på er av for med den til ikke jeg har de et om men var vi så du han kan når hun fra eller man seg ut "
          "enn hva her nå meg bare alle dette være ble ville også",
    "fi": "ja on ei se että en hän mutta ovat oli niin kun kuin tai mitä minä sinä me te he vain jos nyt ole olen myös joka mikä "
          "sen tämä kaikki niitä siitä voi",
    "pl": "i w nie na się z to że do jest jak co a o po ale tak za od dla czy przez już tylko być ma są ten ta te tym jego ich było "
          "może ja ty my mnie jestem bardzo",
    "cs": "a se v na je že to s z do o i ve by ale jsem si jako za tak jen už od po co který jsou nebo když není bylo má být k pro "
          "jeho ještě také proto",
    "hu": "a az és hogy nem is egy ez van meg de csak már ha mint vagy el én te ő mi ki volt lesz azt ezt nagyon még sem kell "
          "minden",
    "tr": "bir ve bu da de için çok ne o ben sen biz siz onlar mi mı değil var yok gibi ama daha ile kadar olan sonra her şey en "
          "diye ki olarak oldu bana",
    "id": "yang dan di ini itu dengan untuk tidak ada dari dalam akan pada ke juga saya kamu kami mereka adalah bisa karena sudah "
          "oleh seperti atau aku dia orang jangan kalau",
    "vi": "là và của không có được cho này người một với những trong đã cũng các tôi bạn anh thì mà đó để ra khi rất như đi lại",
    "hi-Latn": "hai ka ki ke ko se mein nahi nahin kya bhi ye yeh wo woh tum aap hum ho tha thi the kar karo raha rahi rahe kuch bhai "
               "yaar aur par toh hi log sab bahut kyu kyun kaise apne apna mera tera tere mere usko isko hota gaya matlab",
    "ml-Latn": "aanu alla oru njan nee avan aval ente ninte athu ithu enthu entha illa und undu pole kure eda edo machane ketto allo "
               "poda cheyyunnu aano venda ini ellam",
}
_LANGUAGES: dict[str, tuple[str, ...]] = {}
for _name, _list in _LITTLE.items():
    for _word in dict.fromkeys(_list.split()):
        _LANGUAGES[_word] = (*_LANGUAGES.get(_word, ()), _name)
_FOREIGN = frozenset(word for word, names in _LANGUAGES.items() if ENGLISH not in names)
# More of them, by which a short text is known to be in some other language though not in which.
_STRANGE = """
wanneer wordt eerst toch alleen naar omdat waar iemand niemand uw jullie bij onder kunt kun hebt heeft werd worden geen deze onze
alle kan moet moeten zal zou wij hun veel altijd gaat gaan ging daarom terwijl
damit kann nur auch hier etwas alles nichts ob ohne bis zu wo warum welche diese dieser dieses wurde wurden werden sein seine ihre
einem einer eines habe wieder immer jetzt schon heute ohne zwischen zum zur vom beim
avec sont suis fait voulez pouvez cet ceux votre notre leur leurs cette elles comment quand aussi toujours avant sans chez entre
vers depuis peut dois doit avez avons
este estos estas nuestro nuestra puede pueden hacer hace ser fue era han hemos tiene tienen todos todas cada siempre ahora aquel
assim pode podem seus suas nossa nosso foram seja ainda agora sempre onde pois tinha fazer pela pelos dele dela
della delle degli dello nella nelle sulla dalla alla alle essere sono stato siamo anche quando sempre dove loro ogni prima dopo
quindi
para por como muy sin tiene sobre acum este sunt fost dar sau cele cea unei unui prin dintre fiecare trebuie
kan till tok tog klokka klockan uten uden ved detta dessa denna mycket efter innan eller kunde skulle skall blir blev hade varit
inga ingen alltid aldrig mellan genom sedan
denne dette disse efter eller hvordan hvorfor hvem skal kunne skulle ville blev blive bliver kommer ingen alltid aldri mellom
gjennom
minun sinun hanen tama nama olla ovat olisi mutta koska siksi kanssa ilman ennen jalkeen aina
jest nie tak jak gdy kiedy gdzie dlaczego oraz przed przez przy jego jej ich nasz wasz moja twoja tego temu zawsze nigdy
jsem jsou jste bylo byla byl jeho jejich kdy kde proto tento tato toto ktery ktera ktere vzdy nikdy som sme ste boli alebo
hogy nem csak mert vagy volt lesz ezt azt minden mindig soha amikor ahol
bir icin gibi daha kadar olarak olan sonra degil neden nasil nerede zaman
yang dengan untuk tidak adalah dari pada akan sudah belum atau juga karena bisa dapat telah saya kami kita mereka
sam smo ste nije nisu bio bila bilo kako kada gde gdje zasto zato koji koja koje njegov njen uvek uvijek nikad ili ali
kad tai kaip buvo yra jis jie mano tavo kodel kur visada kas par bija tas tad vai bet kur kapec vienmer
mis see need tema meie teie nad oli oled olen olema kui kuidas miks kus alati ning voi aga
els les una amb per pel dels del aquest aquesta seva seu quan perque sempre mai
eta bat dago dira izan zen gara nola noiz zergatik hau hori
agus bhi raibh nach chuig seo sin mar air tha mae yn yr oedd wedi ond gyda eich
estas kaj esti estis ne ni ili kiu kiuj kiam tio tiu por pri
nuk eshte jane dhe por ose kur sepse nga
ang mga hindi nang para siya kanyang kung ako ikaw kami natin
het niet ons hulle jy sy hierdie daardie moenie asseblief
ekki eru hann hun vid thad fyrir med eftir adeins
"""

# First code point of each run, and the language that its letters stand for: "" is none in particular, Latin among them.
_RUNS = [(0x0, ""), (0x370, "el"), (0x400, "ru"), (0x530, "hy"), (0x590, "he"), (0x600, "ar"), (0x700, ""), (0x900, "hi"), (0x980, "bn"),
         (0xA00, "pa"), (0xA80, "gu"), (0xB00, "or"), (0xB80, "ta"), (0xC00, "te"), (0xC80, "kn"), (0xD00, "ml"), (0xD80, "si"),
         (0xE00, "th"), (0xE80, "lo"), (0xF00, "bo"), (0x1000, "my"), (0x10A0, "ka"), (0x1100, "ko"), (0x1200, "am"), (0x13A0, ""),
         (0x1780, "km"), (0x1800, ""), (0x1F00, "el"), (0x2000, ""), (0x3040, "ja"), (0x3100, ""), (0x3130, "ko"), (0x3190, ""),
         (0x3400, "zh"), (0x4DC0, ""), (0x4E00, "zh"), (0xA000, ""), (0xAC00, "ko"), (0xD7B0, ""), (0xFB50, "ar"), (0xFE00, "")]
_STARTS = [start for start, _ in _RUNS]
# Any letter that stands for a language: a text without one, curly quotes and emoji or not, needs no counting.
_RANGES = "".join(f"{chr(low)}-{chr(high - 1)}" for (low, name), (high, _) in itertools.pairwise(_RUNS) if name)
_TELLS = re.compile(f"[{_RANGES}]")
# Letters by which a language is told from the one that its script stands for.
_TELLING = [("ru", "uk", "іїєґ"), ("ar", "ur", "ٹڈڑںےھ"), ("ar", "fa", "پچژگ")]


def foreign_words() -> list[str]:
    """Little words of other languages than English, in plain letters; some are English words too."""
    return sorted(word for word in {*_FOREIGN, *_STRANGE.split()} if len(word) > 1 and word.isascii() and word.isalpha())


def tag(name: str) -> str:
    """A language's tag as it is compared: `en-GB` is `en`, `hi-Latn` stays, since its script is another.

    Raises
    ------
    RequestError : it is no tag; `where` is `language`.
    """
    found = _TAG.fullmatch(name)
    if not found:
        raise RequestError(Problem("language", "is not a language tag", "send one such as `en` or `hi-Latn`"))
    script = next((part.title() for part in found[2].split("-") if len(part) == len("Latn") and part.isalpha()), "")
    return found[1].lower() + (f"-{script}" if script == "Latn" and found[1].lower() != ENGLISH else "")


@functools.cache
def plain_table() -> npt.NDArray[np.uint32]:
    """The plainly English words as csrc/english.c looks them up."""
    ffi, library = kernels.load()
    table = np.zeros(library.PLAIN_SLOTS, np.uint32)
    words = "".join(f"{word}\n" for word in _PLAIN).encode()
    library.md_words_fill(ffi.from_buffer("uint32_t[]", table), len(table), words, len(words))
    return table


@functools.cache
def _plain() -> tuple[Any, Any, Any]:
    ffi, library = kernels.load()
    return ffi.from_buffer("uint32_t[]", plain_table()), ffi.from_buffer, library.md_english


def detect_batch(batch: FoldedBatch) -> list[str]:
    """The tag of each text's language; `en` where there is doubt. Linear in the first 400 characters of each."""
    plain, buffer, find = _plain()
    english = bytearray(batch.size)
    find(plain, batch.block, buffer("uint8_t[]", english))
    return name_others(batch.texts, english)


def name_others(texts: Sequence[str], english: bytes | bytearray) -> list[str]:
    """What `detect_batch` answers, where the compiled look at the texts says 1 for those that are `english` beyond doubt."""
    named = [ENGLISH] * len(texts)
    row = english.find(0)
    while row >= 0:
        named[row] = _detect(texts[row])
        row = english.find(0, row + 1)
    return named


def detect(text: str) -> str:
    """The tag of the language that a text is in: `detect_batch` of one."""
    return detect_batch(fold_batch([text]))[0]


def _detect(text: str) -> str:
    text = text[:_READ].lower()
    words = text.split()
    if not text.isascii() and _TELLS.search(text) and (script := _by_script(text)):
        return script
    if len(words) < _WORDS or len(_FOREIGN.intersection(words)) < _HITS - 1:  # one may stand beside a comma
        return ENGLISH
    return _by_words(text)


def _by_script(text: str) -> str:
    counts: dict[str, int] = {}
    for char in text:
        name = _RUNS[bisect_right(_STARTS, ord(char)) - 1][1]
        if name or char.isalpha():  # a vowel sign of an Indian script is no letter of its own
            counts[name] = counts.get(name, 0) + 1
    counts["ja"] = counts.get("ja", 0) + (counts.pop("zh", 0) if counts.get("ja") else 0)
    best = max(counts, key=lambda name: counts[name])
    least = _LETTERS // 2 if best in ("zh", "ja", "ko") else _LETTERS
    if not best or counts[best] < least or counts[best] < _MAJORITY * sum(counts.values()):
        return ""
    return next((name for script, name, letters in _TELLING if script == best and any(letter in text for letter in letters)), best)


def _by_words(text: str) -> str:
    words = _WORD.findall(text.replace("’", "'"))
    if len(words) < _WORDS:
        return ENGLISH
    hits: dict[str, int] = {}
    shares: dict[str, int] = {}
    seen = set()
    for word in words:
        for name in _LANGUAGES.get(word, ()):
            shares[name] = shares.get(name, 0) + 1
            hits[name] = hits.get(name, 0) + (word not in seen)
        seen.add(word)
    best = max(hits, key=lambda name: (hits[name], shares[name]), default=ENGLISH)
    clear = hits.get(best, 0) >= max(_HITS, 2 * hits.get(ENGLISH, 0)) and shares.get(best, 0) >= _SHARE * len(words)
    return best if clear else ENGLISH
