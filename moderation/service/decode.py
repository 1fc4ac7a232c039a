"""Decoding requests: bytes to typed structures, and every way in which they can be wrong said as a `RequestError`.

Knows JSON and the wording of the decoder; knows no route. Of a name that comes twice in an object the last value holds, as in the
readers of most languages. Nothing of the request's own words goes into an error but the path to the field at fault, made of known
field names, numbers and the name of an unknown field, if it has the form of one: a text in its place is not repeated.
"""

from __future__ import annotations

import codecs
import difflib
import re
from typing import TypeVar

import msgspec
from msgspec import inspect

from moderation.errors import Problem, RequestError

T = TypeVar("T")

# What the decoder calls a type, and what a reader does.
_TYPES = {"str": "a string", "int": "a number", "float": "a number", "bool": "true or false", "array": "a list", "object": "an object",
          "null": "null", "bytes": "a string"}
_AT = re.compile(r"^(.*?)(?: - at `\$?(.*)`)?$", re.DOTALL)
_EXPECTED = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_TOO_LONG = re.compile(r"Expected `str` of length <= (\d+)")
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]{1,30}")  # a word with other marks, a number or a space is not repeated
_PLACE = re.compile(r"\(byte (\d+)\)")
_STEP = re.compile(r"\.(\w+)|(\[[^\]]*\])")
# An escape of JSON: a pair of surrogates, a lone one, or any other.
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)


def decode(body: bytes, decoder: msgspec.json.Decoder[T], where: str = "") -> T:
    r"""The body as the decoder's type.

    A lone surrogate, which JavaScript writes when it cuts an emoji in two, is read as U+FFFD: one code point for one, so
    that offsets stay. A mark of byte order at the head is passed over, as RFC 8259 allows.

    Parameters
    ----------
    where : the path of this part within the whole request, for errors.

    Raises
    ------
    RequestError : 400 if it is no JSON, 422 if it is JSON of another shape.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise RequestError(_problem(str(error), decoder, where), 422) from None
    except RecursionError:
        raise RequestError(Problem(where or "body", "is nested too deeply", "a comment needs one object"), 400) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        mended = body.removeprefix(codecs.BOM_UTF8)
        mended = _ESCAPE.sub(lambda escape: b"\\ufffd" if escape[1] else escape[0], mended) if b"\\u" in body else mended
        if mended != body:
            return decode(mended, decoder, where)
        if isinstance(error, UnicodeDecodeError) or "utf-8" in str(error).lower():
            raise RequestError(Problem(where or "body", "is not UTF-8", "encode the request as UTF-8"), 400) from None
        if not body.strip():
            raise RequestError(Problem(where or "body", "is empty", "send one JSON object"), 400) from None
        place = _PLACE.search(str(error))
        at = f" at byte {place[1]}" if place and not where else ""
        raise RequestError(Problem(where or "body", f"is not JSON{at}", "send one JSON object"), 400) from None


def _problem(message: str, decoder: msgspec.json.Decoder[T], where: str) -> Problem:
    found = _AT.fullmatch(message)
    text, path = found.groups() if found else (message, "")
    place = ".".join(part for part in (where, (path or "").lstrip(".")) if part).replace(".[", "[")
    if found := _EXPECTED.search(text):
        expected, got = (" or ".join(_TYPES.get(name, "another type") for name in group.split(" | ")) for group in found.groups())
        return Problem(place or "body", f"expected {expected}, got {got}")
    if found := _TOO_LONG.search(text):
        return Problem(place or "body", f"is longer than {found[1]} characters")
    if found := _MISSING.search(text):
        hint = "every comment has a `text`" if found[1] == "text" else ""
        return Problem(f"{place}.{found[1]}" if place else found[1], "is missing", hint)
    kinds = _kinds(decoder.type, path or "")
    if found := _UNKNOWN.search(text):
        known = [field.encode_name for kind in kinds if isinstance(kind, inspect.StructType) for field in kind.fields]
        near = difflib.get_close_matches(found[1][:50], known, 1)
        hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(f'`{name}`' for name in known)}" if known else ""
        if _NAME.fullmatch(found[1]):
            return Problem(f"{place}.{found[1]}" if place else found[1], "is not a known field", hint)
        return Problem(place or "body", "has a field that is not known", hint)
    words = [f"`{word}`" for kind in kinds if isinstance(kind, inspect.LiteralType) for word in kind.values]
    if words:
        return Problem(place or "body", f"expected one of {', '.join(words)}")
    return Problem(place or "body", "is not what is expected here")


def _kinds(kind: object, path: str) -> list[inspect.Type]:
    """The types that may stand at a path within a type: `.context`, `.comments[3].text`."""
    found = _alternatives(inspect.type_info(kind))
    for name, index in _STEP.findall(path):
        inner = [field.type for kind in found if isinstance(kind, inspect.StructType) for field in kind.fields if field.encode_name == name]
        if index:
            inner = [kind.item_type for kind in found if isinstance(kind, inspect.ListType)]
            inner += [kind.value_type for kind in found if isinstance(kind, inspect.DictType)]
        found = [alternative for kind in inner for alternative in _alternatives(kind)]
    return found


def _alternatives(kind: inspect.Type) -> list[inspect.Type]:
    return list(kind.types) if isinstance(kind, inspect.UnionType) else [kind]
