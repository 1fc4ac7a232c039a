"""Versions of a policy: what is published, refused, taken back, and taken up by every worker; and the way to another model."""

import json
import shutil
import threading
import time

import numpy as np
import pytest
from conftest import ATTRIBUTES, make_classifier
from serving import Served

from moderation import cli, policy_commands, settings
from moderation.policies import files, gate, translate, versions
from moderation.policies.gate import Finding
from moderation.policies.versions import PublishError
from moderation.policy import Policy
from moderation.rules import parse_rules
from moderation.scorer import Scorer, ScorerSpec, open_scorer
from moderation.settings import ROOT
from moderation.tune.draft import draft
from moderation.tune.labelled import Labelled

TEXT = (ROOT / "seeds/policy.toml").read_text(encoding="utf-8")
STRICT = TEXT.replace("\nreview = 0.50", "\nreview = 0.45")
BAD = Finding("something", 1.0, 3.0, 2.0, ("c1", "c2"))


@pytest.fixture
def live(tmp_path, monkeypatch):
    path = tmp_path / "policy.toml"
    path.write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv("MODERATION_POLICY", str(path))
    return path


@pytest.fixture(scope="module")
def product():
    return open_scorer(ScorerSpec.from_settings(settings.load({})))


def run(capsys, *arguments):
    code = cli.main(["policy", *map(str, arguments)])
    return code, *capsys.readouterr()


def test_a_version_has_its_bytes_and_its_record(live):
    made = versions.publish(live, STRICT, "ann", "tighter", figures={"rows": 300}, base=files.digest(TEXT.encode()))
    assert live.read_text() == versions.text_of(live, 2) == STRICT
    found = versions.versions(live)
    assert [version.who for version in found] == ["found in force", "ann"]
    assert (found[1], versions.in_force(live)) == (made, made)
    assert (made.policy, made.before, made.figures) == (files.digest(STRICT.encode()), files.digest(TEXT.encode()), {"rows": 300})
    assert versions.text_of(live, 1) == TEXT


def test_the_way_back_and_further_back(live):
    versions.publish(live, STRICT, "ann", "tighter")
    versions.publish(live, STRICT + "# third\n", "bob", "a word")
    assert versions.rollback(live, None, "ann", "no").restores == 2
    assert live.read_text() == STRICT
    assert versions.rollback(live, None, "ann", "no").restores == 1
    assert live.read_text() == TEXT
    with pytest.raises(PublishError, match="none before"):
        versions.rollback(live, None, "ann", "no")
    assert versions.rollback(live, 3, "bob", "yes").number == 6
    assert live.read_text() == STRICT + "# third\n"
    with pytest.raises(PublishError, match="the versions are 1, 2, 3"):
        versions.rollback(live, 17, "bob", "yes")


def test_what_was_changed_by_hand_is_kept_as_a_version(live):
    versions.publish(live, STRICT, "ann", "tighter")
    live.write_text(TEXT + "# by hand\n")
    assert versions.in_force(live) is None
    versions.publish(live, STRICT, "ann", "tighter again")
    assert [version.why for version in versions.versions(live)] == ["as it was before the first version", "tighter", "changed by hand",
                                                                   "tighter again"]
    assert versions.text_of(live, 3) == TEXT + "# by hand\n"


def test_a_closed_gate_needs_a_reason_which_is_kept(live):
    with pytest.raises(PublishError, match=r"something\n     3, and 2 is allowed \(c1, c2\)"):
        versions.publish(live, STRICT, "ann", "tighter", gate=[BAD])
    assert live.read_text() == TEXT and not files.folder(live).exists()
    made = versions.publish(live, STRICT, "ann", "tighter", gate=[BAD], override="an attack is going on")
    assert (made.override, versions.versions(live)[-1].gate) == ("an attack is going on", (BAD,))


def test_a_reason_is_asked_for(live):
    for why in ("", "  ", "x" * 501):
        with pytest.raises(PublishError, match="say why"):
            versions.publish(live, STRICT, "ann", why)


def test_a_draft_of_another_policy_is_refused(live):
    base = files.digest(TEXT.encode())
    versions.publish(live, STRICT, "ann", "tighter", base=base)
    with pytest.raises(PublishError, match="make the draft again"):
        versions.publish(live, TEXT + "# other\n", "bob", "mine", base=base)
    assert live.read_text() == STRICT


def test_of_many_who_publish_at_once_each_has_a_number_and_one_is_in_force(live):
    def publish(number):
        versions.publish(live, f"{TEXT}# {number}\n", f"user {number}", "all at once")

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = versions.versions(live)
    assert [version.number for version in found] == list(range(1, 10))
    assert versions.in_force(live) == found[-1]
    assert [version.before for version in found[1:]] == [version.policy for version in found[:-1]]
    assert not list(live.parent.glob(".policy.toml.*"))


def test_a_version_whose_bytes_were_changed_is_not_put_in_force(live):
    versions.publish(live, STRICT, "ann", "tighter")
    (files.folder(live) / "0001.toml").write_text("nonsense")
    with pytest.raises(PublishError, match="restore it from a backup"):
        versions.rollback(live, 1, "ann", "no")


# The gate


def test_the_gate_is_open_for_the_policy_in_force(product):
    assert not any(finding.is_refused or finding.after != finding.before for finding in gate.examine(product, product))


@pytest.mark.parametrize(("review", "reject", "check"), [
    (0.5, 0.5, "functional cases"), (0.04, 0.9, "share of seed comments decided wrongly, any"), (0.2, 0.3, "civil seed comments rejected"),
    (0.15, 0.9, "fairness, civil sentences held"), (0.9, 0.95, "fairness, hateful sentences missed")])
def test_the_gate_says_what_got_worse(product, review, reject, check):
    lines = product.policy.thresholds
    lines[..., 0], lines[..., 1] = review, reject
    found = gate.examine(product, gate.with_policy(product, draft(TEXT, lines, product.policy.attributes)))
    refused = [finding for finding in found if finding.is_refused]
    assert any(finding.check.startswith(check) for finding in refused)
    assert all(finding.describe().startswith("WORSE") for finding in refused)


def test_the_gate_takes_policies_with_other_categories_and_sections(product):
    other = TEXT.partition("[categories.obscene]")[0]
    assert gate.examine(product, gate.with_policy(product, other))


# The commands


def test_publishing_tells_what_was_tried_and_lists_it(capsys, live, tmp_path):
    path = tmp_path / "draft.toml"
    files.write_draft(path, TEXT.replace("\nreject = 0.90", "\nreject = 0.91"), {"drafted_from": files.digest(TEXT.encode()), "rows": 7})
    code, printed, _ = run(capsys, "publish", path, "--reason", "a little less", "--who", "ann")
    assert code == 0
    assert "fine   functional cases" in printed
    assert versions.in_force(live).figures["rows"] == 7
    assert len(versions.in_force(live).gate) == 10
    _, printed, _ = run(capsys, "list")
    assert [line[:5] for line in printed.splitlines()] == ["    1", "*   2"]
    code, printed, _ = run(capsys, "diff", 1)
    assert (code, printed.count("\n+reject = 0.91")) == (0, 3)
    code, printed, _ = run(capsys, "diff", 2, live)
    assert printed == "they are the same\n"
    code, printed, _ = run(capsys, "rollback", "--reason", "no")
    assert (code, live.read_text()) == (0, TEXT)


def test_a_closed_gate_ends_with_3_and_an_override_opens_it(capsys, live, tmp_path):
    path = tmp_path / "draft.toml"
    path.write_text(TEXT.replace("severe = 0.60\nmost = 0.85", "severe = 0.97\nmost = 1.00"))
    code, printed, told = run(capsys, "publish", path, "--reason", "no quotations")
    assert (code, live.read_text()) == (policy_commands.CLOSED, TEXT)
    assert "WORSE" in printed and "--override" in told
    assert run(capsys, "publish", path, "--reason", "no quotations", "--override", "a night shift is there")[0] == 0
    assert "published all the same: a night shift is there" in run(capsys, "list")[1]


def test_a_draft_that_is_no_policy_is_refused_with_all_that_is_wrong(capsys, live, tmp_path):
    path = tmp_path / "draft.toml"
    path.write_text(TEXT.replace("review = 0.50", "revue = 0.50"))
    code, _, told = run(capsys, "publish", path, "--reason", "typo")
    assert (code, live.read_text()) == (1, TEXT)
    assert "policy error" in told and "did you mean `review`?" in told


# In service


def test_every_worker_takes_a_published_version_up(live, tmp_path):
    with Served(tmp_path, workers=2, policy=str(live)) as served:
        first = served.versions()
        made = versions.publish(live, STRICT, "ann", "tighter")
        for _ in range(100):
            if served.versions(10) == {made.policy}:
                break
            time.sleep(0.1)
        assert served.versions(30) == {made.policy} != first
        live.with_name("other").write_text("nonsense")
        versions.publish(live, "nonsense", "ann", "by mistake")
        assert served.versions(30) == {made.policy}
        back = versions.rollback(live, 1, "ann", "as before")
        for _ in range(100):
            if served.versions(10) == {back.policy}:
                break
            time.sleep(0.1)
        assert served.versions(30) == first


# To another model


class Swapped:
    """Scores of the same rows on another scale."""

    old = np.random.default_rng(4).random((4000, 1)) ** 3
    new = old**2 / 2


def test_a_matched_rate_flags_as_many():
    for point in (0.1, 0.5, 0.9):
        line = translate.matched_rate(Swapped.old[:, 0], Swapped.new[:, 0], point)
        assert (Swapped.new >= line).sum() == (Swapped.old >= point).sum()
        assert line == pytest.approx(point**2 / 2, abs=0.01)
    assert translate.matched_rate(Swapped.old[:, 0], Swapped.new[:, 0], 1.0) is None


def test_a_matched_precision_is_as_precise():
    labels = (np.random.default_rng(5).random(4000) < Swapped.old[:, 0]).astype(float)
    for point in (0.2, 0.6):
        line = translate.matched_precision(Swapped.old[:, 0], Swapped.new[:, 0], labels, point)
        assert labels[Swapped.new[:, 0] >= line].mean() >= labels[Swapped.old[:, 0] >= point].mean()
        assert (Swapped.new >= line).sum() == (Swapped.old >= point).sum()


def test_a_translated_policy_decides_alike_and_only_its_points_change(scorer):
    random = np.random.default_rng(6)
    words = "fig banana durian prune quince apple pear plum melon grape lime kiwi lemon peach".split()
    rows = Labelled(tuple(" ".join(random.choice(words, 5)) for _ in range(1500)), (), np.empty((1500, 0)), (None,) * 1500)
    other = make_classifier("other")
    other.arrays["values"][:] = other.arrays["values"] ** 2  # the same order, lower probabilities
    text = (ROOT / "tests/cases/policy.toml").read_text(encoding="utf-8")
    after = Scorer(other, scorer.lexicon, Policy(parse_rules(text.encode(), "policy", ATTRIBUTES), ATTRIBUTES))
    old, new = (translate.probabilities(one, rows.texts) for one in (scorer, after))
    made, points = translate.translate(text, old, new, rows, ATTRIBUTES, ATTRIBUTES)
    naive = translate.flips(scorer, after, rows)
    carried = translate.flips(scorer, gate.with_policy(after, made), rows)
    assert len(carried) < len(naive) / 4
    assert {point.by for point in points} >= {"flag rate"}
    one, two = (parse_rules(content.encode(), "policy") for content in (text, made))
    assert [(category.review, category.reject, category.scale) for category in one.categories] == [
        (category.review, category.reject, category.scale) for category in two.categories]
    assert "# " in made and made.count("\n") == text.count("\n")


def test_translating_lists_what_flips(capsys, live, tmp_path):
    model = tmp_path / "default"
    shutil.copytree(ROOT / "models/default", model)
    comments = tmp_path / "comments.jsonl"
    seeds = (ROOT / "seeds/comments.csv").read_text(encoding="utf-8").splitlines()[1:25]
    comments.write_text("".join(json.dumps({"text": line}) + "\n" for line in seeds), encoding="utf-8")
    out = tmp_path / "draft.toml"
    code, printed, _ = run(capsys, "translate", "--from", ROOT / "models/default", "--to", model, comments, "--out", out)
    assert code == 0
    assert "0 of 24 comments get another action" in printed
    assert out.read_text() == TEXT
