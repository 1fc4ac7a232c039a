"""What is built and deployed: the image holds what the service needs, and every setting that is named is one."""

import fnmatch
import json
import re

import pytest

from moderation.settings import ROOT, TABLE

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
COPIED = [name for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE) for name in line.split()[:-1]]


@pytest.mark.parametrize("name", COPIED)
def test_what_the_image_copies_is_there_and_not_ignored(name):
    assert (ROOT / name).exists()
    assert not any(fnmatch.fnmatch(name, pattern.removeprefix("**/")) for pattern in IGNORED)


def test_the_image_holds_all_that_serving_reads():
    read = {"moderation", "wsgi.py", "gunicorn.conf.py"} | {
        str(setting.default).split("/")[0] for setting in TABLE if setting.name in ("model", "encoder", "policy")}
    assert read <= set(COPIED)


def test_keys_and_labels_are_never_sent_to_a_builder():
    assert {"var", ".git"} <= set(IGNORED)


@pytest.mark.parametrize("name", ["Dockerfile", "deploy/kubernetes.yaml", "deploy/moderation.service"])
def test_every_setting_that_is_named_is_one(name):
    named = set(re.findall(r"MODERATION_[A-Z_]+", (ROOT / name).read_text(encoding="utf-8")))
    assert named <= {setting.variable for setting in TABLE}
    assert "MODERATION_KEYS" in named


def test_the_image_s_health_check_asks_a_route_at_the_port_in_force(client):
    code = json.loads(DOCKERFILE.partition("HEALTHCHECK")[2].partition("CMD")[2].splitlines()[0])[-1]
    compile(code, "HEALTHCHECK", "exec")
    assert "MODERATION_PORT" in code
    assert client.get(re.search(r"/\w+", code.partition("}")[2])[0]).status_code == 200


def test_pods_are_not_told_of_services_by_names_that_are_settings():
    text = (ROOT / "deploy/kubernetes.yaml").read_text(encoding="utf-8")
    service = text.partition("kind: Service")[2]
    assert "name: moderation" in service
    assert "enableServiceLinks: false" in text.partition("kind: Service")[0]
