"""Writes what is generated under `spec/`: the JSON Schema, the resolved twins, the expected errors.

Run it after a deliberate change of the language, and read the difference before keeping it: the
cases say what the language is, and this script believes whatever the program does.
"""

import json
from pathlib import Path

from detente.model.library import check
from detente.model.schema import text

SPEC = Path(__file__).parent.parent / "spec"


def main() -> None:
    """Write every generated file."""
    (SPEC / "scenario.schema.json").write_text(text(), encoding="utf-8")
    for case in sorted((SPEC / "cases" / "valid").glob("*.yaml")):
        resolved(case)
    for case in sorted((SPEC / "cases" / "invalid").glob("*.yaml")):
        errors(case)


def resolved(case: Path) -> None:
    """Write the resolved twin of a valid case."""
    report = check(case)
    if report.scenario is None:
        raise SystemExit("\n".join(str(problem) for problem in report.problems))
    twin = json.dumps(report.scenario.document, indent=2, ensure_ascii=False)
    case.with_suffix(".resolved.json").write_text(twin + "\n", encoding="utf-8")


def errors(case: Path) -> None:
    """Write the messages of an invalid case, one a line, each from its line and column on."""
    report = check(case)
    if report.scenario is not None:
        raise SystemExit(f"{case} is legal")
    lines = [str(problem).removeprefix(f"{case}:").lstrip() for problem in report.problems]
    case.with_suffix(".errors.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
