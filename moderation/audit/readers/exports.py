"""Exports in XML: WordPress's (WXR) and Disqus's, read one comment at a time.

Entities and the network are off, and a file that declares a document type is refused: no export has one, and entities that
multiply ("billion laughs") stand in one. What XML does not allow (control characters, bytes that are no text, an ampersand by
itself) is stepped over; a comment in which bytes could not be decoded is rejected. Knows these two formats:

- WordPress: <https://wordpress.org/documentation/article/tools-export-screen/>, elements `wp:comment` of `item`.
- Disqus: <https://help.disqus.com/en/articles/1717164-comments-export>, elements `post`, which name a `thread` before them.
"""

from __future__ import annotations

import codecs
import contextlib
import importlib.util
import io
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from moderation.audit.readers import files, sniff
from moderation.audit.rows import BROKEN, Place, batches
from moderation.errors import DataError, Problem

Values = tuple[Any, ...]  # in the order of `rows.FIELDS`
_MARK = "\ufdd0"  # stands for what could not be decoded; no character, so no text has it
# What XML 1.0 does not allow and browsers do not show; removed, so that it hides no word.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufdd0\ufffe\uffff]")
_CONTROL_REFERENCE = re.compile(r"&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01])|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]));")
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_BLOCK = 1 << 16
CUT_OFF = "the file ends within it"
_TAIL = 20  # characters, as many as the last tag may have
_PROLOG = 10_000_000  # bytes in which a document must begin


class _Clean(io.RawIOBase):
    """XML as UTF-8 without what XML does not allow; what could not be decoded is `_MARK`."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        # Encodings of more than a byte cannot hold on to a byte that they do not know.
        wide = encoding.startswith(("utf-16", "utf-32"))
        self._broken = re.compile("\ufffd" if wide else "[\udc80-\udcff]")
        self._text = io.TextIOWrapper(file, encoding, "replace" if wide else "surrogateescape", newline="")
        self.tail = ""
        self._kept = ""
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        while not self._left:
            block = self._text.read(_BLOCK)
            text = self._kept + block
            # A reference to a character may be cut in two.
            cut = len(text) if not block else max(len(text) - 12, 0)
            cut = text.find("&", cut) if text.find("&", cut) >= 0 else len(text)
            self._kept = text[cut:] if block else ""
            self._left = self._cleaned(text[:cut] if block else text).encode("utf-8", "replace")
            if not block:
                break
        size = min(len(into), len(self._left))
        into[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def _cleaned(self, text: str) -> str:
        self.tail = text.rstrip()[-_TAIL:] or self.tail
        return self._broken.sub(_MARK, _CONTROL_REFERENCE.sub("", _CONTROL.sub("", text)))


def _check_prolog(head: bytes, name: str) -> None:
    """Python's own parser tells a document type from what looks like one; it stops before the first entity."""
    def refuse(*_: Any) -> None:
        raise DataError("the source", [Problem(name, "declares a document type, in which entities can be made to multiply",
                                               "no export has one: take <!DOCTYPE ...> out if you trust the file")])

    begun: list[bool] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda *_: begun.append(True)
    try:
        for start in range(0, len(head), _BLOCK):
            parser.Parse(head[start : start + _BLOCK], False)
            if begun:
                return
    except expat.ExpatError:
        pass  # perhaps behind the first element, in the same block
    if not begun:
        raise DataError("the source", [Problem(name, "is no XML: no element begins where one should", "export it again")])


def _text(element: Any, path: str) -> str | None:
    """The text of the first element on a path, by names without their namespace."""
    for name in path.split("/"):
        element = next((child for child in element if isinstance(child.tag, str) and _local(child.tag) == name), None)
        if element is None:
            return None
    return "".join(element.itertext())


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _attribute(element: Any, name: str) -> str | None:
    return next((value for key, value in element.attrib.items() if _local(key) == name), None)


class _WordPress:
    """Comments of a WXR file. The section is the item's first category, the thread its address."""

    def __init__(self) -> None:
        self._section: str | None = None
        self._thread: str | None = None

    def is_comment(self, name: str, parent: str) -> bool:
        return name == "comment" and parent == "item"

    def note(self, name: str, element: Any, parent: str) -> bool:
        """Remember what an element says of the comments behind it; whether the element may be dropped."""
        if name == "item":
            self._section = self._thread = None
        elif parent == "item" and name == "category" and element.get("domain", "category") == "category":
            self._section = self._section or element.text
        elif parent == "item" and name == "link":
            self._thread = element.text
        return parent in ("item", "channel")

    def values(self, element: Any) -> Values | None:
        if (_text(element, "comment_type") or "comment") in ("pingback", "trackback"):
            return None
        time = _text(element, "comment_date_gmt")
        parent = _text(element, "comment_parent")
        return (_text(element, "comment_content"), _text(element, "comment_id"),
                _text(element, "comment_date") if (time or "0000").startswith("0000") else time, self._section,
                _text(element, "comment_author"), _text(element, "comment_approved"), self._thread, None if parent == "0" else parent)


class _Disqus:
    """Comments of Disqus's export. The section is the thread's category."""

    def __init__(self) -> None:
        self._categories: dict[str, str | None] = {}
        self._threads: dict[str, tuple[str | None, str | None]] = {}

    def is_comment(self, name: str, parent: str) -> bool:
        return name == "post" and parent == "disqus"

    def note(self, name: str, element: Any, parent: str) -> bool:
        if parent != "disqus":
            return False
        identity = _attribute(element, "id") or ""
        if name == "category":
            self._categories[identity] = _text(element, "title")
        elif name == "thread":
            category = next((_attribute(child, "id") for child in element if _local(child.tag) == "category"), None)
            self._threads[identity] = _text(element, "link") or identity, self._categories.get(category or "")
        return True

    def values(self, element: Any) -> Values | None:
        inner = {_local(child.tag): child for child in element if isinstance(child.tag, str)}
        thread, section = self._threads.get(_attribute(inner["thread"], "id") or "" if "thread" in inner else "", (None, None))
        parent = _attribute(inner["parent"], "id") if "parent" in inner else None
        flags = {name: (_text(element, name) or "").strip().lower() == "true" for name in ("isDeleted", "isSpam")}
        past = "spam" if flags["isSpam"] else "deleted" if flags["isDeleted"] else "published"
        if past == "published" and (_text(element, "isApproved") or "true").strip().lower() == "false":
            past = "pending"
        author = _text(element, "author/username") or _text(element, "author/name")
        return (_text(element, "message"), _attribute(element, "id"), _text(element, "createdAt"), section, author, past, thread, parent)


_FORMATS: dict[str, Callable[[], _WordPress | _Disqus]] = {"wordpress": _WordPress, "disqus": _Disqus}


def stream(opened: BinaryIO, family: str, name: str, row: int, encoding: str | None = None) -> Iterator[Any]:
    """The comments of an export from its beginning: batches of `INPUT`. Pingbacks are no comments.

    Raises
    ------
    DataError : the file declares a document type, or is no XML, or lxml is missing.
    """
    if importlib.util.find_spec("lxml") is None:
        raise DataError("the audit", [Problem("lxml", "is missing", "pip install -r requirements-audit.txt")])
    start = opened.read(_BLOCK)
    declared = _DECLARED.search(start[:1000])
    code = encoding or sniff.marked(start) or (declared[1].decode() if declared else sniff.encoding(start))
    clean = _Clean(files.rewound(start, opened), _codec(code))
    head = _DECLARATION.sub("", io.BufferedReader(clean, _BLOCK).read(_PROLOG).decode(), count=1).encode()  # it is UTF-8 now
    _check_prolog(head, name)
    source = _FORMATS[family]()
    found = _comments(files.rewound(head, clean), clean, source)
    yield from batches(_entries(found, source, name), row)


def _entries(found: Iterator[tuple[Any, bool]], source: _WordPress | _Disqus, name: str) -> Iterator[tuple[Place, Values | str]]:
    for element, is_whole in found:
        values = source.values(element)
        if values is not None:
            fault = BROKEN if _MARK in (values[0] or "") else "" if is_whole else CUT_OFF
            yield Place(name, "line", element.sourceline), fault or values


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError:
        found = "utf-8"
    return "cp1252" if found == "iso8859-1" else found  # what is called Latin-1 is read as browsers read it


def _comments(file: BinaryIO, clean: _Clean, source: _WordPress | _Disqus) -> Iterator[tuple[Any, bool]]:
    """Each comment's element, and whether the file held it to its end; elements are dropped once they are read."""
    from lxml import etree

    parser = etree.XMLPullParser(events=("end",), recover=True, huge_tree=True, resolve_entities=False, no_network=True, load_dtd=False,
                                 remove_comments=True, remove_pis=True)
    is_open = True
    while is_open:
        block = file.read(_BLOCK)
        if block:
            parser.feed(block)
        else:
            is_open = False
            with contextlib.suppress(etree.XMLSyntaxError):  # there is nothing but the beginning of an element
                parser.close()
        is_whole = is_open or re.fullmatch(r"/(rss|disqus)\s*>", clean.tail.rpartition("<")[2]) is not None
        for _, element in parser.read_events():
            parent = element.getparent()
            if not isinstance(element.tag, str) or parent is None:
                continue
            name, above = _local(element.tag), _local(parent.tag)
            is_comment = source.is_comment(name, above)
            if is_comment:
                yield element, is_whole
            if is_comment or source.note(name, element, above):
                element.clear()
                while element.getprevious() is not None:
                    del parent[0]
