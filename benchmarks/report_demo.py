"""The report of an archive made up by chance, that of a comparison with another policy, and pictures of both, to be looked at.

    make report-demo        # .venv/demo/report/audit/report.html, .venv/demo/report/diff.html, and *.png and *.pdf beside it

So are the reports of an archive of which every comment is rejected (`rejected`), and of one that holds none (`unusable`).
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import sys
from pathlib import Path

import archive

from moderation import cli
from moderation.lexicon import Lexicon
from moderation.settings import ROOT

ROWS = 20_000
WINDOWS = {"desktop": (1280, 900), "phone": (390, 844)}


def pictures(pages: dict[str, Path], folder: Path) -> None:
    """A picture of each page at desktop and phone width, in light and dark, one with the comments in full, and the page as printed."""
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
                    if page.locator("#text-full").count() and (window, scheme) == ("desktop", "light"):
                        page.pdf(path=folder / f"{name}.pdf")
                        page.locator("#text-full").check()
                        page.screenshot(path=folder / f"{name}-in-full.png", full_page=True)
                    context.close()
        browser.close()


def write_texts(path: Path, texts: list[str]) -> Path:
    """An archive of these comments and nothing else."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *enumerate(texts)])
    return path


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
    pages = {"report": folder / "audit/report.html", "diff": folder / "diff.html"}
    os.environ["MODERATION_POLICY"] = str(ROOT / "seeds/policy.toml")
    strong = [term.text for term in Lexicon.load([ROOT / "seeds/lexicon"]).terms if (term.category, term.severity) == ("obscene", "strong")]
    for name, texts in (("rejected", [f"You are {text}." for text in strong[:300]]), ("unusable", [" "] * 300)):
        cli.main(["audit", str(write_texts(folder / f"{name}.csv", texts)), "--out", str(folder / name)])
        pages[name] = folder / name / "report.html"
    pictures(pages, folder)


if __name__ == "__main__":
    main()
