/* Names: whether a capitalised term is somebody's name, by what stands beside it. */

#include "row.h"

#define LONGEST_SURNAME 7 /* of those that are an insult too; longer insults are no surnames */

static const char PRONOUNS[] = " you a an the what such this that these those your his her my our their he she i we they it is are was "
    "were be am no not and or but so if stupid dumb fat big little total complete absolute utter being get go hey oh ok yes why who how "
    "suck eat shut off like just dear dirty old ugly ";
/* What stands before a surname, and behind one. */
static const char PARTICLES[] = " de van von der den le la du del di da dos el al mac ter ten st nee messrs ";
static const char DEEDS[] = " said says told tells asked added replied wrote writes argued argues explained insisted testified scored won "
    "joined resigned retired died married played founded lived worked served went came became becomes beat beats defeated leads led plays "
    "scores wins lost loses signs signed returned debuted starred directed produced edited designed painted composed recorded taught "
    "teaches studied graduated succeeded replaced chaired captained et al family families brothers sisters clan jr sr ";
/* What stands before a name: neighbour Fig, Lake Fig; in small letters: about Fig, she met Fig; behind a quotation: said Fig. */
static const char ROLES[] = " neighbour neighbor friend colleague uncle aunt auntie cousin brother sister teacher coach captain doctor "
    "lawyer author singer actor actress artist writer poet painter composer goalkeeper keeper striker defender midfielder forward bowler "
    "batsman pitcher quarterback director producer reporter journalist historian professor officer detective sergeant inspector sheriff "
    "judge baron lord lady saint bishop pastor rabbi constable lake mount fort port cape glen river camp ";
static const char TRADES[] = " baker butcher grocer chemist tailor barber smith carpenter plumber builder printer florist jeweller "
    "jeweler milkman postman gardener undertaker optician dentist vet farmer miller ";
static const char INTRODUCING[] = " about with from by for against via behind beside besides without versus vs under alongside president "
    "mayor minister boss met saw phoned asked told thanked visited invited elected appointed beat defeated interviewed married sued quoted cited named "
    "called surnamed ";
static const char SAYING[] = " said says replied asked added wrote argued insisted agreed ";
/* What is called by a surname before it, and what stands behind an 's that is short for `is` or `has`. */
static const char PLACES[] = " street road lane avenue drive square hill bridge park hall house school college university hospital island "
    "bay creek river lake mountain county station museum gallery theatre theater inn farm stadium prize award foundation institute medal ";
static const char BEING[] = " a an the got been not just so too always never gone still no in on at as my your his her their our out back "
    "off ";
static const char THANKS[] = " thank thanks sorry congratulations welcome bravo ";

typedef struct { int32_t low, high; } range;

static range before(const row_text *row, int32_t start) {
    range word = {start, start};
    return word_before(row, start > NEIGHBOURHOOD ? start - NEIGHBOURHOOD : 0, &word.low, &word.high) ? word : (range){0, 0};
}

static range after(const row_text *row, int32_t end, int32_t from) {
    range word = {from, from};
    return word_after(row, end + NEIGHBOURHOOD, &word.low, &word.high) ? word : (range){0, 0};
}

/* Whether nothing but some of these signs stands in a gap. */
static int is_of(const row_text *row, int32_t low, int32_t high, const char *signs) {
    while (low < high && is_among(row->codes[low], signs)) low++;
    return low == high;
}

static int is_gap(const row_text *row, int32_t low, int32_t high, const char *gap) {
    return high - low == (int32_t)__builtin_strlen(gap) && reads(row, low, gap);
}

static int is_titled(const row_text *row, range word) { return case_of(row, word.low, word.high) == TITLE_CASE; }

static int may_be_a_name(const row_text *row, range word) {
    return is_titled(row, word) && !is_word_of(row, word.low, word.high, PRONOUNS) &&
        !(word.high - word.low > 2 && reads_before(row, word.high, "ing"));
}

static int is_given(const row_text *row, range word) {
    uint64_t hash = hash_start();
    for (int32_t i = word.low; i < word.high; i++) hash = hash_code(hash, row->codes[i]);
    return word.low < word.high && hash_listed(row->tables->given, row->tables->given_slots, hash_finish(hash));
}

/* Whether it stands beside another capitalised word that makes it a person's name: Dick Cheney, Mr Cox. */
static int is_name(const row_text *row, int32_t start, int32_t end) {
    range word = after(row, end, end);
    while (word.high && is_possessive(row, word.low, word.high)) word = after(row, end, word.high);
    if (word.high) {
        int32_t low = end, high = word.low;
        while (low < high && is_among(row->codes[low], " -")) low++;
        while (low < high && is_among(row->codes[high - 1], " -")) high--;
        if ((low == high || is_gap(row, low, high, "'s")) && may_be_a_name(row, word)) return 1;
    }
    word = before(row, start);
    if (word.high && is_of(row, word.high, start, " -.") && may_be_a_name(row, word)) return 1;
    return !begins_sentence(row, start) && reads(row, end, "'s");
}

/* Whether a word of a surname's length stands behind a title: Justice Cox. */
static int has_title(const row_text *row, int32_t start, int32_t end) {
    range word = before(row, start);
    return end - start <= LONGEST_SURNAME && word.high && is_title(row, word.low, word.high) && is_of(row, word.high, start, " .");
}

/* Whether small letters before it lead up to a name: about Fig; thank you, Fig. */
static int is_introduced(const row_text *row, int32_t start) {
    range word = before(row, start);
    if (!word.high) return 0;
    if (is_gap(row, word.high, start, " ")) {
        if (is_word_of(row, word.low, word.high, ROLES)) return 1;
        if (!upper_at(row, word.low) && is_word_of(row, word.low, word.high, INTRODUCING)) return 1;
        if (is_word_of(row, word.low, word.high, SAYING) && at(row, word.low - 1) == ' ' && is_among(at(row, word.low - 2), "\"'"))
            return 1;
    }
    if (!is_gap(row, word.high, start, " ") && !is_gap(row, word.high, start, ", ")) return 0;
    if (is_word_of(row, word.low, word.high, " you so much ") && !is_gap(row, word.high, start, " "))
        while (word.high && is_word_of(row, word.low, word.high, " you so much ")) word = before(row, word.low);
    return word.high && is_word_of(row, word.low, word.high, THANKS);
}

/* Whether something was done to it: Fig was elected, Fig has been named. */
static int is_done_to(const row_text *row, range verb) {
    static const char DONE[] = " born chosen known made named not sent shown taken told ";
    if (!is_word_of(row, verb.low, verb.high, " was has had ")) return 0;
    range word = after(row, verb.high, verb.high);
    if (word.high && is_word_of(row, word.low, word.high, " been since also already never ")) word = after(row, word.high, word.high);
    return is_word_of(row, word.low, word.high, DONE) || (word.high - word.low > 4 && reads_before(row, word.high, "ed"));
}

/* Whether it is a genus before an unknown word with a Latin ending: Ficus carica. */
static int is_a_genus(const row_text *row, int32_t end) {
    static const char *const ENDINGS[] = {"us", "is", "um", "ae", "ii", "ens", "ana", "ata", "ica", "ina", "oides", 0};
    range word = after(row, end, end);
    if (!word.high || !is_gap(row, end, word.low, " ") || word.high - word.low < 5 || upper_at(row, word.low)) return 0;
    if (is_known(row->tables, row->codes + word.low, word.high - word.low)) return 0;
    for (const char *const *ending = ENDINGS; *ending; ending++) if (reads_before(row, word.high, *ending)) return 1;
    return 0;
}

/* Whether it is told to be a place: Fig is a small village; or a book: the Fig by Ann. */
static int is_told_to_be(const row_text *row, int32_t start, int32_t end) {
    static const char KINDS[] = " village hamlet town city suburb parish commune municipality river lake mountain hill island county district "
        "neighbourhood neighborhood valley glacier bay headland farm castle surname genus ",
        WHERE[] = " in near on of off at by to from between outside where with close north south east west and that which about some ";
    range word = after(row, end, end);
    if (!word.high || !is_gap(row, end, word.low, " ")) return 0;
    if (is_word_of(row, word.low, word.high, " by ")) {
        range author = after(row, word.high, word.high), article = before(row, start);
        return author.high && is_titled(row, author) && article.high && is_word_of(row, article.low, article.high, " the ") &&
            upper_at(row, article.low);
    }
    if (!is_word_of(row, word.low, word.high, " is was ")) return 0;
    word = after(row, word.high, word.high);
    if (!word.high || !is_word_of(row, word.low, word.high, " a an the ")) return 0;
    for (int k = 0; k < 3; k++) {
        word = after(row, word.high, word.high);
        if (!word.high) return 0;
        if (!is_word_of(row, word.low, word.high, KINDS)) continue;
        range next = after(row, word.high, word.high); /* a village in Kent; not: the village idiot */
        return !next.high || !is_gap(row, word.high, next.low, " ") || is_word_of(row, next.low, next.high, WHERE);
    }
    return 0;
}

/* Whether it stands alone where only one who is called by it can: Is Fig coming? She gave it to Fig. It was Fig who asked.
   Good morning, Fig! Fig, are you there? Fig laughed. */
static int is_called(const row_text *row, int32_t start, int32_t end) {
    static const char ASKING[] = " is was does did has had will would can could should may might shall ",
        GREETING[] = " morning afternoon evening hello goodbye bye cheers night birthday ",
        CALLING[] = " are can could will would have do did please may shall ",
        DOING[] = " laughed smiled nodded shrugged sighed answered phoned called arrived stopped looked walked opened closed finished turned "
            "went ran sent bought sold made thought knew knows wants wanted likes liked has had will would can could should ",
        WITH[] = " been to just always never often already gone come told asked left called phoned taken given bought built written found won "
            "lost made known not be have brought ";
    range word = before(row, start), next = after(row, end, end), beyond = next.high ? after(row, next.high, next.high) : next;
    int is_first = begins_sentence(row, start), goes_on = next.high && is_gap(row, end, next.low, " ") && !upper_at(row, next.low);
    if (word.high && is_word_of(row, word.low, word.high, GREETING) &&
        (is_gap(row, word.high, start, ", ") || is_gap(row, word.high, start, " "))) return 1;
    if (word.high && !is_first && is_gap(row, word.high, start, " ")) {
        if (is_word_of(row, word.low, word.high, " to ") && !goes_on && !upper_at(row, word.low)) return 1;
        if (goes_on && begins_sentence(row, word.low) && upper_at(row, word.low) && is_word_of(row, word.low, word.high, ASKING)) return 1;
        return goes_on && is_word_of(row, word.low, word.high, " was is it ") && is_word_of(row, next.low, next.high, " who ");
    }
    if (!is_first || !next.high || upper_at(row, next.low)) return 0;
    if (is_gap(row, end, next.low, ", "))
        return is_word_of(row, next.low, next.high, CALLING) && beyond.high && is_word_of(row, beyond.low, beyond.high, " you we i ");
    if (!goes_on || !is_word_of(row, next.low, next.high, DOING)) return 0;
    return !is_word_of(row, next.low, next.high, " has had will would can could should ") ||
        (beyond.high && is_word_of(row, beyond.low, beyond.high, WITH));
}

/* Whether it stands beside a capitalised given name, an initial or a particle, or does what people do: Alfred Fig, A. Fig,
   Fig, A., de Fig, Fig said, the Figs family, Fig and Ann, Ann and Fig. */
static int is_surname(const row_text *row, int32_t start, int32_t end) {
    if (is_introduced(row, start) || (at(row, end - 1) == 's' && reads(row, end, "'s"))) return 1;
    range word = before(row, start);
    if (word.high) {
        int is_particle = is_word_of(row, word.low, word.high, PARTICLES);
        if (is_particle && is_gap(row, word.high, start, " ") && !begins_sentence(row, word.low)) return 1;
        if (upper_at(row, word.low)) {
            if (word.high - word.low == 1 && row->codes[word.low] != 'i' &&
                (is_gap(row, word.high, start, ". ") || is_gap(row, word.high, start, "."))) return 1;
            if (word.high - word.low == 2 && upper_at(row, word.low + 1) && is_gap(row, word.high, start, " ") &&
                !is_common(row->tables, row->codes + word.low, 2)) return 1; /* AB Fig */
            if ((is_particle || is_given(row, word)) && is_of(row, word.high, start, " -'\"") && is_titled(row, word)) return 1;
        }
        if (reads(row, end, "'s") && !is_word_of(row, word.low, word.high, PRONOUNS) && !begins_sentence(row, start)) return 1;
    }
    if (is_gap(row, word.high, start, " ") && is_word_of(row, word.low, word.high, " and ")) { /* Ann and Fig */
        word = before(row, word.low);
        if (word.high && is_titled(row, word) && is_given(row, word)) return 1;
    }
    word = after(row, end, end);
    if (!word.high) return 0;
    if (is_possessive(row, word.low, word.high)) { /* Fig's house; not: Fig's been there */
        word = after(row, word.high, word.high);
        return word.high && !is_word_of(row, word.low, word.high, BEING) && !reads_before(row, word.high, "ing") &&
            !reads_before(row, word.high, "ed");
    }
    /* Fig, 43, */
    if (is_gap(row, end, word.low, ", ") && is_digit(row->codes[word.low]) && word.high - word.low == 2 && at(row, word.high) == ',')
        return 1;
    if (is_gap(row, end, word.low, " (") && is_titled(row, word) && word.high - word.low < 5) return 1; /* Fig (Lab) */
    if (is_gap(row, end, word.low, " ") && is_titled(row, word) && is_word_of(row, word.low, word.high, PLACES)) return 1;
    if (is_gap(row, end, word.low, " & ") && is_titled(row, word)) return 1; /* Fig & Co */
    if (is_gap(row, end, word.low, " ") && is_word_of(row, word.low, word.high, " the ") && !upper_at(row, word.low)) { /* Fig the baker */
        range trade = after(row, word.high, word.high);
        if (trade.high && (is_word_of(row, trade.low, trade.high, ROLES) || is_word_of(row, trade.low, trade.high, TRADES))) return 1;
    }
    if (is_word_of(row, word.low, word.high, " v ") && upper_at(row, word.low) == 0) { /* Fig v. Ann */
        range other = {word.high, word.high};
        while (other.low < row->length && is_among(row->codes[other.low], ". ")) other.low++;
        return other.low < row->length && upper_at(row, other.low);
    }
    int is_near = is_gap(row, end, word.low, " ") || is_gap(row, end, word.low, "-");
    if (word.high - word.low == 1 && upper_at(row, word.low) && at(row, word.high) == '.' &&
        (is_gap(row, end, word.low, " ") || is_gap(row, end, word.low, ", "))) return 1;
    if (begins_sentence(row, start) && is_gap(row, end, word.low, " ") && is_done_to(row, word)) return 1;
    if (is_word_of(row, word.low, word.high, " and ")) word = after(row, word.high, word.high);
    return is_near && word.high && (is_word_of(row, word.low, word.high, DEEDS) || (is_given(row, word) && is_titled(row, word)));
}

int is_a_name(const row_text *row, const candidate *found) {
    const form_facts *form = row->tables->forms + found->form;
    const term_facts *term = row->tables->terms + form->term;
    int32_t start = found->start, end = found->end, length = 0;
    switch (found->disguise) {
    case IS_PLAIN: case IS_ACCENTED: case IS_REPEATED: case IS_DROPPED: case IS_THINNED: case IS_SWAPPED: break;
    case IS_JOINED: word_around(row, start, end, &start, &end); break;
    default: return 0;
    }
    if (case_of(row, start, end) != TITLE_CASE) return 0;
    if (found->disguise == IS_JOINED) { /* Mr Kumquatmann: what is left of the word is none */
        uint32_t rest[2 * LONGEST_TOKEN];
        for (int32_t i = start; i < end; i++) if (i < found->start || i >= found->end) rest[length++] = row->codes[i];
        return length > 0 && (length == 1 || pieces(row->tables, rest, length) == NEVER) && is_surname(row, start, end);
    }
    if (!upper_at(row, start)) return 0;
    int name = term->traits & NAME;
    return is_told_to_be(row, start, end) || is_a_genus(row, end) || ((name || form->strange || term->severity == MILD) && is_name(row, start, end)) ||
           (term->traits & (NAME | SURNAME) && is_surname(row, start, end)) ||
           (term->traits & GIVEN && is_called(row, start, end)) ||
           (!(term->traits & JOINED) && has_title(row, start, end));
}
