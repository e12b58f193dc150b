"""How to have the same again: the command, the seed, the versions, and the document itself."""

import shlex

from detente._version import __version__
from detente.analysis.race_report.verdict import Verdict
from detente.analysis.report.closing import digest_of, download
from detente.analysis.report.figures import paragraph, section, table
from detente.analysis.report.markup import Markup, data, element
from detente.analysis.wording import counted
from detente.ensemble.provenance import versions_here

__all__ = ["command_line", "reproduce"]


def command_line(verdict: Verdict, named: str) -> str:
    """Return the command that gives the same report but for its name."""
    result = verdict.result
    words = ["detente", "race", named]
    for arm in verdict.arms:
        words += ["--policy", arm.policy]
    words += ["--runs", str(result.runs), "--seed", str(result.seed)]
    if any(one.name == result.belief.name for one in result.race.beliefs):
        words += ["--belief", result.belief.name]
    if verdict.fixed:
        words.append("--fixed-players")
    return shlex.join([*words, "--out", "report.html"])


def reproduce(verdict: Verdict, named: str) -> Markup:
    """Return the section on how to have the same again, with the document it was made from inside."""
    result = verdict.result
    race, command = result.race, command_line(verdict, named)
    digest = digest_of(race.document)
    versions = ", ".join(f"{name} {version}" for name, version in versions_here().items())
    record = {
        "format": 1,
        "version": __version__,
        "versions": versions_here(),
        "command": command,
        "runs": result.runs,
        "seed": result.seed,
        "quarters": race.quarters,
        "belief": result.belief.name,
        "policies": [arm.policy for arm in verdict.arms],
        "race_sha256": digest,
    }
    row = (
        "race",
        race.name,
        element("code", digest, class_="digest"),
        download("race", race.name, race.document),
    )
    return section(
        "reproduce",
        "How to have the same again",
        paragraph("The same command gives this file again, byte for byte, with these versions:"),
        element("pre", element("code", command), tabindex="0", aria_label="Command"),
        paragraph(
            f"{counted(result.runs, 'run')} of {counted(race.quarters, 'quarter')} under each policy, seed {result.seed}, belief "
            f"{result.belief.name}; {versions}. The scenarios and portfolios that the race names are those of this version."
        ),
        table("The document it rests on, resolved", ("Kind", "Name", "SHA-256", "Document"), [row], words=(1, 2, 3)),
        data(record, id="provenance"),
    )  # fmt: skip
