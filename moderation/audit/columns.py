"""Which column of an archive holds what: guessed from the names that archives use, set by hand where the guess is wrong.

Knows names and the words that archives have for their decisions; knows no rows.

>>> guess(["Comment ID", "Comment Text", "created_at", "status"]).named()
{'text': 'Comment Text', 'id': 'Comment ID', 'time': 'created_at', 'past': 'status'}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from moderation.errors import DataError, Problem, UsageError, listed

# By field, best first, in lower case with one underscore between words.
_NAMES = {
    "text": "comment_text text comment_body body comment content message comment_content raw_message comment_message post_text "
            "revisions.-1.body body_html comment_html review_text review tweet post description",
    "id": "comment_id id _id post_id uuid guid commentid row_id",
    "time": "created_at createdat created time timestamp date comment_date_gmt comment_date published_at posted_at created_time "
            "creation_date submitted_at datetime created_utc createdate date_created create_date",
    "section": "section category topic section_name channel desk rubric article_section story_section subreddit forum",
    "author": "author_id authorid user_id userid author username user user_name author_name comment_author commenter poster screen_name",
    "past": "status comment_approved moderation_status past decision action outcome state approved is_approved is_published published "
            "rejected is_rejected is_deleted deleted removed is_removed is_spam spam rating",
    "thread": "story_id storyid article_id articleid thread_id threadid asset_id comment_post_id post_url article url thread link_id",
    "parent": "parent_id parentid parent comment_parent in_reply_to reply_to reply_to_id",
}
PAST = ("published", "held", "removed")  # what an archive says became of a comment, in our words
_PAST_WORDS = {
    "published": "published approved approve accepted accept 1 live visible ok none allowed public kept keep yes true open",
    "held": "held hold pending 0 unapproved review moderated moderation premod system_withheld queued queue waiting new flagged "
            "awaiting_moderation",
    "removed": "removed rejected reject deleted delete spam trash post-trashed hidden blocked declined denied refused unpublished "
               "banned -1 isdeleted isspam no false",
}
# A column of yes and no that asks whether a comment was taken away.
_REMOVAL = re.compile(r"reject|delet|remov|spam|hidden|block")
_YES, _NO = ("true", "1", "yes", "t", "y"), ("false", "0", "no", "f", "n")


@dataclass(frozen=True, slots=True)
class Columns:
    """The column of each field, by its name or its path (`revisions.-1.body`); None where the archive has none."""

    text: str | None = None
    id: str | None = None
    time: str | None = None
    section: str | None = None
    author: str | None = None
    past: str | None = None
    thread: str | None = None
    parent: str | None = None

    def named(self) -> dict[str, str]:
        """The fields that have a column."""
        found = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: column for name, column in found if column is not None}


def _plain(name: str) -> str:
    """A column's name as the tables above write it: `createdAt`, `Created At` and `created-at` are one."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", name.strip())
    return re.sub(r"(?<!\.)[\s_-]+", "_", spaced).lower()


def guess(names: Sequence[str]) -> Columns:
    """The likeliest column for each field; each column serves one field, and the text chooses first."""
    plain: dict[str, str] = {}
    for form in (_plain, lambda name: _plain(name).replace("_", "")):
        for name in names:
            plain.setdefault(form(name), name)
    taken: dict[str, str] = {}
    for field, likely in _NAMES.items():
        for candidate in likely.split():
            column = plain.get(candidate)
            if column is not None and column not in taken.values():
                taken[field] = column
                break
    return Columns(**taken)


def flag(field: str) -> str:
    """The flag that names a field's column."""
    return "--section-column" if field == "section" else f"--{field}"


def choose(names: Sequence[str], chosen: Mapping[str, str], source: str) -> Columns:
    """The guess with what was chosen by hand put in its place; `-` chooses no column.

    Raises
    ------
    DataError : a chosen column is not there, or none holds a text.
    """
    known = set(names)
    problems = []
    for field, column in chosen.items():
        if column != "-" and column not in known and column.split(".")[0] not in {name.split(".")[0] for name in known}:
            problems.append(Problem(f"{flag(field)} {column}", "is no column", f"there are {_listed(names)}"))
    free = [name for name in names if name not in chosen.values()]
    found = {field: column for field, column in guess(free).named().items() if field not in chosen}
    found |= {field: column for field, column in chosen.items() if column != "-"}
    if "text" not in found and not problems:
        problems.append(Problem("--text", "no column's name says that it holds the comments' text",
                                f"name it, as in --text COLUMN; there are {_listed(names)}"))
    if problems:
        raise DataError(source, problems)
    return Columns(**found)


def _listed(names: Sequence[str]) -> str:
    if not all(name.isprintable() and "\ufffd" not in name for name in names):
        return "columns whose names cannot be read: leave --encoding away, or name the right one, such as utf-16 or cp1252"
    if not any(names):
        return "no columns that can be read: say how the source is written with --format, --encoding or --delimiter"
    shown = listed(names)
    no_header = ": if the first line is a comment, give --no-header, or --format lines if every line is one"
    return shown + (no_header if shown.endswith("cannot be a name") else "")


def past_words(column: str | None, chosen: Mapping[str, str]) -> dict[str, str]:
    """Our word for each of an archive's words for its decisions, lower case; `chosen` adds to them and goes before them.

    >>> past_words("is_spam", {})["true"], past_words("approved", {})["true"]
    ('removed', 'published')
    """
    found = {theirs: ours for ours, words in _PAST_WORDS.items() for theirs in words.split()}
    if column and _REMOVAL.search(column.lower()):
        found |= dict.fromkeys(_YES, "removed") | dict.fromkeys(_NO, "published")
    return found | {theirs.strip().lower(): ours for theirs, ours in chosen.items()}


def read_past_map(entries: Sequence[str]) -> dict[str, str]:
    """`THEIRS=OURS` entries, each perhaps several with commas between.

    Raises
    ------
    UsageError : an entry is not of this form or names no decision.
    """
    found, problems = {}, []
    for entry in (part for given in entries for part in given.split(",") if part.strip()):
        theirs, equals, ours = entry.rpartition("=")
        if not equals or ours.strip() not in PAST:
            problems.append(Problem(f"--past-map {entry}", f"expected THEIRS=OURS with one of {', '.join(PAST)}",
                                    "as in --past-map live=published,zapped=removed"))
        found[theirs.strip()] = ours.strip()
    if problems:
        raise UsageError("the command line", problems)
    return found
