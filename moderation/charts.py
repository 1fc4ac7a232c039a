"""The one place that knows the charting library: figures in, an HTML `<figure>` with a Vega-Lite specification out.

Knows axes, bars and lines; knows nothing of models or audits. `moderation/static/charts.js` draws the figures of a page that
holds them (`moderation.pages` puts it there), in the colours of page.css. Each has a title, a sentence that says in words what it
shows, and its numbers as a table, for those who cannot see it and where no script runs.

>>> 'aria-label="Held. By month."' in figure(bars("Held", "By month.", "month", "comments", [("2025-01", "review", 3)]))
True
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from markupsafe import Markup, escape

SERIES = tuple(f"var(--series-{number})" for number in range(1, 8))
ACTIONS = {"approve": "var(--approve)", "review": "var(--review)", "reject": "var(--reject)"}
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 4], [1, 3])
_HEIGHT = 280

Spec = dict[str, Any]


class Line(NamedTuple):
    """A named run of points; `x` and `y` of one length."""

    name: str
    x: npt.ArrayLike
    y: npt.ArrayLike


class Chart(NamedTuple):
    """A title, what it shows in words, a Vega-Lite specification, and the same numbers as a table (none: they would not help)."""

    title: str
    words: str
    spec: Spec
    columns: tuple[str, ...] = ()
    rows: Sequence[Sequence[object]] = ()


def line_chart(title: str, words: str, x: str, y: str, lines: Sequence[Line], *, diagonal: bool = False, logarithmic: bool = False,
               dots: bool = False) -> Chart:
    """Lines in one frame; `diagonal` adds the line x = y, `logarithmic` is about the x axis. A line is told by its dashes too."""
    points = [{"line": line.name, "x": _number(one), "y": _number(other)}
              for line in lines for one, other in zip(np.asarray(line.x), np.asarray(line.y), strict=True)]
    names = [line.name for line in lines]
    by_name: Spec = {} if len(lines) == 1 else {
        "color": {"field": "line", "type": "nominal", "title": None, "scale": {"domain": names, "range": _cycle(SERIES, names)}},
        "strokeDash": {"field": "line", "type": "nominal", "title": None, "scale": {"domain": names, "range": _cycle(_DASHES, names)},
                       **({"legend": None} if dots else {})}}
    frame = {"x": {"field": "x", "type": "quantitative", "title": x, "axis": {"tickCount": 5},
                   "scale": {"type": "log" if logarithmic else "linear", "nice": False}},
             "y": {"field": "y", "type": "quantitative", "title": y}}
    layers: list[Spec] = [{"mark": {"type": "line", "point": dots}, "encoding": {
        **frame, **by_name, "order": {"field": "at"},
        "tooltip": [{"field": "line", "title": " "}, {"field": "x", "title": x, "format": ".3~g"},
                    {"field": "y", "title": y, "format": ".3~g"}]}}]
    if diagonal:
        layers.insert(0, {"data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]}, "encoding": frame,
                          "mark": {"type": "line", "color": "var(--soft)", "strokeDash": [2, 3], "strokeWidth": 1}})
    for at, point in enumerate(points):
        point["at"] = at
    few = [(point["line"], point["x"], point["y"]) for point in points] if len(points) <= 100 else []
    return Chart(title, words, _spec(points, layers), ("line", x, y) if few else (), few)


def bars(title: str, words: str, of: str, what: str, counts: Sequence[tuple[str, str, float]], colours: Mapping[str, str] = ACTIONS, *,
         upright: bool = False, share: bool = False) -> Chart:
    """Stacked bars, in the order given: (bar, part, count or percentage).

    `share` makes all bars of one length; `upright` lets them stand.
    """
    names = list(dict.fromkeys(bar for bar, _, _ in counts))
    order = [part for part in colours if any(part == other for _, other, _ in counts)]
    values = [{"bar": bar, "part": part, "count": count, "at": order.index(part)} for bar, part, count in counts]
    whole = not share and all(isinstance(count, int) for _, _, count in counts)  # there is no half of a comment
    along = {"field": "count", "type": "quantitative", "title": f"share of {what}" if share else what,
             "stack": "normalize" if share else "zero",
             "axis": {"format": "%" if share else ",~f", "tickCount": 5, **({"tickMinStep": 1} if whole else {})}}
    across = {"field": "bar", "type": "ordinal" if upright else "nominal", "title": of if upright else None, "sort": None,
              "axis": {"labelAngle": -45} if upright else {}}
    legend = None if len(order) == 1 else {"symbolType": "square", **({"columns": len(order)} if sum(map(len, order)) < 32 else {})}
    encoding = {
        "x": across if upright else along, "y": along if upright else across, "order": {"field": "at"},
        "color": {"field": "part", "type": "nominal", "legend": legend,
                  "scale": {"domain": order, "range": [colours[part] for part in order]}},
        "tooltip": [{"field": "bar", "title": of}, {"field": "part", "title": " "}, {"field": "count", "title": what, "format": ",~f"}]}
    # A line of the page's colour between the parts tells them apart without their colours.
    spec = _spec(values, [{"mark": {"type": "bar", "stroke": "var(--paper)", "strokeWidth": 1}, "encoding": encoding}])
    spec["height"] = _HEIGHT if upright else 26 * len(names)
    return Chart(title, words, spec, (of, "part", what), counts)


def histogram(title: str, words: str, x: str, what: str, edges: Sequence[float], counts: Sequence[int],
              lines: Sequence[tuple[str, float, str]] = (), *, logarithmic: bool = False) -> Chart:
    """Counts between `edges` (one more than counts), with upright lines (name, place, colour), such as thresholds.

    `logarithmic` is about the counts, and leaves out bins that hold nothing.
    """
    values = [{"from": low, "to": high, "count": count} for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
              if count or not logarithmic]
    high = max([*counts, 1])
    scale: Spec = {"type": "symlog", "constant": 1, "domain": [0, 3 * high]} if logarithmic else {}
    ticks: Spec = {"values": [0, *(10**power for power in range(len(str(high))))]} if logarithmic else {"tickCount": 5}
    layers: list[Spec] = [{"mark": {"type": "bar", "binSpacing": 1}, "encoding": {
        "x": {"field": "from", "type": "quantitative", "bin": {"binned": True}, "title": x,
              "scale": {"domain": [edges[0], edges[-1]], "nice": False}, "axis": {"tickCount": 5, "grid": False}},
        "x2": {"field": "to"},
        "y": {"field": "count", "type": "quantitative", "title": what, "scale": scale, "axis": {"format": ",~f", **ticks}},
        "tooltip": [{"field": "from", "title": "from"}, {"field": "to", "title": "to"},
                    {"field": "count", "title": what, "format": ","}]}}]
    for name, place, colour in lines:
        at = {"x": {"datum": place, "type": "quantitative"}}
        rule = {"type": "rule", "color": colour, "strokeWidth": 2, "strokeDash": [4, 2], "tooltip": f"{name} {place:g}"}
        layers.append({"data": {"values": [{}]}, "mark": rule, "encoding": at})
        text = {"type": "text", "text": name, "color": colour, "angle": 270, "align": "right", "baseline": "bottom", "dy": -3, "y": 4}
        layers.append({"data": {"values": [{}]}, "mark": text, "encoding": at})
    shown = [(f"{value['from']:g} to {value['to']:g}", value["count"]) for value in values if value["count"]]
    return Chart(title, words, _spec(values, layers), (x, what), shown)


def mirrored(title: str, words: str, x: str, what: str, edges: Sequence[float], parts: Sequence[tuple[str, Sequence[int], str]]) -> Chart:
    """Two histograms over the same `edges`, one standing up and one hanging down: (name, counts, colour), by the logarithm of counts."""
    (upper, above, _), (lower, below, _) = parts
    values = [{"from": low, "to": high, "part": name, "count": count, "drawn": sign * count}
              for name, counts, sign in ((upper, above, 1), (lower, below, -1))
              for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True) if count]
    high = max([*above, *below, 1])
    powers = [10**power for power in range(len(str(high)))]
    spec = _spec(values, [{"mark": {"type": "bar", "binSpacing": 1}, "encoding": {
        "x": {"field": "from", "type": "quantitative", "bin": {"binned": True}, "title": x,
              "scale": {"domain": [edges[0], edges[-1]], "nice": False}, "axis": {"tickCount": 5, "grid": False}},
        "x2": {"field": "to"},
        "y": {"field": "drawn", "type": "quantitative", "title": what, "stack": None,
              "scale": {"type": "symlog", "constant": 1, "domain": [-2 * high, 2 * high]},
              "axis": {"values": [*(-power for power in powers), 0, *powers], "labelExpr": "format(abs(datum.value), ',')"}},
        "color": {"field": "part", "type": "nominal", "scale": {"domain": [upper, lower], "range": [colour for _, _, colour in parts]},
                  "legend": {"symbolType": "square", "orient": "bottom"}},
        "tooltip": [{"field": "part", "title": " "}, {"field": "from", "title": "from"}, {"field": "to", "title": "to"},
                    {"field": "count", "title": what, "format": ","}]}}])
    return Chart(title, words, spec, (x, "part", what),
                 [(f"{value['from']:g} to {value['to']:g}", value["part"], value["count"]) for value in values])


def figure(chart: Chart) -> Markup:
    """The chart as HTML, drawn by charts.js; safe to put into any page, whatever its texts hold."""
    label = f"{chart.title}. {chart.words}"
    parts = [Markup('<figure class="chart"><figcaption>{}</figcaption><p>{}</p><div class="plot" role="img" aria-label="{}"></div>'
                    '<script type="application/json">{}</script>').format(chart.title, chart.words, label, embed(_plain(chart.spec)))]
    if chart.rows:
        head = Markup("").join(Markup('<th scope="col">{}</th>').format(column) for column in chart.columns)
        body = Markup("").join(Markup("<tr>{}</tr>").format(Markup("").join(_cell(cell) for cell in row)) for row in chart.rows)
        parts.append(Markup('<details><summary>The numbers as a table</summary><div class="scroll" tabindex="0"><table>'
                            '<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>').format(head, body))
    return Markup("").join([*parts, Markup("</figure>\n")])


def embed(value: object) -> Markup:
    """JSON to stand within `<script type="application/json">`: nothing in it can end the element or open another."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _spec(values: Sequence[Spec], layers: list[Spec]) -> Spec:
    return {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "width": "container", "height": _HEIGHT,
            "data": {"values": values}, **(layers[0] if len(layers) == 1 else {"layer": layers})}


def _cell(cell: object) -> Markup:
    if isinstance(cell, int | float):
        return Markup('<td class="number">{}</td>').format(f"{cell:,}" if isinstance(cell, int) else f"{cell:.4g}")
    return Markup("<td>{}</td>").format(escape(cell))


def _plain(value: Any) -> Any:
    """The same without characters that do not print: Vega-Lite writes some texts into expressions, which a line separator breaks."""
    if isinstance(value, str):
        return "".join(char if char.isprintable() else " " for char in value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _number(value: Any) -> float:
    return round(float(value), 5)


def _cycle(choices: Sequence[Any], names: Sequence[str]) -> list[Any]:
    return [choices[index % len(choices)] for index in range(len(names))]
