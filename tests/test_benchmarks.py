"""Every benchmark says what it measures before it measures anything."""

import ast
import subprocess
import sys

import pytest

from moderation.settings import ROOT

COMMANDS = sorted(path for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_help_is_shown_and_nothing_is_run(path):
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).partition("\n")[0]
    done = subprocess.run([sys.executable, str(path), "--help"], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert " ".join(told.split()) in " ".join(done.stdout.split())
    assert "usage:" in done.stdout
