"""Keys at rest: only hashes, found by their text alone, revoked at once."""

import dataclasses
import json

import pytest

from moderation import cli, keys, settings
from moderation.errors import LoadError, SettingsError


def test_a_key_is_found_by_its_text_and_the_file_does_not_hold_it(tmp_path):
    path = tmp_path / "deep/keys.json"
    text, key = keys.create(path, "newsroom", ["score", "label"], "sport", "5/minute")
    ring = keys.KeyRing.load(path)
    assert ring.find(text) == key
    assert text.rsplit("-", 1)[1] not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    for wrong in ("", text[:-1], text + "0", f"mk-{key.id}-", text.upper(), "mk-00000000-" + text.rsplit("-", 1)[1], "\ud800", key.hash):
        assert ring.find(wrong) is None


def test_a_revoked_key_is_found_no_more(tmp_path):
    path = tmp_path / "keys.json"
    (first, key), (second, _) = keys.create(path, "a"), keys.create(path, "b")
    keys.revoke(path, key.id)
    ring = keys.KeyRing.load(path)
    assert ring.find(first) is None
    assert ring.find(second).name == "b"


def test_keys_are_compared_in_constant_time(tmp_path, monkeypatch):
    path = tmp_path / "keys.json"
    text, key = keys.create(path, "a")
    ring, compared = keys.KeyRing.load(path), []
    real = keys.hmac.compare_digest
    monkeypatch.setattr(keys.hmac, "compare_digest", lambda a, b: compared.append((len(a), len(b))) or real(a, b))
    for sent in (text, "mk-unknown-1", f"mk-{key.id}-1", "nonsense"):
        ring.find(sent)
    assert compared == [(64, 64)] * 4


@pytest.mark.parametrize(("name", "scopes", "rate"), [("a", ["scores"], ""), ("a", ["score"], "fast"), ("a", ["score"], "0/minute"),
                                                      ("", ["score"], ""), (" ", ["score"], ""), ("a\nb", ["score"], ""),
                                                      ("a" * 61, ["score"], "")])
def test_a_key_that_makes_no_sense_is_refused(tmp_path, name, scopes, rate):
    with pytest.raises(LoadError):
        keys.create(tmp_path / "keys.json", name, scopes, None, rate)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "{}", '{"keys": [{}]}', "\x00"])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(LoadError):
        keys.KeyRing.load(path)


def test_the_commands_make_list_and_revoke(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MODERATION_KEYS", str(tmp_path / "keys.json"))
    assert cli.main(["keys", "create", "newsroom", "--scopes", "score,admin", "--section", "sport", "--rate", "9/second"]) == 0
    text = capsys.readouterr().out.split()[0]
    number = text.split("-")[1]
    assert cli.main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert listed.split()[:9] == ["id", "name", "scopes", "section", "rate", "created", "state", number, "newsroom"]
    assert text.rsplit("-", 1)[1] not in listed
    assert cli.main(["keys", "revoke", number]) == 0
    assert cli.main(["keys", "revoke", "nobody"]) == 1
    assert json.loads((tmp_path / "keys.json").read_text())["keys"][0]["revoked"]


def test_a_key_of_a_section_that_the_policy_does_not_have_is_refused_and_told_by_the_check(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MODERATION_KEYS", str(tmp_path / "keys.json"))
    monkeypatch.setenv("MODERATION_TIER", "fast")
    assert cli.main(["keys", "create", "newsroom", "--section", "figs"]) == 1
    assert "is not a section of the policy; the sections are `business`" in capsys.readouterr().err
    assert not (tmp_path / "keys.json").exists()
    number = keys.create(tmp_path / "keys.json", "newsroom", section="figs")[1].id
    keys.create(tmp_path / "keys.json", "newsroom", section="sport")
    assert cli.main(["check"]) == 0
    told = capsys.readouterr().err
    assert f"key {number}: has a section that the policy does not have" in told and told.count("has a section") == 1


def test_a_list_of_no_file_says_so_and_is_a_fault_where_the_file_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MODERATION_KEYS", str(tmp_path / "kyes.json"))
    assert cli.main(["keys", "list"]) == 1
    assert "names a file that is not there" in capsys.readouterr().err
    monkeypatch.delenv("MODERATION_KEYS")
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["keys", "list"]) == 0
    assert "moderation keys create NAME" in capsys.readouterr().err


def test_another_address_needs_keys_or_a_word(tmp_path):
    path = tmp_path / "keys.json"

    def check(**variables):
        given = settings.load({f"MODERATION_{name}": value for name, value in variables.items()})
        return keys.check_exposure(dataclasses.replace(given, keys=path))

    with pytest.raises(SettingsError):
        check(HOST="0.0.0.0")
    assert "everyone" in check(HOST="0.0.0.0", OPEN="yes")
    assert "only this machine" in check(HOST="::1")
    keys.create(path, "a")
    assert "1 keys" in check(HOST="0.0.0.0")


def test_a_keys_file_that_is_named_must_be_there_unless_all_are_to_be_answered(tmp_path, monkeypatch, capsys):
    path = tmp_path / "keys.json"
    environment = {"MODERATION_KEYS": str(path)}
    with pytest.raises(keys.KeysError) as caught:
        keys.check_exposure(settings.load(environment))
    assert str(path) in str(caught.value) and "moderation keys create" in str(caught.value)
    monkeypatch.setenv("MODERATION_KEYS", str(path))
    for command in ("check", "serve"):
        assert cli.main([command]) == 1
        assert str(path) in capsys.readouterr().err
    assert "everyone" in keys.check_exposure(settings.load({**environment, "MODERATION_OPEN": "yes"}))
    keys.create(path, "a")
    assert "1 keys" in keys.check_exposure(settings.load(environment))


def test_a_file_of_the_default_name_that_is_named_must_be_there_too(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    assert "only this machine" in keys.check_exposure(settings.load({}))
    with pytest.raises(keys.KeysError):
        keys.check_exposure(settings.load({"MODERATION_KEYS": str(tmp_path / "var/keys.json")}))
