"""A new policy without a stop, in every worker; a bad one refused while the last good one goes on."""

import gc
import json
import os
import shutil
import signal
import threading
import time
import weakref

import pytest
from conftest import post
from serving import Served

from moderation import settings as settings_module
from moderation.policy import Policy
from moderation.service.app import create_app
from moderation.settings import ROOT

WORDS = "[obscene strong]\nkumquat\n"
SEEDS = (ROOT / "tests/cases/policy.toml").read_text(encoding="utf-8")


def _parts(scorer):
    return scorer.classifier, scorer.lexicon, scorer.cascade


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.toml"
    shutil.copy(ROOT / "tests/cases/policy.toml", path)
    return path


@pytest.fixture
def reloaded(policy):
    return create_app(settings_module.load({"MODERATION_POLICY": str(policy)})).test_client()


def test_a_changed_policy_holds_from_the_answer_on(reloaded, policy):
    before = post(reloaded, "/v1/score", {"text": "fig"})[1]["versions"]
    assert post(reloaded, "/v1/admin/reload", None) == (200, {"versions": before, "changed": False})
    policy.write_text(SEEDS + "\n# changed\n")
    status, body = post(reloaded, "/v1/admin/reload", None)
    assert (status, body["changed"], body["versions"]["model"]) == (200, True, before["model"])
    assert body["versions"]["policy"] != before["policy"]
    assert post(reloaded, "/v1/score", {"text": "fig"})[1]["versions"] == body["versions"]
    assert 'moderation_reloads_total{outcome="taken"} 2.0' in reloaded.get("/metrics").text


def test_a_bad_policy_is_refused_with_all_that_is_wrong(reloaded, policy):
    before = post(reloaded, "/v1/score", {"text": "fig"})
    policy.write_text(SEEDS.replace("review", "revue"))
    response = reloaded.post("/v1/admin/reload")
    assert (response.status_code, response.mimetype) == (422, "application/problem+json")
    assert len(response.get_json()["problems"]) > 1
    policy.unlink()
    assert reloaded.post("/v1/admin/reload").status_code == 422
    assert post(reloaded, "/v1/score", {"text": "fig"}) == before
    assert 'moderation_reloads_total{outcome="refused"} 2.0' in reloaded.get("/metrics").text


def test_a_model_that_fails_its_own_texts_is_refused(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(ROOT / "models/default", folder)
    client = create_app(settings_module.load({"MODERATION_MODEL": str(folder)})).test_client()
    content = json.loads((folder / "parity.json").read_text())
    content["rows"][2]["scores"][0] += 0.01
    (folder / "parity.json").write_text(json.dumps(content))
    assert client.post("/v1/admin/reload").status_code == 422
    assert client.get("/readyz").status_code == 200


def test_what_has_not_changed_is_taken_over_and_the_old_scorer_is_not_kept(reloaded, policy):
    reloader = reloaded.application.extensions["reload"]
    parts, old = _parts(reloader.live.scorer), weakref.ref(reloader.live.scorer)
    policy.write_text(f"{SEEDS}\n# changed\n")
    assert reloaded.post("/v1/admin/reload").get_json()["changed"] is True
    gc.collect()
    assert old() is None
    assert all(new is before for new, before in zip(_parts(reloader.live.scorer), parts, strict=True))


def test_a_changed_part_is_loaded_anew_and_the_others_are_taken_over(tmp_path):
    words = tmp_path / "own.txt"
    words.write_text(WORDS)
    model = tmp_path / "model"
    shutil.copytree(ROOT / "models/default", model)
    client = create_app(settings_module.load({"MODERATION_LEXICON": str(words), "MODERATION_MODEL": str(model)})).test_client()
    reloader = client.application.extensions["reload"]

    def taken_over():
        before = _parts(reloader.live.scorer)
        assert client.post("/v1/admin/reload").get_json()["changed"] is True
        return [new is old for new, old in zip(_parts(reloader.live.scorer), before, strict=True)]

    words.write_text(f"# changed\n{WORDS}")
    assert taken_over() == [True, False, True]
    (model / "CARD.md").write_text("changed")
    assert taken_over() == [False, True, False]  # the encoder is joined to this very model


def test_a_process_that_catches_up_takes_what_was_tested_and_not_what_lies_there_now(policy):
    client = create_app(settings_module.load({"MODERATION_POLICY": str(policy)})).test_client()
    reloader = client.application.extensions["reload"]
    first = reloader.live
    policy.write_text(f"{SEEDS}\n# second\n")
    second = post(client, "/v1/admin/reload", None)[1]["versions"]["policy"]
    policy.write_text("nonsense")
    reloader._put(first)  # as a process that has not looked since
    reloader._seen = bytes(8)
    assert post(client, "/v1/score", {"text": "fig"})[1]["versions"]["policy"] == second


def test_copies_do_not_pile_up(reloaded, policy):
    for number in range(4):
        policy.write_text(f"{SEEDS}\n# {number}\n")
        assert reloaded.post("/v1/admin/reload").status_code == 200
    kept = reloaded.application.extensions["reload"]._kept._folder
    assert len([path for path in kept.iterdir() if path.is_dir()]) == 2


def test_a_shadow_policy_is_counted_and_never_acted_upon(tmp_path, scorer):
    shadow = tmp_path / "shadow.toml"
    head = SEEDS.partition("\n[sections")[0]  # no sections of its own, and every category reviews nearly everything
    shadow.write_text(head.replace("\nreview = 0.", "\nreview = 0.0000"))
    plain = create_app(settings_module.load({}), scorer).test_client()
    client = create_app(settings_module.load({"MODERATION_SHADOW_POLICY": str(shadow)}), scorer).test_client()
    comments = {"comments": [{"text": "fig"}, {"text": "a banana", "section": "sport"}]}
    assert post(client, "/v1/score/batch", comments) == post(plain, "/v1/score/batch", comments)
    text = client.get("/metrics").text
    assert 'moderation_shadow_disagreements_total{live="approve",shadow="' in text
    assert "moderation_shadow_disagreements_total{" not in plain.get("/metrics").text


def test_a_shadow_policy_for_another_model_is_not_asked_about_scores_of_this_one(tmp_path, scorer):
    shadow = tmp_path / "shadow.toml"
    shadow.write_text(SEEDS.partition("\n[sections")[0].replace("\nreview = 0.", "\nreview = 0.0000"))
    app = create_app(settings_module.load({"MODERATION_SHADOW_POLICY": str(shadow)}), scorer)
    app.extensions["shadow"] = Policy.load(shadow, ("another", *scorer.policy.attributes))
    assert post(app.test_client(), "/v1/score", {"text": "fig"})[0] == 200
    assert "moderation_shadow_disagreements_total{" not in app.test_client().get("/metrics").text


def renewed(served, old, count=3):
    """Wait until there are so many workers, and none of the old ones."""
    for _ in range(150):
        time.sleep(0.1)
        if len(served.workers) == count and not old & set(served.workers):
            return
    raise AssertionError("the workers were not renewed")


def test_a_reload_reaches_every_worker_and_so_does_sighup(policy, tmp_path):
    with Served(tmp_path, workers=3, policy=str(policy)) as served:
        first = served.versions()
        assert len(first) == 1
        policy.write_text(f"{SEEDS}\n# second\n")
        status, body = served.post("/v1/admin/reload")
        assert status == 200
        assert served.versions(30) == {body["versions"]["policy"]} != first
        policy.write_text("nonsense")
        assert served.post("/v1/admin/reload")[0] == 422
        # A worker that dies while the files are bad comes back with what was last good.
        old = set(served.workers)
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        renewed(served, old)
        assert served.versions(30) == {body["versions"]["policy"]}
        old = set(served.workers)
        os.kill(served.process.pid, signal.SIGHUP)
        renewed(served, old)
        assert served.versions(30) == {body["versions"]["policy"]}
        assert "policy error" in served.log
        old = set(served.workers)
        policy.write_text(f"{SEEDS}\n# third\n")
        os.kill(served.process.pid, signal.SIGHUP)
        renewed(served, old)
        third = served.versions(30)
        assert len(third) == 1
        assert third not in (first, {body["versions"]["policy"]})
        assert served.get("/metrics")[2].count(b"moderation_reloads_total{") == 2


def test_in_a_storm_of_reloads_every_answer_is_of_one_version_and_none_is_lost(policy, tmp_path):
    texts = [f"{SEEDS}\n# {number}\n" for number in range(2)]
    with Served(tmp_path, policy=str(policy)) as served:
        known, bad, stop = {}, [], threading.Event()
        for text in texts:
            policy.write_text(text)
            known[served.post("/v1/admin/reload")[1]["versions"]["policy"]] = text

        def load():
            while not stop.is_set():
                status, body = served.post("/v1/score/batch", {"comments": [{"text": "fig"}] * 5})
                found = {result["versions"]["policy"] for result in body.get("results", [])}
                if status != 200 or len(found) != 1 or not found <= set(known):
                    bad.append((status, found))

        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(6):
            temporary = policy.with_suffix(".new")
            temporary.write_text(texts[number % 2])
            temporary.replace(policy)
            assert served.post("/v1/admin/reload")[0] == 200
        stop.set()
        for thread in threads:
            thread.join()
        assert bad == []
