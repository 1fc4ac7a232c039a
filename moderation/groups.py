"""Plain words for groups of people, which the classifier reads as one and the same sign where it reads their neighbours.

So what is said with one group's name is learnt for all of them, and a group's own letters weigh little by themselves: training
data name some groups far more often in hostile comments than others. Slurs are no plain words and are read as they are written.

>>> {"muslims", "lesbian", "deaf"} <= WORDS, "vermin" in WORDS
(True, False)
"""

from __future__ import annotations

# Singular or adjective; the plural in -s is read as well. Words whose everyday sense is another (old, straight, men) are left out.
_FORMS = """
    muslim jew hindu sikh buddhist mormon pagan
    black white asian african arab latino latina latinx hispanic indigenous aboriginal biracial roma romani
    mexican pakistani bangladeshi nigerian somali afghan iraqi iranian syrian palestinian egyptian albanian romanian bulgarian ukrainian
    brazilian colombian cuban haitian jamaican filipino
    immigrant migrant refugee
    gay lesbian bisexual homosexual queer transgender transsexual heterosexual
    disabled autistic paraplegic schizophrenic
""".split()
_ONE_FORM = """
    islamic jewish kurd kurds kurdish turk turks vietnamese trans transgendered nonbinary intersex asexual lgbt lgbtq lgbtqia
    deaf blind bipolar dyslexic paralysed paralyzed
""".split()

WORDS = frozenset([*_FORMS, *(f"{form}s" for form in _FORMS), *_ONE_FORM]) - {"disableds"}
