"""`report.html`: an audit for an editor to read; one file that opens offline.

Drawn from the tally alone, so that it is the same bytes whatever counted it. Knows what an editor asks; how it is said stands
in `words` and the templates, how charts are drawn in `moderation.charts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from markupsafe import Markup

from moderation import charts, pages
from moderation.audit import folder
from moderation.audit.examples import TextShown, hide
from moderation.audit.tally import BINS, UNIT, AuditTally, Counts, Section, Term, totals
from moderation.audit.words import environment, number, spell
from moderation.policy import ACTIONS

_BARS, _SECTIONS, _TERMS, _MONTHS = 15, 60, 60, 120  # most that are drawn or listed
_NOT_STATED = "(not stated)"
SAME = {"published": 0, "held": 1, "removed": 2}   # index of the action that is the same decision
_NOW = {"approved": "var(--approve)", "held": "var(--review)", "rejected": "var(--reject)"}
_HELD = {"held": "var(--review)", "rejected": "var(--reject)"}


def write(tally: AuditTally, path: Path, name: str, shown: TextShown = "full") -> None:
    """Write the report: whole or not at all.

    Parameters
    ----------
    tally : of the whole archive. name : what the archive is called in the title.
    shown : what the tally was made with; less than that may be asked for, never more.
    """
    folder.write(path, html(tally, name, shown).encode())


def html(tally: AuditTally, name: str, shown: TextShown = "full") -> str:
    """The report's page."""
    parts = environment(shown)
    tally = msgspec.structs.replace(tally, examples={
        stratum: [hide(example, shown) for example in chosen] for stratum, chosen in tally.examples.items()})
    counted = totals(tally.actions.values())
    sections = _sections(tally)
    confusion = [(past, tally.actions[past]) for past in SAME if past in tally.actions]
    terms = _terms(tally)
    values = {
        "tally": tally, "name": name, "totals": counted, "rejected": sum(tally.rejected.values()), "figure": charts.figure,
        "period": _period(tally), "held_a_month": _held_a_month(tally), "by_category": _by_category(tally),
        "by_section": _by_section(sections),
        "sections": [(title, section, _cause(section)) for title, section in sections[:_SECTIONS]] if len(sections) > 1 else [],
        "unlisted_sections": max(0, len(sections) - _SECTIONS), "histograms": list(_histograms(tally)),
        "by_month": _by_month(tally, shares=False), "rate_by_month": _by_month(tally, shares=True),
        "confusion": confusion, "same": SAME, "changed": _changed(tally), "compared": sum(sum(counts) for _, counts in confusion),
        "agreed": sum(counts[SAME[past]] for past, counts in confusion),
        "examples": lambda stratum: tally.examples.get(stratum, []),
        "highest": tally.examples.get("highest/published") or tally.examples.get("highest/", []),
        "terms": terms[:_TERMS], "unlisted_terms": max(0, len(terms) - _TERMS),
        "disguises": sorted(tally.disguises.items(), key=lambda item: (-item[1], item[0])),
        "languages": sorted(tally.languages.items(), key=lambda item: (-sum(item[1]), item[0]))[:_SECTIONS],
        "policies": [("all others" if tally.lines.sections else "all", tally.lines.base), *sorted(tally.lines.sections.items())],
        "outlier": _outlier(tally, sections), "published": tally.actions.get("published", [0, 0, 0]),
        "removed": tally.actions.get("removed", [0, 0, 0])}
    values["contents"] = [(place, title) for place, title, there in (
        ("why", "Why", tally.rows), ("sections", "Sections", values["sections"]), ("months", "Months", values["by_month"]),
        ("scores", "Scores and lines", tally.rows), ("then", "Then and now" if confusion else "Examples", tally.rows),
        ("highest", "Highest scores", tally.rows), ("terms", "Words", terms), ("next", "What to do next", True),
        ("made", "How this was made", True)) if there]
    body = Markup(parts.get_template("report.html").render(values))
    style = (Path(__file__).parent / "templates/report.css").read_text(encoding="utf-8")
    return pages.one_file(f"Audit of {name}", body, style=style)


def _period(tally: AuditTally) -> str:
    months = sorted(month for month in tally.months if month)
    if not months:
        return ""
    return f"from {months[0]} to {months[-1]}" if len(months) > 1 else f"all of {months[0]}"


def _held_a_month(tally: AuditTally) -> int:
    """What a person would look at in a month of the last year, about; 0 where that cannot be told."""
    months = sorted(month for month in tally.months if month)[-13:-1]  # the last one may have only begun
    return round(sum(tally.months[month][1] for month in months) / len(months)) if len(months) > 1 else 0


def _sections(tally: AuditTally) -> list[tuple[str, Section]]:
    """By how many comments are not approved, most first."""
    found = sorted(tally.sections.items(), key=lambda item: (-sum(item[1].actions[1:]), -item[1].actions[0], item[0]))
    return [(spell(title) or _NOT_STATED, section) for title, section in found]


def _cause(section: Section) -> str:
    held = {name: sum(counts) for name, counts in section.categories.items()}
    worst = max(held, key=lambda name: held[name], default="")
    return f"{worst} ({number(held[worst])})" if worst and held[worst] else ""


def _terms(tally: AuditTally) -> list[tuple[str, str, Term]]:
    found = [(category, name, term) for category, terms in tally.terms.items() for name, term in terms.items()]
    return sorted(found, key=lambda item: (-item[2].times, item[0], item[1]))


def _changed(tally: AuditTally) -> list[tuple[str, str, int, str]]:
    """Past decision, action now, how many, and the stratum of their examples; most first, agreement left out."""
    found = [(past, action, tally.actions[past][index], f"then/{past}/{action}") for past in SAME if past in tally.actions
             for index, action in enumerate(ACTIONS) if index != SAME[past] and tally.actions[past][index]]
    return sorted(found, key=lambda item: -item[2])


def _by_category(tally: AuditTally) -> charts.Chart:
    counts = [(name, kind, of[index]) for name, of in tally.categories.items() for index, kind in enumerate(_HELD, 1)]
    worst = max(tally.categories, key=lambda name: sum(tally.categories[name][1:]), default="")
    words = f"Most are held or rejected for the clause {worst}." if worst and any(tally.categories[worst][1:]) else "No clause does."
    return charts.bars("Comments that each clause would hold or reject", words, "clause", "comments", counts, _HELD)._replace(rows=())


def _by_section(sections: list[tuple[str, Section]]) -> charts.Chart:
    shown = sections[:_BARS]
    counts = [(name, kind, _percent(section.actions, index)) for name, section in shown for index, kind in enumerate(_HELD, 1)]
    rates = {name: _percent(section.actions, 1) + _percent(section.actions, 2) for name, section in shown if sum(section.actions) >= 100}
    highest = max(rates, key=lambda name: rates[name], default="")
    words = f"The highest share is that of {highest}: {rates[highest]:.1f} %." if highest else "Sections are small: read the counts."
    title = "Share of each section that would be held or rejected"
    return charts.bars(title, words, "section", "% of its comments", counts, _HELD)._replace(rows=())


def _by_month(tally: AuditTally, *, shares: bool) -> charts.Chart | None:
    months = sorted(month for month in tally.months if month)[-_MONTHS:]
    if len(months) < 2:
        return None
    if shares:
        counts: list[tuple[str, str, float]] = [(month, kind, _percent(tally.months[month], index))
                                                for month in months for index, kind in enumerate(_HELD, 1)]
        return charts.bars("Share held or rejected, by month", "A jump often tells of an event, or of a change in who could write.",
                           "month", "% of the month's comments", counts, _HELD, upright=True)
    most = max(months, key=lambda month: sum(tally.months[month]))
    return charts.bars("Comments, by month", f"Most came in {most}: {number(sum(tally.months[most]))}.", "month", "comments",
                       [(month, kind, tally.months[month][index]) for month in months for index, kind in enumerate(_NOW)],
                       _NOW, upright=True)


def _percent(counts: Counts, index: int) -> float:
    return round(100 * counts[index] / sum(counts), 2) if sum(counts) else 0.0


def _histograms(tally: AuditTally) -> Iterator[charts.Chart]:
    edges = [place / BINS for place in range(BINS + 1)]
    for category, counts in tally.scores.items():
        review, reject = tally.lines.base[category]
        _, held, rejected = tally.categories[category]
        others = [name for name, lines in sorted(tally.lines.sections.items()) if lines[category] != (review, reject)]
        words = f"{number(held)} between the lines, {number(rejected)} beyond the second."
        words += f" Other lines hold in {', '.join(others)}." if others else ""
        yield charts.histogram(f"Scores for {category}", words, "score", "comments", edges, counts,
                               [("held from", review / UNIT, "var(--review)"), ("rejected from", reject / UNIT, "var(--reject)")],
                               logarithmic=True)


def _outlier(tally: AuditTally, sections: list[tuple[str, Section]]) -> tuple[float, str] | None:
    """The section of which most is not approved, if that is more than twice the usual share: the share and its name."""
    usual = sum(totals(tally.actions.values())[1:]) / max(1, tally.rows)
    rates = [(sum(section.actions[1:]) / sum(section.actions), title) for title, section in sections if sum(section.actions) >= 1000]
    return max(rates) if rates and max(rates)[0] > 2 * usual else None
