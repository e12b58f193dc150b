import json

import pytest
from typer.testing import CliRunner

from detente.cli.main import app
from tests.quarrel import QUARREL


@pytest.fixture
def quarrel(tmp_path, monkeypatch):
    """The path of a scenario file, in the folder where commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    path = tmp_path / "quarrel.yaml"
    path.write_text(json.dumps(QUARREL))
    return path.name


@pytest.fixture
def detente(monkeypatch):
    """Run a command line; gives exit code, standard output and standard error."""

    def run(*words):
        monkeypatch.setattr("sys.argv", ["detente", *words])
        return CliRunner().invoke(app, list(words), prog_name="detente")

    return run


@pytest.fixture
def gate(detente, tmp_path, monkeypatch):
    """A new gate in the folder where commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("DETENTE_TOKEN", raising=False)
    done = detente("gate", "init", "demo")
    assert done.exit_code == 0, done.stderr
    return done
