"""HTML as its reader sees it, with the offsets of what was sent."""

import time

import pytest
from conftest import post
from hypothesis import given
from hypothesis import strategies as st

from moderation.markup import outside_tags, visible
from moderation.text import normalize

SEEN = [
    ("ba<section-x a='>'>nana", "banana"), ("ba<!-- > -->nana", "banana"), ("ba<style>p{x}</style >nana", "banana"),
    ("ba<SCRIPT a>fig()</Script>nana", "banana"), ("a<template>b</template>c", "ac"), ("a<article>b", "a\nb"), ("a<br/>b", "a\nb"),
    ("a<td hidden data-1=x>b", "a\nb"), ("a &lt;b&gt; c", "a <b> c"), ("a <3 b", "a <3 b"), ("<!-->a-->", "a-->"),
    ("a<script>b", "a<script>b"),
]


@pytest.mark.parametrize(("html", "text"), SEEN)
def test_what_a_reader_sees(html, text):
    assert normalize(visible(html)).readable.text == text


@pytest.mark.parametrize("html", ["<p '>banana</p>", "<p \">banana", '<p =">banana', "<p a='\">'>banana", "<p a = >banana", "<!--->banana",
                                  "<!-- --!>banana", "<p/'>banana<p '>", "<script><!--</script>banana", "<style></style a='>banana"])
def test_no_stray_mark_hides_what_a_reader_sees(html):
    assert "banana" in normalize(visible(html)).readable.text


@given(st.text("<>!-/='\" abpscriptstyle\n", max_size=60))
def test_the_length_stays(html):
    assert len(visible(html)) == len(html)


@pytest.mark.parametrize("part", ["<a ", "<!--", "<script>", '<a b="', "<script></", "</", "<a b = ", "<a/ b", "<style></style "])
def test_hostile_markup_costs_no_more_than_its_length(part):
    began = time.perf_counter()
    visible(part * 100_000)
    assert time.perf_counter() - began < 2


def test_spans_are_those_of_the_html_as_sent(client):
    html = "<section><p class=x1 hidden>a b<x-y>*</x-y>nana</p><script>durian</script></section>"
    status, body = post(client, "/v1/score", {"text": html, "format": "html", "mask": True})
    assert status == 200
    (span,) = [span for span in body["spans"] if span["source"] == "lexicon"]
    assert html[span["start"]:span["end"]] == "b<x-y>*</x-y>nana"
    assert body["masked"].endswith("<script>durian</script></section>")


@pytest.mark.parametrize("body", [{"text": "a", "format": "markdown"}, {"text": "a", "context": "b"}, {"text": "a", "context": {"x": "b"}}])
def test_a_format_or_context_of_another_kind_is_refused(client, body):
    assert post(client, "/v1/score", body)[0] == 422


def test_masking_stars_no_tag(client):
    html = '<p>a b<x-y title="b">*</x-y>n&#97;na<br>durian</p><!-- banana -->'
    body = post(client, "/v1/score", {"text": html, "format": "html", "mask": True})[1]
    assert body["masked"] == '<p>a *<x-y title="b">*</x-y>********<br>******</p><!-- banana -->'
    lines = b"\n".join([b'{"text": "<i>ban</i>ana", "format": "html", "mask": true}'] * 2)
    answers = client.post("/v1/score", data=lines, content_type="application/x-ndjson").text.splitlines()
    assert ["<i>***</i>***" in line for line in answers] == [True, True]


@given(st.text("<>!-/b \"ani", max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5))
def test_what_is_starred_is_seen_and_inside_a_span(html, spans):
    shown = visible(html)
    for start, end in outside_tags(html, spans):
        assert any(low <= start < end <= high for low, high in spans)
        assert shown[start:end] == html[start:end] or "<" not in html[start:end]
