"""Print what of better-profanity's word list the term lists do not cover, sorted, as a list to work through.

The package's list (some 900 entries) holds many leet variants, which the folding of the matcher makes superfluous: each entry is
given to the matcher as it stands, and what it does not find is printed. Entries that were looked at and left out are in
`DROPPED`, with the reason (`_` for a space), so that nothing is printed when the work is done; what a newer release of the
package adds is printed.

    pip install better-profanity==0.7.0
    python seeds/build_profanity.py
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from moderation.lexicon import Lexicon  # noqa: E402  (run from a checkout, without installing)
from moderation.text import normalize  # noqa: E402

DROPPED = {
    "anatomy, medicine and biology": """
        anal anus areole clitoris crotch ejaculate ejaculated ejaculates ejaculating ejaculatings ejaculation ejakulate
        enlargement erect erection foreskin glans gonad gonads herpes herp herpy hiv hymen labia menses menstruate menstruation
        nipple nipples oral orally organ ovary ovum ovums penetrate penetration penial penile penis phalli phallic pms pubic
        pubis pube rectal rectum rectus scrotum semen sperm testes testicle testical testis teste testee teat teats teets tampon
        urinal urine uterus vagina vulva womb breasts loin loins nad nads g-spot gspot
    """,
    "said of people in the news, or by them of themselves": """
        arian aryan gay gays gey ghay ghey gae gai gaylord lesbians lesbos god hell he11 hebe hitler kkk klan nazi nazism negro
        reich transsexual virgin slave massa leper inbred prostitute hooker gigolo strip strip_club stripclub masochist sadist
        sadism junkie junky pinko ruski guido gringo moolie paddy queer queers queero pimp pimpis tramp thug playboy cowgirl
        cowgirls cow_girl cow_girls
    """,
    "crime and what courts write of": """
        kill murder molest pedophile pedophilia pedophiliac incest rape raped raper raping rapist beastial beastiality bestial
        bestiality sniper uzi howtokill howtomurdep sodom voyeur perversion
    """,
    "drugs and drink": """
        drunk extacy extasy ganja hemp heroin hooch hootch hookah meth napalm opiate opium pcp peyote pot reefer rum scag skag
        souse soused stoned toke valium viagra v14gra v1gra vodka weed snuff
    """,
    "sex as a plain word, which is no insult": """
        bdsm bondage kinbaku kinky kinkyjesus shibari shibary hentai yaoi shota futanari futanary gokkun doggin dogging erotic
        erotism homoerotic homoey autoerotic auto_erotic horniest lube lust lusting lusty naked nude nudes orgasim orgasims
        orgasm orgasmic orgasms orgies orgy porn porno pornography pornos p0rn pron seduce sex sexual threesome three_some xxx
        xx x-rated2g1c gaysex hardcoresex hotsex phonesex femdom fellate fellatio cunilingus cunillingus kunilingus cunnilingus
        masturbate masturbating masturbation masterbat3 masterbate masterbating masterbation masterbations m45terbate ma5terb8
        ma5terbate masterb8 masterbat* master-bate rimming fisted fisting fisty fingering deep_throat deepthroat throating busty
        scantily racy steamy raunch undies pantie panties panty teabagging tubgirl goatse vixen fondle kondum kondums dog_style
        doggie_style doggie-style doggiestyle doggy_style doggy-style doggystyle booty_call brown_shower brown_showers
        golden_shower goldenshower blue_waffle 2_girls_1_cup
    """,
    "everyday words, and words too mild or too rare to be worth an innocent one": """
        boner dink dinks dopey dummy facial fanny fat flange freex foobar hoar hoare hoer hoor hooter hooters homey hore hump
        humped humping jerk jerked knob lech len lmao mams maxi muff mutha muther nappy niggle nimrod ninny nob nooky omg pastie
        pasty pawn peepee pee pecker pollock poon poop potty prig prude punky puss pusse pussi quicky revue rump sandbar scrog
        scrot scroat scrud scum seaman seamen screw screwed screwing shag shaggin shagging shamedame shiz sissy sleaze sleazy
        slope smut smutty snatch spac spik spunk stiffy stroke stupid suck sucked sucking sumofabiatch tawdry tinkle titi toots
        trashy tush ugly unwed vomit vulgar wad wang wazoo wedgie weenie weewee weiner weirdo wench whiz willies willy woody
        yury dong hobag thrust heshe whorehouse s-o-b s.o.b. s0b cipa
    """,
    "spellings that nobody would read as the word": """
        asanchez assfukka buceta cawk cokmuncher cuming cummer dlck donkeyribber doosh dumass eathairpie essohbee f4nny fack
        faig faigt fannybandit fanyy feltch feltcher flogthelog foad frigg frigga fukwhit fukwit fux0r fxck gassyass hamflap
        jackhole jiz kawk knobead knobed knobjocky knobjokey kooch kooches kootch kum kummer kwif l3i+ch l3itch lez lezbian
        lezbians mafugly muffpuff muthafecker nob_jokey nobjocky nobjokey nutbutter pussyfart pussypalace pussypounder queaf
        rimjaw rumprammer sausagequeen shitdick shiteater slutdumper teez terd titt tittywank w00se whoar whoralicious god-dam
    """,
}


def main() -> None:
    spec = importlib.util.find_spec("better_profanity")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("`better-profanity` is missing: pip install better-profanity==0.7.0")
    listed = Path(spec.submodule_search_locations[0], "profanity_wordlist.txt").read_text(encoding="utf-8").splitlines()
    dropped = {entry.replace("_", " ") for group in DROPPED.values() for entry in group.split()}
    lexicon = Lexicon.load([ROOT / "seeds" / "lexicon"])
    entries = sorted({entry.strip().lower() for entry in listed if entry.strip()})
    missing = [entry for entry in entries if not lexicon.find(normalize(entry))]
    print("\n".join(entry for entry in missing if entry not in dropped))
    left_out = sum(entry in dropped for entry in missing)
    print(f"{len(entries)} entries, {len(entries) - len(missing)} found, {left_out} left out on purpose", file=sys.stderr)


if __name__ == "__main__":
    main()
