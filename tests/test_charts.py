"""Figures and pages: what stands in them, and that a browser draws them offline under their strict policy."""

import hashlib
import json
import re

import pytest
from browser import chromium, visit  # noqa: F401
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from moderation import charts, pages
from moderation.settings import ROOT

HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)> \u2028\u202e\x00"
CHARTS = [
    charts.line_chart(f"Lines {HOSTILE}", "Up is better.", "x", HOSTILE,
                      [charts.Line(HOSTILE, [0, 1], [0, 1]), charts.Line("b", [0, 1], [1, 0])], diagonal=True, dots=True),
    charts.line_chart("One line", "It has no legend.", "x", "y", [charts.Line("", [1, 10, 100], [0.1, 0.2, 0.4])], logarithmic=True),
    charts.bars("Bars", "By section.", "section", "comments",
                [(name, action, 1200) for name in (HOSTILE, "sport") for action in charts.ACTIONS]),
    charts.bars("Months", "By month.", "month", "comments", [("2025-01", "review", 3), ("2025-02", "review", 5)], upright=True, share=True),
    charts.histogram("Scores", "Most are low.", "score", "comments", [0, 0.25, 0.5, 0.75, 1], [9000, 0, 12, 3],
                     [("review", 0.5, "var(--review)"), (HOSTILE, 0.9, "var(--reject)")], logarithmic=True),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(pages.one_file(HOSTILE, Markup("").join(map(charts.figure, CHARTS))), encoding="utf-8")
    return path


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.title[:8])
def test_a_figure_says_in_words_and_numbers_what_it_shows(chart):
    drawn = charts.figure(chart)
    assert f'role="img" aria-label="{Markup.escape(chart.title)}. {Markup.escape(chart.words)}"' in drawn
    assert drawn.count("<tr>") == len(chart.rows) + 1
    assert json.loads(drawn.partition("json\">")[2].partition("</script>")[0]) .keys() == chart.spec.keys()


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_embedded_json_cannot_leave_its_element(value):
    text = charts.embed(value)
    assert not set("<>&") & set(text)
    assert json.loads(text) == value


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_charts_are_drawn_offline_under_a_policy_of_hashes(visit, report, width, dark):  # noqa: F811
    page = visit(report.as_uri(), width=width, dark=dark)
    assert page.locator("figure.chart .plot svg").count() == len(CHARTS)
    assert page.locator("svg rect, svg path").count() > 20
    # What a screen reader is told is the figure's own label.
    labels = [plot.get_attribute("aria-label") for plot in page.locator("figure.chart [role=img]").all()]
    assert labels[1:] == [f"{chart.title}. {chart.words}" for chart in CHARTS[1:]]
    assert page.locator("figure.chart [role=img] > [aria-hidden=true] > svg").count() == len(CHARTS)
    ground, ink = (page.evaluate(f"getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color"))
    assert (ground == "rgb(255, 255, 255)") != dark
    title = page.locator("figure.chart .plot svg text").first
    assert page.evaluate("node => getComputedStyle(node).fill", title.element_handle()) != ground != ink


def test_hostile_words_are_shown_and_never_run(visit, report):  # noqa: F811
    page = visit(report.as_uri())
    assert page.title().startswith("</script><script>alert(1)")
    assert page.locator("img").count() == 0
    assert "<script>alert(1)" in page.locator("figure.chart figcaption").first.inner_text()


def test_the_numbers_can_be_read_without_scripts(visit, report):  # noqa: F811
    page = visit(report.as_uri(), script=False)
    page.locator("figure.chart:nth-of-type(4) summary").click()
    assert page.locator("figure.chart:nth-of-type(4) tbody tr").all_inner_texts() == ["2025-01\treview\t3", "2025-02\treview\t5"]


def test_served_pages_find_their_script_and_style(client):
    for name, kind in (("charts.js", "text/javascript"), ("page.css", "text/css")):
        with client.get(f"/static/{name}") as answer:
            assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, kind, "no-cache")
        with client.get(f"/static/{name}", headers={"If-None-Match": answer.headers["ETag"]}) as again:
            assert again.status_code == 304
    for path in ("/static/", "/static/none.js", "/static/..%2fcharts.py", "/static/../pages.py"):
        assert client.get(path).status_code == 404


def test_the_script_is_made_of_what_stands_in_charts():
    mark = re.search(r"sha256 (\w+)\.", pages.read("charts.js"))[1]
    made = hashlib.sha256((ROOT / "charts/charts.js").read_bytes() + (ROOT / "charts/package-lock.json").read_bytes()).hexdigest()
    assert mark == made, "charts/ has changed: run `make charts`"


def test_a_served_page_draws_under_its_policy(visit, client):  # noqa: F811
    def answer(route):
        path = route.request.url.removeprefix("http://pages.test")
        if path != "/":
            with client.get(path) as found:
                return route.fulfill(status=found.status_code, body=found.data, content_type=found.mimetype)
        body = Markup("").join(map(charts.figure, CHARTS)) + Markup('<div id="live"></div><script>document.title = "inline"</script>')
        head = ('<!doctype html><title>served</title><link rel="stylesheet" href="/static/page.css">'
                '<script src="/static/charts.js"></script>')
        headers = {"Content-Security-Policy": pages.SERVED}
        return route.fulfill(body=Markup(head) + body, content_type="text/html; charset=utf-8", headers=headers)

    page = visit("http://pages.test/", route=answer, expected=("Executing inline script violates",))
    assert page.title() == "served"
    assert page.locator("figure.chart .plot svg").count() == len(CHARTS)
    spec = {"data": {"values": [{"x": 1, "y": 2}]}, "mark": {"type": "point", "size": {"expr": "line * 20"}},
            "params": [{"name": "line", "value": 3}], "encoding": {"x": {"field": "x", "type": "quantitative"}}}
    assert page.evaluate("spec => charts.draw(document.getElementById('live'), spec).then(view => view.signal('line'))", spec) == 3


def luminance(colour):
    """Of `#rgb` or `#rrggbb`, by WCAG 2."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place:place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_can_be_told_from_the_paper(scheme):
    block = pages.read("page.css").split(":root {")[scheme + 1].partition("}")[0]
    colours = dict(re.findall(r"--([\w-]+): (#\w+);", block))
    for name, least in [("ink", 7), ("soft", 4.5), ("link", 4.5), ("approve", 3), ("review", 3), ("reject", 3),
                        *((f"series-{number}", 3) for number in range(1, 8))]:
        for ground in ("paper", "raised"):
            one, other = sorted((luminance(colours[name]), luminance(colours[ground])))
            assert (other + 0.05) / (one + 0.05) >= least, f"--{name} on --{ground}"
    one, other = sorted((luminance(colours["mark"]), luminance(colours["mark-ink"])))
    assert (other + 0.05) / (one + 0.05) >= 4.5
