"""What figures mean, in the words of somebody who runs a comment section.

Knows estimates; the command line, the page and a published policy's record all say it by these functions.

>>> of_100(Estimate(0.961, 0.93, 0.982), "rejected comments", "break the rule")
'of 100 rejected comments about 96 break the rule, 93 to 98'
>>> of_100(Estimate(0.0021, 0.0008, 0.0043), "comments that break no rule", "are rejected")
'of 1,000 comments that break no rule about 2 are rejected, 1 to 4'
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moderation.tune.curve import Figures
from moderation.tune.estimates import Estimate
from moderation.tune.guarantee import Shortfall

SECONDS = 20.0  # that a moderator takes over a comment, unless told otherwise


def of_100(estimate: Estimate, what: str, do: str) -> str:
    """A share in words, of as many comments as it takes to count whole ones."""
    if np.isnan(estimate.value):
        return f"no labelled {what}, so nothing is known of them"
    base = next((base for base in (100, 1000) if estimate.value * base >= 1.5), 10_000 if estimate.value else 100)
    if base > 100 and estimate.value > 0.5:
        base = 100
    value, low, high = (round(part * base) for part in estimate)
    return f"of {base:,} {what} about {value:,} {do}, {low:,} to {high:,}"


@dataclass(frozen=True, slots=True)
class Load:
    """What lines make of a day: comments held for a person, the hours they take, comments rejected."""

    queue: Estimate
    hours: Estimate
    rejected: Estimate

    @classmethod
    def of(cls, reviewed: Estimate, rejected: Estimate, comments: float, seconds: float = SECONDS) -> Load:
        """From shares of all comments, the comments of a day, and the seconds that a look at one takes."""
        queue = reviewed.times(comments)
        return cls(queue, queue.times(seconds / 3600), rejected.times(comments))

    def describe(self) -> str:
        """As one sentence."""
        (queue, low, high), hours, rejected = (_rounded(part) for part in (self.queue, self.hours, self.rejected))
        return (f"about {queue} comments a day to look at, {low} to {high}: {hours[0]} hours of work, {hours[1]} to {hours[2]}; "
                f"about {rejected[0]} rejected, {rejected[1]} to {rejected[2]}")


def _rounded(estimate: Estimate) -> tuple[str, str, str]:
    """At most one digit behind the point, and that only below ten."""
    one, two, three = (f"{part:.1f}" if estimate.value < 9.95 else f"{part:,.0f}" for part in estimate)
    return one, two, three


def sentences(figures: Figures) -> list[str]:
    """What a category's two lines do, most asked first."""
    return [
        of_100(figures.precision, "rejected comments", "break the rule"),
        of_100(figures.review_precision, "comments held or rejected", "break the rule"),
        of_100(figures.miss, "comments that break the rule", "are missed"),
        of_100(figures.recall, "comments that break the rule", "are rejected"),
        of_100(figures.false_positive_rate, "comments that break no rule", "are rejected"),
        of_100(figures.touched, "comments that break no rule", "are held or rejected"),
    ]


def lacking(shortfall: Shortfall) -> str:
    """What would be needed for a promise."""
    if shortfall.missing is None:
        return f"no number of labels like these would do: {shortfall.why}"
    drawn = shortfall.missing / shortfall.share if shortfall.share else 0
    found = f", which some {float(f'{drawn:.2g}'):,.0f} comments drawn at random would hold" if drawn > 2 * shortfall.missing else ""
    return f"about {shortfall.missing:,} more labels {shortfall.of} are missing{found}: {shortfall.why}"
