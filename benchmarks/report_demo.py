"""The report of an archive made up by chance, that of a comparison with another policy, and pictures of both, to be looked at.

    make report-demo        # .venv/demo/report/audit/report.html, .venv/demo/report/diff.html, and *.png beside it
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

import archive

from moderation import cli
from moderation.settings import ROOT

ROWS = 20_000
WINDOWS = {"desktop": (1280, 900), "phone": (390, 844)}


def pictures(pages: dict[str, Path], folder: Path) -> None:
    """A picture of each page at desktop and phone width, in light and dark."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        sys.exit("chromium is not installed: no pictures were taken")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name, page_path in pages.items():
            for window, (width, height) in WINDOWS.items():
                for scheme in ("light", "dark"):
                    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
                    page = context.new_page()
                    page.goto(page_path.as_uri())
                    page.evaluate("charts.drawn")
                    picture = folder / f"{name}-{window}-{scheme}.png"
                    page.screenshot(path=picture, full_page=True)
                    print(picture)
                    context.close()
        browser.close()


def main() -> None:
    """Make all of it anew."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    given = parser.parse_args()
    folder = given.folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    source = folder / "comments.csv"
    archive.write(source, given.rows)
    # A milder policy for the comparison: comments are held from a little later on.
    lines, moved = "\nreview = 0.50\nreject = 0.90\n", "\nreview = 0.55\nreject = 0.90\nscale = { review = 0.50, reject = 0.90 }\n"
    policy = (ROOT / "seeds/policy.toml").read_text(encoding="utf-8").replace(lines, moved)
    (folder / "milder.toml").write_text(policy, encoding="utf-8")
    for out, path in (("audit", ROOT / "seeds/policy.toml"), ("milder", folder / "milder.toml")):
        os.environ["MODERATION_POLICY"] = str(path)
        if cli.main(["audit", str(source), "--out", str(folder / out)]):
            sys.exit(1)
    cli.main(["audit", "diff", str(folder / "audit"), str(folder / "milder"), "--html", str(folder / "diff.html"), "--source", str(source)])
    pictures({"report": folder / "audit/report.html", "diff": folder / "diff.html"}, folder)


if __name__ == "__main__":
    main()
