"""The console in a browser: lines are dragged, figures agree with the core, a policy is published, decides, and is taken back."""

import csv
import http.client
import json
import math
import shutil

import pytest
from browser import barriers, chromium, visit  # noqa: F401
from serving import Served

from moderation import keys
from moderation import settings as settings_module
from moderation.scorer import ScorerSpec, open_scorer
from moderation.settings import ROOT
from moderation.tune.labelled import score
from moderation.tune.reader import read_labelled
from moderation.tune.words import sentences

SEEDS = ROOT / "seeds/comments.csv"
REFUSED = ["Failed to load resource: the server responded with a status of 4"]
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> {{7*7}} \u202e 💩 fig"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("console")
    shutil.copy(ROOT / "seeds/policy.toml", folder / "policy.toml")
    with Served(folder, policy=str(folder / "policy.toml")) as served:
        yield served


def test_an_editor_signs_in_and_out_by_the_forms(tmp_path, visit):  # noqa: F811
    text, _ = keys.create(tmp_path / "keys.json", "editor", ("score", "tune"))
    with Served(tmp_path, workers=1, tier="fast") as served:
        page = visit(f"http://127.0.0.1:{served.port}/console/tune", expected=REFUSED)
        assert "keys create NAME --scopes score,tune" in page.inner_text("main")
        for key, heading in (("mk-wrong-1", "Sign in"), (text, "Tune thresholds")):
            page.fill("input[name=key]", key)
            page.click("main button")
            assert page.inner_text("h1") == heading
        page.click("header button")
        assert page.inner_text("h1") == "Sign in"
        assert page.goto(f"http://127.0.0.1:{served.port}/console/try").url.endswith("/console/sign-in?page=try")


@pytest.fixture(scope="module")
def scorer():
    return open_scorer(ScorerSpec.from_settings(settings_module.load({})))


@pytest.fixture(scope="module")
def scored(scorer):
    return score(read_labelled(SEEDS, scorer.policy.categories), scorer)


def until(page, condition):
    """Wait for a condition in the page; Playwright's own way needs `eval`, which the page forbids."""
    for _ in range(300):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came: {condition}")


def decided(service, text):
    """The decision and the policy that every worker answers with."""
    answers = set()
    for _ in range(12):  # a connection each, so that both workers are asked
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
        connection.request("POST", "/v1/score", json.dumps({"text": text}), {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        answers.add((answer["categories"]["personal"]["action"], answer["versions"]["policy"]))
        connection.close()
    assert len(answers) == 1
    return answers.pop()


@pytest.fixture
def tune(service, visit):  # noqa: F811
    """`tune(file)`: the page with a file of labels opened."""

    def start(path=SEEDS, **look):
        page = visit(f"http://127.0.0.1:{service.port}/console/tune", **look)
        page.set_input_files("#file", str(path))
        page.wait_for_selector("#handle-reject")
        page.select_option("#category", "personal")
        until(page, "document.querySelector('#histogram figcaption').textContent.startsWith('personal')")
        until(page, "document.querySelector('#counted').textContent && document.querySelector('#groups tbody tr')")
        return page

    return start


def drag(page, handle, to):
    """Take a handle to a score."""
    page.locator(f"#handle-{handle}").scroll_into_view_if_needed()
    box = page.locator(f"#handle-{handle}").bounding_box()
    here = float(page.input_value(f"#{handle}"))
    width = page.evaluate("(() => { const [a, b] = document.querySelector('#histogram .plot').view.scale('x').range(); return b - a; })()")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + (to - here) * width, y, steps=4)
    page.mouse.up()


def shown(page, review, reject):
    """The figures that the page shows once it has caught up with these lines."""
    until(page, f"document.querySelector('#counted').textContent.includes('Review from {review}, reject from {reject}:')")
    cells = page.eval_on_selector_all("#shares td[data-name]", "cells => cells.map(cell => [cell.dataset.name, cell.dataset.value])")
    return {name: None if value == "null" else float(value) for name, value in cells}


def test_a_dragged_line_shows_the_figures_of_the_core_to_the_last_digit(tune, scored):
    page = tune()
    drag(page, "review", 0.31)
    page.locator("#handle-reject").focus()
    for key in ("ArrowLeft", "ArrowLeft", "Shift+ArrowRight"):
        page.keyboard.press(key)
    review, reject = (float(page.input_value(f"#{line}")) for line in ("review", "reject"))
    assert 0.29 <= review <= 0.33 and reject == 0.881
    assert page.get_attribute("#handle-reject", "aria-valuetext") == "reject from 0.881"
    figures = scored.curve("personal").figures(review, reject)
    for name, value in shown(page, review, reject).items():
        wanted = getattr(figures, name).value
        assert value == (None if math.isnan(wanted) else wanted)
    assert page.locator("#sentences li").all_inner_texts() == sentences(figures)


def test_a_line_is_never_drawn_past_the_other(tune):
    page = tune()
    page.locator("#handle-review").focus()
    page.keyboard.press("End")
    assert page.input_value("#review") == page.input_value("#reject") == "0.9"
    page.click("#reset")
    until(page, "document.querySelector('#review').value === '0.5'")


def test_lines_are_published_decide_in_every_worker_and_are_taken_back(tune, service, scored, scorer):
    column = scored.categories.index("personal")
    # Labels are scored with the encoder, so the comment is one of which the service asks it too.
    found = sorted(zip(scored.scores[:, column].tolist(), scored.rows.texts, strict=True), reverse=True)
    value, comment = next((value, text) for value, text in found if value < 0.5 and scorer.score(text).tier == "deep")
    before = decided(service, comment)
    assert before == ("approve", scorer.versions.policy)
    page = tune()
    page.fill("#review", f"{math.floor(value * 1000) / 1000}")
    until(page, "!document.querySelector('#difference').hidden")
    assert "+review = " in page.inner_text("#difference")
    page.fill("#reason", "one more to look at")
    page.click("#publish-button")
    until(page, "document.querySelector('#published').textContent.startsWith('It is published')")
    after = decided(service, comment)
    assert after[0] == "review" and after[1] == page.inner_text("#policy-version") != before[1]
    page.fill("#reason", "too many")
    page.click("#undo")
    until(page, "document.querySelector('#published').textContent.startsWith('It is taken back')")
    assert decided(service, comment) == before


def test_a_draft_that_makes_things_worse_is_refused_with_its_reasons(tune, service, scorer):
    page = tune(expected=REFUSED)
    page.fill("#review", "0.02")
    until(page, "!document.querySelector('#difference').hidden")
    page.fill("#reason", "hold them all")
    page.click("#publish-button")
    page.wait_for_selector("#refusal:not([hidden])", timeout=60_000)
    assert "WORSE" in page.inner_text("#refusal") and page.is_visible("#override")
    assert decided(service, "What a lovely garden.")[1] == scorer.versions.policy


def test_a_wish_finds_lines_or_says_what_is_missing(tune):
    page = tune()
    page.fill("#target", "maximum recall @ precision >= 0.999")
    page.click("#find button")
    page.wait_for_selector("#promises .error")
    assert "label" in page.inner_text("#promises")
    page.fill("#target", "minimum review @ miss <= 0.5")
    page.click("#find button")
    page.wait_for_selector("#promises li:not(.error)")
    assert "Promised: personal: at most 50 %" in page.inner_text("#promises")
    until(page, "document.querySelector('#review').value !== '0.5'")


@pytest.mark.parametrize("look", [{}, {"width": 390, "dark": True}], ids=["desktop", "phone"])
def test_a_hostile_comment_is_shown_as_text(tune, visit, service, tmp_path, look):  # noqa: F811
    path = tmp_path / "hostile.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "personal", "section"])
        rows.writerows([f"{HOSTILE} {number}", number % 2, HOSTILE] for number in range(40))
    page = tune(path, **look)
    assert HOSTILE in page.inner_text("#near-review")
    page = visit(f"http://127.0.0.1:{service.port}/console/try", **look)
    page.fill("#text", HOSTILE)
    page.wait_for_selector("#found:not([hidden])")
    assert page.inner_text("#shown") == HOSTILE
    assert page.locator("#found script, #found img").count() == 0


def test_a_file_that_cannot_be_used_is_told_by_its_line(service, visit, tmp_path):  # noqa: F811
    path = tmp_path / "bad.csv"
    path.write_text("text,personal\nfig,2\n")
    page = visit(f"http://127.0.0.1:{service.port}/console/tune", expected=REFUSED)
    page.set_input_files("#file", str(path))
    page.wait_for_selector("#error:not([hidden])")
    assert "line 2, personal: is neither 0 nor 1" in page.inner_text("#error")


def test_nothing_on_the_tuning_page_keeps_somebody_out(tune):
    assert barriers(tune()) == []


def test_nothing_on_the_other_pages_keeps_somebody_out(service, visit):  # noqa: F811
    pages = (("/console/try", False), ("/docs", False), ("/docs", True))
    assert [barriers(visit(f"http://127.0.0.1:{service.port}{path}", dark=dark)) for path, dark in pages] == [[], [], []]
