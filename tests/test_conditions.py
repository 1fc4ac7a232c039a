"""`--fail-if`: what it measures, and where it points when it cannot be read."""

from fractions import Fraction

import pytest
from archives import CATEGORIES, LINES, made_up
from hypothesis import given
from hypothesis import strategies as st

from moderation.audit.conditions import parse
from moderation.audit.tally import AuditTally, totals
from moderation.errors import DataError, UsageError

TALLY = AuditTally.of(*made_up(500), LINES, rejected={"no text": 2})
COUNTS = totals(TALLY.actions.values())


@pytest.mark.parametrize(("text", "value"), [
    ("count(reject)", COUNTS[2]),
    ("rate(reject)", Fraction(COUNTS[2], 500)),
    ("rate('approve')", Fraction(COUNTS[0], 500)),
    ("count(review, personal)", TALLY.categories["personal"][1]),
    ("count(reject, category=personal)", TALLY.categories["personal"][2]),
    ("rate(review, 'sport')", Fraction(TALLY.sections["sport"].actions[1], sum(TALLY.sections["sport"].actions))),
    ("count(reject, section=sport, category=obscene)", TALLY.sections["sport"].categories["obscene"][1]),
    ("count(reject, past=published)", TALLY.actions["published"][2]),
    ("rate(reject, section=\"\")", Fraction(TALLY.sections[""].actions[2], sum(TALLY.sections[""].actions))),
    ("rows", 500), ("rejected_rows", 2),
])
def test_a_measure_is_exact(text, value):
    number = f"{value}" if Fraction(value).denominator == 1 else None
    (measured,) = parse(f"{text} >= 0", CATEGORIES)._measures.values()
    assert measured.of(TALLY) == value
    if number:
        assert parse(f"{text} == {number}", CATEGORIES).check(TALLY) == (True, (f"{text} = {number}",))


@pytest.mark.parametrize(("text", "holds"), [
    ("rows > 499 and rejected_rows == 2", True), ("rows > 500 or rejected_rows != 2", False), ("not rows > 500", True),
    ("0 < rate(approve) <= 1", True), ("rate(approve) > 1 or (rows == 500 and not rows < 3)", True), ("rows != 500", False)])
def test_conditions_are_joined_as_they_read(text, holds):
    assert parse(text, CATEGORIES).check(TALLY).holds is holds


def test_a_share_is_compared_without_rounding():
    tally = AuditTally.empty(LINES)
    tally.actions = {"": [7, 0, 3]}
    assert not parse("rate(reject) > 0.3", CATEGORIES).check(tally).holds
    assert parse("rate(reject) == 0.3", CATEGORIES).check(tally).holds
    assert parse("rate(reject) > 0.3", CATEGORIES).check(AuditTally.empty(LINES)) == (False, ("rate(reject) = 0",))


@pytest.mark.parametrize(("text", "place", "what"), [
    ("rate(reject) > ", 15, "cannot be read"), ("rate(rejct) > 0.1", 6, "no action"), ("rat(reject) > 0.1", 1, "no measure"),
    ("rate(reject)", 1, "neither true nor false"), ("rate(reject) > 0.1 and rows", 24, "neither true nor false"),
    ("rate(reject, category=sport) > 0", 23, "no category"), ("rate(reject, past=gone) > 0", 19, "no past"),
    ("rate(reject, personal, category=obscene) > 0", 24, "said twice"), ("rate() > 0", 1, "takes an action"),
    ("count(reject, past=held, section=sport) > 0", 1, "past decisions"), ("rows in (1, 2)", 1, "not known"),
    ("é == 1", 1, "no measure"), ("rate('é', 3) > 0", 6, "no action"), ("__import__('os').system('x') > 0", 1, "no measure"),
    ("rows > 1e999", 8, "too large"), ("rows > 2%", 10, "cannot be read"), ("rows > True", 8, "no number"), ("", 1, "cannot be read")])
def test_a_fault_is_pointed_at(text, place, what):
    with pytest.raises(UsageError) as refused:
        parse(text, CATEGORIES)
    (problem,) = refused.value.problems
    assert (problem.where, what in problem.what) == (f"character {place}", True), str(refused.value)
    if text:
        assert str(refused.value).splitlines()[-2].index("^") == place + 4


def test_a_section_that_the_archive_has_not_is_an_error_and_no_zero():
    with pytest.raises(DataError, match="no section `sprt`; it has `politics`, `sport`"):
        parse("rate(reject, sprt) > 0.1", CATEGORIES).check(TALLY)


@given(st.text(max_size=40) | st.lists(st.sampled_from(["rate", "(", "reject", ")", ">", "0.1", "and", "not", "rows", "past=", "'x'", "-"]),
                                       max_size=12).map(" ".join))
def test_any_text_is_a_condition_or_an_error(text):
    try:
        parse(text, CATEGORIES).check(TALLY)
    except (DataError, UsageError) as error:
        assert error.problems
