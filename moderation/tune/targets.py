"""What an editor asks for, read from words: targets, costs and capacity.

>>> read_target("maximum recall @ precision >= 0.95")
Target(category=None, line='reject', metric='precision', bound=0.95)
>>> read_target("personal: minimum review @ miss <= 0.01").describe()
'at most 1 % of comments that break the rule are missed'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from moderation.errors import ModerationError
from moderation.tune import guarantee
from moderation.tune.curve import Curve
from moderation.tune.guarantee import Promise, Shortfall

LINES = ("review", "reject")
_FORM = re.compile(r"(?:(?:(?P<category>\w+)\.)?(?P<place>\w+)\s*:\s*)?(?P<aim>maximum recall|minimum review)\s*@\s*"
                   r"(?P<metric>precision|recall|miss|fpr)\s*(?P<sign>>=|<=)\s*(?P<bound>[0-9.]+)\s*(?P<percent>%?)")
_SIGNS = {"precision": ">=", "recall": ">=", "miss": "<=", "fpr": "<="}
_AIMS = {"precision": "maximum recall", "fpr": "maximum recall", "miss": "minimum review", "recall": "minimum review"}
FORMS = tuple(f"{_AIMS[metric]} @ {metric} {sign} {bound}"
              for (metric, sign), bound in zip(_SIGNS.items(), ("0.95", "0.99", "0.01", "0.005"), strict=True))
COSTS = ("wrong_reject", "miss", "review")


class TuneError(ModerationError):
    """A wish that cannot be read, or that makes no sense."""


@dataclass(frozen=True, slots=True)
class Target:
    """One line's wish; `category` is None for all of them. `metric` is `precision`, `fpr`, `miss` or `recall`."""

    category: str | None
    line: str
    metric: str
    bound: float

    def __str__(self) -> str:
        return f"{_AIMS[self.metric]} @ {self.metric} {_SIGNS[self.metric]} {self.bound:g}"

    def describe(self) -> str:
        """The promise in words."""
        percent = f"{self.bound:.4%}".rstrip("0%").rstrip(".") if self.bound else "0"
        taken = "rejected" if self.line == "reject" else "held or rejected"
        return {"precision": f"at least {percent} % of {taken} comments break the rule",
                "fpr": f"at most {percent} % of comments that break no rule are {taken}",
                "miss": f"at most {percent} % of comments that break the rule are missed",
                "recall": f"at least {percent} % of comments that break the rule are found"}[self.metric]

    def find(self, curve: Curve, delta: float) -> Promise | Shortfall:
        """The line that keeps the promise with confidence 1 - delta, or what is missing."""
        if self.metric == "precision":
            return guarantee.precise(curve, self.bound, delta)
        if self.metric == "fpr":
            return guarantee.sparing(curve, self.bound, delta)
        return guarantee.complete(curve, self.bound if self.metric == "miss" else 1 - self.bound, delta)


def read_target(text: str) -> Target:
    """A target as it is written: `[CATEGORY.][LINE:] maximum recall @ precision >= 0.95`, or one of the other `FORMS`.

    Raises
    ------
    TuneError : it is none.
    """
    forms = ", ".join(f"`{form}`" for form in FORMS)
    found = _FORM.fullmatch(" ".join(text.split()))
    if not found:
        raise TuneError(f"the target is not understood; write one of {forms}, with `personal:`, `review:` or `personal.review:` "
                        "before it if it is for one category or line")
    metric = found["metric"]
    if found["sign"] != _SIGNS[metric] or found["aim"] != _AIMS[metric]:
        raise TuneError(f"a target on {metric} reads `{_AIMS[metric]} @ {metric} {_SIGNS[metric]} ...`")
    try:
        bound = float(found["bound"]) / (100 if found["percent"] else 1)
    except ValueError:
        raise TuneError("the target's bound is no number") from None
    if not 0 < bound < 1:
        raise TuneError("the target's bound is a share between 0 and 1, such as 0.95 or 95 %")
    category, line = found["category"], found["place"]
    if line is not None and line not in LINES:
        if category is not None:
            raise TuneError("the line before a target is `review` or `reject`, as in `personal.review: ...`")
        category, line = line, None
    natural = "reject" if _AIMS[metric] == "maximum recall" else "review"
    return Target(category, line or natural, metric, bound)


@dataclass(frozen=True, slots=True)
class Costs:
    """What each outcome costs, in any unit: a good comment rejected, a bad one approved, a comment looked at."""

    wrong_reject: float = 5.0
    miss: float = 3.0
    review: float = 0.2

    def __str__(self) -> str:
        return ", ".join(f"{name}={getattr(self, name):g}" for name in COSTS)


def read_costs(pairs: Iterable[str]) -> Costs:
    """Costs as they are written, `wrong_reject=5`; those not named have the defaults.

    Raises
    ------
    TuneError : no such cost, or not a number of at least 0.
    """
    costs = Costs()
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in COSTS or not re.fullmatch(r"[0-9]*\.?[0-9]+", value):
            raise TuneError(f"a cost is one of {', '.join(COSTS)} with a number of at least 0, such as `miss=3`")
        costs = replace(costs, **{name: float(value)})
    return costs


def of_category(targets: Sequence[Target], category: str) -> dict[str, Target]:
    """The wishes for a category by line; one that names it goes before one for all."""
    found: dict[str, Target] = {}
    for target in sorted(targets, key=lambda target: target.category is not None):
        if target.category in (None, category):
            found[target.line] = target
    return found
