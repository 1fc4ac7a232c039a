"""Settings come from the environment; everything wrong is said at once."""

import pytest

from moderation import settings
from moderation.errors import SettingsError


def test_the_defaults_are_places_of_the_repository():
    found = settings.load({})
    assert found.policy == settings.ROOT / "seeds/policy.toml"
    assert (found.host, found.port) == ("127.0.0.1", 8000)


def test_the_table_and_the_settings_name_the_same():
    assert tuple(row.name for row in settings.TABLE) == settings.Settings.__slots__[:-1]


def test_a_path_from_the_environment_is_taken_as_it_stands():
    assert str(settings.load({"MODERATION_POLICY": "mine.toml"}).policy) == "mine.toml"


def test_lists_are_read_as_lists():
    found = settings.load({"MODERATION_LEXICON": "ours:theirs/list.txt", "MODERATION_LANGUAGES": "hi, hi-Latn"})
    assert [str(path) for path in found.lexicon] == ["ours", "theirs/list.txt"]
    assert found.languages == ("hi", "hi-Latn")
    assert settings.load({}).lexicon_paths == (settings.ROOT / "seeds/lexicon",)


def test_an_operators_word_lists_are_added_to_the_projects(tmp_path):
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).touch()
    found = settings.load({"MODERATION_LEXICON": f"{tmp_path}/*.txt:{tmp_path}/missing.txt"})
    assert [path.name for path in found.lexicon_paths] == ["lexicon", "a.txt", "b.txt", "missing.txt"]


@pytest.mark.parametrize(("name", "value"), [("RATE_STORE", "redsi://cache"), ("DATABASE_URL", "mysql://db/comments")])
def test_a_store_of_no_known_kind_is_refused_at_the_start(name, value):
    with pytest.raises(SettingsError, match=f"MODERATION_{name}"):
        settings.load({f"MODERATION_{name}": value})


def test_secrets_are_shown_by_their_number():
    found = settings.load({"MODERATION_CORAL_SECRETS": "one,two"})
    assert settings.shown(found.coral_secrets) == "2 set"


def test_other_variables_are_none_of_our_business():
    assert settings.load({"PATH": "/bin", "MODERATIONS": "3"}) == settings.load({})


def test_every_problem_is_reported_at_once(golden):
    environment = {"MODERATION_PORT": "70000", "MODERATION_WORKERS": "many", "MODERATION_LOG_LEVEL": "loud", "MODERATION_POLICY": "",
                   "MODERATION_MAX_BODDY": "1", "MODERATION_COLOUR": "red", "MODERATION_HOST": " ", "MODERATION_LANGUAGES": "Hindi please"}
    with pytest.raises(SettingsError) as caught:
        settings.load(environment)
    golden("settings_error.txt", f"{caught.value}\n")


@pytest.mark.parametrize("value", ["", "-1", "0", "1e3", "٣", "8000.0", "9" * 5000])
def test_a_port_is_a_plain_whole_number(value):
    with pytest.raises(SettingsError):
        settings.load({"MODERATION_PORT": value})
