"""The shape of the house, as design section 9 and the contracts in pyproject.toml have it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
UNTYPED = {"_jit"}  # compiles kernels and is none


def python(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_import_contracts_hold():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CONFIG['importlinter']['contracts'])} kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    "module",
    [
        "detente",
        "detente.errors",
        "detente.model.vocabulary",
        "detente.model.charter.vocabulary",
        "detente.ledger",
        "detente.ledger.store.session",
    ],
)
def test_what_should_be_light_loads_nothing_heavy(module):
    # A linter reads import statements; only the interpreter knows what is run.
    heavy = "{'numba', 'numpy', 'polars', 'scipy', 'pydantic', 'ruamel', 'rich', 'typer'}"
    done = python(f"import sys, {module}; found = {heavy} & set(sys.modules); assert not found, found")
    assert done.returncode == 0, done.stderr


def test_reading_a_scenario_loads_no_simulator():
    done = python(
        "import sys, detente; detente.load('attribution-error')\n"
        "found = {'numba', 'numpy', 'polars', 'scipy'} & set(sys.modules); assert not found, found"
    )
    assert done.returncode == 0, done.stderr


def test_the_catalogue_is_a_function_and_its_folder_no_package():
    done = python(
        "import detente; detente.load('attribution-error'); assert 'attribution-error' in detente.scenarios()"
    )
    assert done.returncode == 0, done.stderr


def test_every_kernel_stands_under_the_contracts():
    expected = {
        f"detente.{room}.{path.stem}"
        for room in ("engine", "exact")
        for path in (ROOT / "src/detente" / room).glob("_*.py")
        if path.stem != "__init__" and path.stem not in UNTYPED
    }
    contract = next(c for c in CONFIG["importlinter"]["contracts"] if c["name"].startswith("Kernels"))
    untyped = next(o for o in CONFIG["mypy"]["overrides"] if "detente.engine._kernel" in o["module"])
    assert set(contract["source_modules"]) == expected
    assert set(untyped["module"]) == expected


def test_every_dependency_is_pinned_and_none_names_an_index():
    lines = [
        line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"
    ]
    assert all(line.count("==") == 1 and "://" not in line and " " not in line for line in lines)
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    assert {name.partition(">=")[0].lower() for name in wanted} <= pinned


def test_every_dependency_has_a_reason():
    record = (ROOT / "docs/decisions/0003-dependencies.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = (name for extra in project["optional-dependencies"].values() for name in extra)
    for wanted in (*project["dependencies"], *extras):
        assert f"`{wanted.partition('>=')[0]}`" in record, wanted
