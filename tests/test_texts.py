"""Texts of an archive that was audited before, found again by their rows."""

import gzip
import json

import msgspec
import pytest

from moderation.audit import texts
from moderation.audit.readers import source
from moderation.errors import DataError


@pytest.fixture(params=["plain", "gzip"])
def audited(request, tmp_path):
    """An archive and what `key.json` says of it; the seventh row cannot be used."""
    lines = [json.dumps({"text": f"comment {row}"}) for row in range(20)]
    lines[7] = "{"
    path = tmp_path / ("a.jsonl.gz" if request.param == "gzip" else "a.jsonl")
    content = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(content) if request.param == "gzip" else content)
    opened = source.open_source(str(path), source.Options())
    return path, {"source": opened.identity, "reading": msgspec.to_builtins(opened.reading), "rows of a part": 6}


def test_rows_are_found_in_whichever_part_they_are(audited):
    path, key = audited
    key = json.loads(json.dumps(key))
    assert texts.fetch(str(path), key, {0, 5, 6, 7, 19, 99}) == {row: f"comment {row}" for row in (0, 5, 6, 19)}
    assert texts.fetch(str(path), key, []) == {}


def test_another_archive_is_refused(audited, tmp_path):
    _, key = audited
    other = tmp_path / "other.jsonl"
    other.write_text('{"text": "fig"}\n')
    with pytest.raises(DataError, match="is not what was audited"):
        texts.fetch(str(other), key, [0])
    with pytest.raises(DataError, match="cannot be read again"):
        texts.fetch("-", key, [0])
