"""Imports go down only, and serving never pays for training: the floors of docs/architecture.md, held."""

import ast
import subprocess
import sys

import pytest

from moderation.settings import ROOT

# A module may import from its own floor or a lower one, and `FORBIDDEN` forbids more. A folder stands for what is in it.
FLOORS = {
    0: ("budget", "chardata", "errors", "exclusions", "groups", "identities", "kernels", "markup", "masking", "settings", "text"),
    1: ("allows", "features", "forms", "found", "language", "lexicon", "regions", "scripts", "terms", "walk"),
    2: ("cascade", "classifier", "encoder", "policy", "rules"),
    3: ("parity", "scorer", "sweep", "table"),
    4: ("answers", "audit", "charts", "counterfactuals", "disguise", "inspection", "keys", "migrations", "pages", "policies", "seed_trial",
        "store", "train", "tune"),
    5: ("check_commands", "key_commands", "label_commands", "lexicon_commands", "policy_commands", "service", "tune_commands"),
    6: ("__main__", "cli"),
}
FRAMEWORKS = {"flask", "werkzeug", "gunicorn"}
TRAINING = {"sklearn", "scipy", "pandas", "pyarrow", "sqlalchemy", "torch", "transformers", "onnx", "tqdm", "matplotlib"}
PACKAGE = ROOT / "moderation"
MODULES = sorted(path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in PACKAGE.rglob("*.py"))


def floor(module):
    parts = module.split(".")[1:]
    return next((number for number, names in FLOORS.items() if parts and parts[0] in names), None)


def imports(module):
    """Every module that a module names in an import, wherever the import stands."""
    path = ROOT / (module.replace(".", "/") + ".py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


@pytest.mark.parametrize("module", [name for name in MODULES if name != "moderation.__init__"])
def test_every_module_has_a_floor_and_imports_go_down(module):
    own = floor(module)
    assert own is not None, f"say in FLOORS on which floor {module} stands"
    for name in imports(module):
        if name.split(".")[0] == "moderation":
            assert name != "moderation", f"{module} imports the package root"
            other = floor(name)
            assert other is not None and other <= own, f"{module} (floor {own}) imports {name} (floor {other})"


@pytest.mark.parametrize("module", MODULES)
def test_frameworks_stay_on_their_floor(module):
    names = {name.split(".")[0] for name in imports(module)}
    if not module.startswith("moderation.service"):
        assert not names & FRAMEWORKS
    if (floor(module) or 0) <= 3 or module.startswith("moderation.service"):
        assert not names & TRAINING
    if module.startswith("moderation.service"):
        assert not any(name.startswith(("moderation.train", "moderation.audit")) for name in imports(module))


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("moderation.service.") and name.rsplit(".")[-1] in
                                    ("native", "perspective", "openai", "coral")])
def test_a_dialect_knows_no_threshold_no_lexicon_and_no_classifier(module):
    assert not {"moderation.policy", "moderation.rules", "moderation.lexicon", "moderation.classifier"} & set(imports(module))


@pytest.mark.parametrize("module", ["moderation.service.app", "moderation.cli"])
def test_serving_does_not_import_what_only_training_needs(module):
    code = f"import sys, {module}; print(*sorted({TRAINING!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_the_command_line_does_not_import_a_web_framework():
    code = f"import sys, moderation.cli; print(*sorted({FRAMEWORKS!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_the_table_of_floors_in_the_docs_names_every_module_on_its_floor():
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = {int(row.split("|")[1]): row for row in page.splitlines() if row.startswith("| ") and row[2].isdigit()}
    for module in MODULES:
        name = module.split(".")[2 if module.startswith("moderation.service.") else 1]
        if name != "__init__":
            row = rows[floor(module)]
            assert any(written in row for written in (f"`{name}`", f"`{name}/`", f"`service/{name}`")), f"{module} on floor {floor(module)}"


def test_the_command_line_stands_on_what_serving_needs_alone():
    """Where only requirements.txt is installed every command shows its help, and those that serve run."""
    absent = sorted(TRAINING - {"scipy", "sqlalchemy"} | {"ray", "pyspark", "onnx", "defusedxml", "lxml", "zstandard"})
    code = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
from moderation import cli
cli.parser().format_help()
assert cli.main(["check"]) == 0
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
