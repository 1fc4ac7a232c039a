"""The one place that knows the charting library: curves in, inline SVG out.

Knows axes and lines; knows nothing of models. The SVG stands in a page as it is, with no script and no file beside it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy.typing as npt

_SIZE = (4.6, 3.6)


class Line(NamedTuple):
    """A named run of points; `x` and `y` of one length."""

    name: str
    x: npt.ArrayLike
    y: npt.ArrayLike


def line_chart(title: str, x: str, y: str, lines: Sequence[Line], *, diagonal: bool = False, logarithmic: bool = False,
               dots: bool = False) -> str:
    """An SVG of lines in one frame; `diagonal` adds the line x = y, `logarithmic` is about the x axis."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    with mpl.rc_context({"svg.hashsalt": "moderation", "svg.fonttype": "none", "font.size": 8, "font.family": "sans-serif"}):
        figure, axes = pyplot.subplots(figsize=_SIZE, layout="constrained")
        if diagonal:
            axes.plot([0, 1], [0, 1], color="#999", linewidth=0.8, linestyle=":")
        for line in lines:
            axes.plot(line.x, line.y, label=line.name, linewidth=1.2, marker="o" if dots else None, markersize=3)
        if logarithmic:
            axes.set_xscale("log")
        axes.set(title=title, xlabel=x, ylabel=y)
        axes.grid(color="#ddd", linewidth=0.5)
        if len(lines) > 1 or lines[0].name:
            axes.legend(fontsize=7, frameon=False)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    svg = drawn.getvalue()
    svg = svg[svg.index("<svg") :]
    # Ids are unique within one chart only, and a page holds many.
    mark = re.sub(r"\W+", "-", title.lower()).strip("-")
    return re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{mark}-", svg)
