"""Pages that stand alone: one HTML file with its style, its charts and nothing from elsewhere; and what served pages share.

Knows HTML and the Content-Security-Policy; knows nothing of what a page shows.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from markupsafe import Markup

STATIC = Path(__file__).parent / "static"
# For pages of the service, whose scripts and styles come from /static/ and whose scripts call the service.
SERVED = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
          "base-uri 'none'; frame-ancestors 'none'")


@cache
def read(name: str) -> str:
    """A file of moderation/static."""
    return (STATIC / name).read_text(encoding="utf-8")


def one_file(title: str, body: Markup, script: str = "", style: str = "") -> str:
    """A whole page for a file that opens offline: `body` with page.css, charts.js and the page's own script and style.

    Its policy names the hashes of just these, so that nothing else in it runs or loads, whatever `body` should hold.
    """
    scripts = [text for text in (read("charts.js"), script) if text]
    sheet = read("page.css") + style
    policy = (f"default-src 'none'; script-src {' '.join(map(_hash, scripts))}; style-src {_hash(sheet)}; img-src data:; "
              "base-uri 'none'; form-action 'none'")
    head = Markup('<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
                  '<meta http-equiv="Content-Security-Policy" content="{}">\n'
                  '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{}</title>\n').format(policy, title)
    scripting = [f"\n<script>{text}</script>" for text in scripts]
    return "".join([head, f"<style>{sheet}</style></head>\n<body>\n", body, *scripting, "\n</body></html>\n"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
