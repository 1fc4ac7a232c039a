"""Exports of WordPress, Disqus and Coral: threads, decisions, faults, damage, and XML that is refused."""

import json

import pytest

from moderation.audit.readers.source import Options
from moderation.audit.rows import BROKEN, NO_TEXT
from moderation.errors import DataError
from moderation.settings import ROOT
from tests.auditing import faults, read, texts

CASES = ROOT / "tests/cases/audit"
EXPECTED = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("part_rows", [1, 3, 100])
def test_an_export_is_read_with_its_threads_decisions_and_faults(name, part_rows, tmp_path):
    opened, found = read(CASES / name, tmp_path, part_rows)
    for row in found:
        if "time" in row:
            row["time"] = row["time"].isoformat()
    assert found == EXPECTED[name]
    assert opened.reading.html


@pytest.mark.parametrize("name", ["wordpress.xml", "disqus.xml"])
def test_an_export_that_is_cut_off_keeps_every_comment_before_the_cut(name, tmp_path):
    whole = (CASES / name).read_bytes()
    expected = [row for row in EXPECTED[name] if "text" in row]
    last = b"<wp:comment>" if name == "wordpress.xml" else b"<post dsq:id"
    inside = whole.rindex(last) + len(last) + 150
    for end in (inside, inside + 60, whole.rindex(last)):
        (tmp_path / name).write_bytes(whole[:end])
        found = read(tmp_path / name, tmp_path)[1]
        whole_rows = [row for row in found if "text" in row]
        assert [row["text"] for row in whole_rows] == [row["text"] for row in expected[: len(whole_rows)]]
        assert len(whole_rows) >= len(expected) - 1
        assert set(faults(found)) <= {None, BROKEN, NO_TEXT, "the file ends within it"}


@pytest.mark.parametrize("code", ["utf-16", "iso-8859-1", "utf-8-sig"])
def test_an_export_in_another_encoding_says_the_same(code, tmp_path):
    text = (CASES / "disqus.xml").read_text(encoding="utf-8").replace("🍐", "é")
    (tmp_path / "d.xml").write_bytes(text.replace('encoding="utf-8"', f'encoding="{code}"').encode(code))
    assert texts(tmp_path / "d.xml", tmp_path)[-1] == "<p>Its thread is not in the export é</p>"


LAUGHS = ('<!DOCTYPE rss [<!ENTITY a "fig"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
          '<!ENTITY d SYSTEM "file:///etc/passwd">]>')


@pytest.mark.parametrize("prolog", [LAUGHS, "<!-- " + "x" * 70_000 + " -->" + LAUGHS, "\n<?pi?>" + LAUGHS, "<!DOCTYPE rss>"])
def test_xml_with_a_document_type_is_refused(prolog, tmp_path):
    path = tmp_path / "bomb.xml"
    path.write_text(f'<?xml version="1.0"?>{prolog}<rss x="&c;"><channel><item><comment><comment_content>&c;&d;</comment_content>'
                    "</comment></item></channel></rss>", encoding="utf-8")
    with pytest.raises(DataError, match="document type"):
        read(path, tmp_path, options=Options(format="wordpress"))


def test_a_document_type_inside_of_a_comment_is_text(tmp_path):
    path = tmp_path / "w.xml"
    path.write_text("<rss><channel><item><comment><comment_content><![CDATA[<!DOCTYPE html> fig]]></comment_content></comment></item>"
                    "</channel></rss>", encoding="utf-8")
    assert texts(path, tmp_path) == ["<!DOCTYPE html> fig"]
