"""What docs/migration.md shows runs, or says that it is not run; its tables are those of the dialects."""

import re
import subprocess
import sys

import pytest

from moderation.service.coral import OTHER, REASONS
from moderation.service.openai import CATEGORIES, Source
from moderation.service.perspective import ALIASES, ATTRIBUTES
from moderation.settings import ROOT

PAGE = (ROOT / "docs/migration.md").read_text(encoding="utf-8")
# What stands right before a block, its language, and its code.
BLOCKS = [(PAGE[:found.start()][-200:], found[1], found[2])
          for found in re.finditer(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)]


def blocks(language):
    return [code for _, name, code in BLOCKS if name == language]


def here(code, server):
    return code.replace("https://moderation.example", server.url).replace("YOUR-KEY", server.key)


def test_every_block_is_run_or_says_that_it_is_not():
    assert len(BLOCKS) == PAGE.count("```") // 2
    for before, language, _ in BLOCKS:
        assert (language in ("python", "javascript")) != ("not run" in before), before


@pytest.mark.parametrize("code", blocks("python"), ids=lambda code: code.split()[1])
def test_python_runs(server, code):
    command = [sys.executable, "-W", "ignore", "-c", here(code, server)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("code", blocks("javascript"), ids=range(len(blocks("javascript"))))
def test_javascript_runs(server, node, code):
    # The last line is ours: the runner reads JSON.
    assert node(here(code, server) + "\nprocess.on('exit', code => code || console.log('true'));") is True


def test_the_tables_name_what_the_dialects_name():
    shown = set(re.findall(r"`([A-Z_]{4,})`", PAGE))
    assert shown >= {*ATTRIBUTES, "OBSCENE", "TOXICITY_FAST", "TOXICITY_EXPERIMENTAL", *REASONS.values(), OTHER}
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    for name, source in ATTRIBUTES.items():
        assert f"`{source.attribute or source.category}`" in rows[name] or source.category == "*"
        assert not (source.attribute and len(source.category) > 1) or f"`{source.category}`" in rows[name]
    assert all(rows[name] == f"as `{target}`" for name, target in ALIASES.items() if not name.endswith("_EXPERIMENTAL"))
    names = dict(re.findall(r"^\| (`[a-z].*?) \| (.+) \|$", PAGE.partition("## OpenAI's")[2], re.MULTILINE))
    for name, source in CATEGORIES.items():
        (row,) = [row for left, row in names.items() if f"`{name}`" in left] if source != Source() else [""]
        assert all(f"`{part}`" in row for part in source if part)
