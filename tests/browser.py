"""Chromium for tests of pages and reports, by Playwright. A test module imports both fixtures:

    from browser import chromium, visit  # noqa: F401

    def test_the_page_says_so(visit):
        page = visit("file:///...", width=390, dark=True)
        assert page.inner_text("h1") == "..."
"""

import shutil
from urllib.parse import urlsplit

import pytest

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync")


@pytest.fixture(scope="module")  # for longer its event loop would be in the way of other tests' own
def chromium():
    """The browser, started once for a test module."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("chromium is not installed: left out are the tests of pages and reports")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """`visit(url, width=1280, dark=False, script=True)` opens a page and waits for its charts.

    When the test ends, nothing may have gone wrong in any of its pages: no error, no warning, no breach of a Content-Security-Policy
    (the browser reports it as an error), nothing asked of another origin, nothing wider than the window. `expected` are the beginnings
    of messages that a test provokes; `route` answers requests in a server's stead (Playwright's `page.route`).
    """
    faults, contexts = [], []

    def open_page(url, *, width=1280, height=900, dark=False, script=True, route=None, expected=(), **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light",
                                       java_script_enabled=script, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        own = urlsplit(url)[:2]
        if route:
            page.route("**/*", route)
        page.on("console", lambda message: message.type in ("error", "warning") and not message.text.startswith(tuple(expected))
                and faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: urlsplit(request.url)[:2] != own and not request.url.startswith(("data:", "blob:"))
                and faults.append(f"asked for {request.url}"))
        page.on("dialog", lambda dialog: (faults.append(f"opened a dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(url)
        if script:
            page.evaluate("globalThis.charts && charts.drawn")
            room = page.evaluate("document.documentElement.scrollWidth")
            if room > width:
                faults.append(f"is {room} wide in a window of {width}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def barriers(page):
    """What Deque's axe-core finds that keeps somebody out (WCAG 2.2, A and AA, and its own best practices): rule and elements."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install -r requirements-dev.txt")
    found = axe.Axe().run(page).response["violations"]
    return [f"{rule['id']}: {rule['help']}: {node['target']} {node['html'][:120]}" for rule in found for node in rule["nodes"]]
