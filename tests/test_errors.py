"""How problems are printed, and that every kind of error is one of ours."""

import inspect

import pytest

from moderation import errors
from moderation.errors import LoadError, ModerationError, PolicyError, Problem, RequestError


def test_every_exception_is_a_moderation_error():
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]
    assert all(issubclass(kind, ModerationError) for kind in kinds)


def test_a_load_error_prints_every_problem_with_place_and_remedy(golden):
    problems = [
        Problem("categories.personal.reject", "0.70 is below `review` (0.80), so comments would be rejected before they are reviewed"),
        Problem("categories.spam", "no attribute feeds it and no lexicon category is called `spam`", "the model has `insult`, `threat`"),
    ]
    golden("load_error.txt", f"{PolicyError('policy.toml', problems)}\n")


@pytest.mark.parametrize(("count", "words"), [(0, "0 problems"), (1, "1 problem "), (2, "2 problems")])
def test_the_head_counts_the_problems(count, words):
    assert words in str(LoadError("a file", [Problem("here", "is wrong")] * count)).splitlines()[0]


def test_a_request_error_names_the_field():
    assert str(RequestError(Problem("comments[3].text", "is missing", "send one"))) == "`comments[3].text`: is missing; send one"
