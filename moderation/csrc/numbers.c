/* Digits that are numbers and no letters: models, times, colours, coordinates. See row.h. */

#include "row.h"

int32_t digits_in(const row_text *row, int32_t low, int32_t high) {
    int32_t count = 0;
    for (int32_t i = low; i < high; i++) count += is_digit(row->codes[i]);
    return count;
}

static int is_time(const row_text *row, int32_t low, int32_t high) { /* 9h30, and a word that goes with times */
    static const char TIMES[] = " at by until till from around about before after since vers the train flight bus depart departs departed "
        "departing leave left leaves leaving arrive arrives arrived arriving start starts started begin begins began open opens close "
        "closes end ends ended finish finishes finished lasts lasted takes took ";
    int32_t digits = 0;
    while (digits < high - low && is_digit(row->codes[low + digits])) digits++;
    if (digits < 1 || digits > 2 || high - low != digits + 3 || row->codes[low + digits] != 'h' || digits_in(row, high - 2, high) < 2)
        return 0;
    int32_t first = low, last = high, least = low > NEIGHBOURHOOD ? low - NEIGHBOURHOOD : 0, end;
    for (int k = 0; k < 2 && word_before(row, least, &first, &end); k++) if (is_word_of(row, first, end, TIMES)) return 1;
    return word_after(row, high + NEIGHBOURHOOD, &first, &last) && is_word_of(row, first, last, TIMES);
}

/* Whether the word beside it says that it is a thing's number: chip B4N4, B4N4 gearbox. */
static int is_labelled(const row_text *row, int32_t low, int32_t high) {
    static const char BEFORE[] = " model code error unit chip serial token hash commit id version engine valve sensor module flight gate "
        "platform router printer gene protein receptor enzyme ticket invoice plate room route highway motorway terminal port locker "
        "connector motor pump bulb lamp transistor resistor processor firmware build release sku ref reg registration batch lot item key "
        "password checksum ";
    static const char BEHIND[] = " gearbox engine chip chips processor motor sensor connector gene protein receptor enzyme motorway "
        "highway bulb bulbs module modules valve transistor router printer laptop camera lens antigen antibody mutation locomotive "
        "tractor rows units ";
    int32_t first = low, last = high, end, least = low > NEIGHBOURHOOD ? low - NEIGHBOURHOOD : 0;
    if (word_before(row, least, &first, &end) && is_word_of(row, first, end, BEFORE)) return 1;
    return word_after(row, high + NEIGHBOURHOOD, &first, &last) && is_word_of(row, first, last, BEHIND);
}

/* Whether what stands behind three digits or more is neither a unit nor the ending of that ordinal: 84574rd, 817ch. */
static int is_odd_number(const row_text *row, int32_t low, int32_t high) {
    static const char UNITS[] = " km cm mm nm kg mg ml cl dl gb mb tb kb pb hz kw mw gw wh ah kv ma hp bhp cc cu cv ps pt px pm am mi ft "
        "in oz lb yr th rs kr dm bc bp hr mn kn kt db fr sf sq ms ns wk mw bn tn pp bb es ";
    int32_t first = low;
    while (first < high && is_digit(row->codes[first])) first++;
    uint32_t last = at(row, first - 1);
    if (first - low < 3 || high - first < 1 || high - first > 2) return 0;
    if (high - first == 1) return first - low > 3 && row->codes[first] == 'r';
    if (is_word_of(row, first, high, " st nd rd ")) return last != (row->codes[first] == 's' ? '1' : row->codes[first] == 'n' ? '2' : '3');
    return !is_word_of(row, first, high, UNITS);
}

/* Whether it is a slur for somebody rather than a model: a f00. */
static int is_called(const suspect *s, int32_t low) {
    int32_t high, least = low > NEIGHBOURHOOD ? low - NEIGHBOURHOOD : 0;
    return s->term->severity == SEVERE && word_before(s->row, least, &low, &high) && is_word_of(s->row, low, high, " a ");
}

/* Whether digits make a number, a model, a colour or a time of the word [low, high). */
int is_number(const suspect *s, int32_t low, int32_t high, letter_case is_written) {
    const row_text *row = s->row;
    int32_t length = high - low, letters = 0, first = 0, hexadecimal = 0;
    for (int32_t i = low; i < high; i++) {
        letters += row->codes[i] >= 'a' && row->codes[i] <= 'z';
        hexadecimal += is_digit(row->codes[i]) || (row->codes[i] >= 'a' && row->codes[i] <= 'f');
    }
    if (is_odd_number(row, low, high)) return 0;
    int32_t digits = digits_in(row, low, high), plain = letters + digits == length;
    while (first < length && is_digit(row->codes[low + first])) first++; /* digits that it begins with */
    int starts_in_letters = 0;
    while (starts_in_letters < length && row->codes[low + starts_in_letters] >= 'a' && row->codes[low + starts_in_letters] <= 'z')
        starts_in_letters++;
    if (is_labelled(row, low, high)) return 1;
    if (at(row, low - 1) == '#' && length >= 3 && length <= 8 && hexadecimal == length) return 1; /* a colour */
    /* B44B */
    if (plain && hexadecimal == length && digits >= 2 && length == 4 && is_written == UPPER_CASE && !is_shouted(row, low, high)) return 1;
    if (plain) {
        int model = starts_in_letters == 1 && digits == length - 1 && digits >= 1 && digits <= 3; /* a55 */
        int amount = (letters == 1 && first == length - 1 && first >= 1)     /* 900k */
                     || (letters == 2 && first == length - 2 && first >= 2); /* 90km */
        if ((model || amount) && (at(row, low - 1) == '$' || !(is_addressed(row, low) || (model && is_called(s, low))))) return 1;
        int bare = (starts_in_letters >= 1 && starts_in_letters + digits == length && digits >= 1) || (first >= 1 && letters <= 1);
        if (bare && (is_written == UPPER_CASE || is_written == TITLE_CASE || length <= 2)) return 1;
        if (is_time(row, low, high)) return 1;
    }
    if (s->size == SHORT && is_written != LOWER_CASE) return 1;
    if (s->size == SHORT + 1 && row->codes[high - 1] == 's' && !upper_at(row, high - 1) && case_of(row, low, high - 1) == UPPER_CASE)
        return 1; /* F16s */
    if (is_among(at(row, low - 1), "-.,:/") && alnum_at(row, low - 2)) return 1;
    return is_among(at(row, high), "-.,:/") && is_digit(at(row, high + 1));
}

/* Whether the sign of degrees stands behind a digit: 45°5', 51.7416°S. */
int is_coordinate(const row_text *row, int32_t start, int32_t end) {
    int degrees = 0, others = 0;
    for (int32_t i = start; i < end; i++) {
        if (!(row->flags[i] & HOMOGLYPH)) continue;
        if (i > start && row->codes[i] == 'o' && is_digit(row->codes[i - 1])) degrees++;
        else others++;
    }
    return degrees == 1 && !others;
}
