"""Every setting, policy key and command line flag is in the documents, and what they show is so."""

import argparse
import json
import re

import pytest

from moderation import cli
from moderation.rules import KEYS, read_rules
from moderation.settings import ROOT, TABLE

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = README + "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.variable)
def test_every_setting_is_in_the_readme(row):
    default = f"`{row.default}`" if row.default else "none"
    assert f"| `{row.variable}` | {default} | {row.help} |" in README


@pytest.mark.parametrize(("table", "key"), [(table, key) for table, keys in KEYS.items() for key in keys])
def test_every_key_of_the_policy_is_documented(table, key):
    policy = (ROOT / "docs/policy.md").read_text(encoding="utf-8")
    heading = "## The file" if table == "the file" else f"## `[{table}]`"
    part = policy.partition(f"{heading}\n")[2].partition("\n## ")[0]
    assert f"| `{key}` | {KEYS[table][key] or 'a table, below'} |" in part


def commands(parser, name="moderation"):
    """Every command of the parser with its options."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                yield from commands(inner, f"{name} {word}")
        else:
            yield from ((name, option) for option in action.option_strings if option not in ("-h", "--help"))
    if not parser._subparsers:
        yield name, ""


@pytest.mark.parametrize(("command", "option"), sorted(set(commands(cli.parser()))))
def test_every_command_and_flag_is_documented(command, option):
    assert command in DOCS
    assert not option or re.search(rf"`[^`]*{option}\b[^`]*`|^ .*{option}\b", DOCS, re.MULTILINE)


def test_the_policy_of_the_seeds_is_one():
    assert read_rules(ROOT / "seeds/policy.toml").categories


def test_the_answer_in_the_readme_has_the_form_of_an_answer(client):
    sent = json.loads(re.search(r"-d '(\{.*\})'", README)[1])
    shown = json.loads(re.search(r"```json\n(.*?)```", README, re.DOTALL)[1])
    answered = client.post("/v1/score", json=sent).get_json()
    assert list(shown) == list(answered)
    assert list(shown["categories"]) == list(answered["categories"])
    assert (shown["id"], len(shown["masked"])) == (sent["id"], len(sent["text"]))
    assert [span["start"] for span in shown["spans"] if span["source"] == "lexicon"] == [
        match.start() for match in re.finditer(r"\*+", shown["masked"])]


def test_every_link_of_the_documents_leads_somewhere():
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"
