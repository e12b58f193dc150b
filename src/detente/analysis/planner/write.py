"""The plan as a portfolio file: what was chosen, why, and what else the menu says about it."""

import io
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML

from detente._version import __version__
from detente.analysis.planner.examine import Standard, Verdict
from detente.analysis.planner.menu import Menu
from detente.analysis.planner.verify import Verified
from detente.analysis.wording import money, share
from detente.model.portfolio.substitute import only, with_numbers
from detente.model.units import MONEY, parse, short, write

__all__ = ["compose", "written"]

_WIDTH = 110
_MENTION = re.compile(r"\[([A-Za-z0-9][A-Za-z0-9._-]*)\]")


def compose(
    menu: Menu, chosen: Verdict, standard: Standard, verified: Sequence[Verified], name: str
) -> dict[str, Any]:
    """The document of the plan: a legal portfolio; each number says whether it was chosen, and from what."""
    candidate = chosen.candidate
    plan = only(with_numbers(menu.portfolio, dict(candidate.numbers)), candidate.names)
    document = dict(plan.document)
    safeguards = {key: dict(stated) for key, stated in _mapping(document["safeguards"]).items()}
    ranges = {one.path: one for one in menu.settings}
    for path, _ in candidate.numbers:
        one = ranges[path]
        ends = f"{_like(path, one.low, safeguards)} and {_like(path, one.high, safeguards)}"
        _set(safeguards, path, {"assumed": f"chosen between {ends}, by planning"})
    for key, factor in menu.dearer(candidate).items():
        if factor != 1.0:
            safeguards[key]["cost"] = _scaled(safeguards[key]["cost"], factor)
    cited = _cited(safeguards)
    references = {key: body for key, body in _mapping(document["references"]).items() if key in cited}
    return {
        "detente": 1,
        "portfolio": name,
        "title": f"Cheapest found below {100 * standard.level:g} % in {_listed(chosen.stated)}",
        "summary": _summary(menu, chosen, standard, verified),
        **({"references": references} if references else {}),
        "safeguards": _shortened(safeguards),
    }


def written(document: Mapping[str, Any], lines: Iterable[str]) -> str:
    """The document as YAML, with lines of comment at its head."""
    writer = YAML(typ="rt", pure=True)
    writer.allow_unicode = True
    writer.width = _WIDTH
    writer.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    writer.dump(dict(document), out)
    head = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    return f"{head}\n{out.getvalue()}"


def _summary(menu: Menu, chosen: Verdict, standard: Standard, verified: Sequence[Verified]) -> str:
    risks = "; ".join(
        f"{one.scenario} {share(one.catastrophe.value, max(one.catastrophe.high - one.catastrophe.value, 1e-9))}"
        for one in verified
    )
    text = (
        f"The cheapest of the safeguards of '{menu.portfolio.name}', with their settings, that a search found under which at "
        f"most {100 * standard.level:g} % of crises end in catastrophe. It costs {money(chosen.cost)} a year. "
        f"Measured with luck of its own: {risks}. Planned with detente {__version__}."
    )
    return "\n".join(textwrap.wrap(text, 10_000))


def _like(path: str, value: float, safeguards: Mapping[str, Any]) -> str:
    """A number as the document would write it at this path."""
    stated = _get(safeguards, path)
    stated = stated["value"] if isinstance(stated, Mapping) else stated
    if isinstance(stated, str):
        return short(f"{value!r} {stated.split(' ', 1)[1]}")
    return f"{value:g}"


def _get(safeguards: Mapping[str, Any], path: str) -> Any:
    node: Any = safeguards
    for key in path.split(".")[1:]:
        node = node[key]
    return node


def _set(safeguards: Mapping[str, Any], path: str, members: Mapping[str, str]) -> None:
    """Give the number at a path a reason of its own."""
    *above, last = path.split(".")[1:]
    node: Any = safeguards
    for key in above:
        node[key] = dict(node[key]) if key != above[0] else node[key]
        node = node[key]
    stated = node[last]
    node[last] = {"value": stated["value"] if isinstance(stated, Mapping) else stated, **members}


def _scaled(stated: Any, factor: float) -> dict[str, Any]:
    members = dict(stated) if isinstance(stated, Mapping) else {"value": stated}
    for key in ("value", "low", "mode", "high"):
        if key in members:
            members[key] = write(float(f"{parse(members[key], MONEY) * factor:.4g}"), MONEY)
    reason = members.get("assumed", "")
    members["assumed"] = f"{reason + '; ' if reason else ''}times {factor:.3g}, in proportion to the setting"
    return members


def _cited(node: Any) -> set[str]:
    found: set[str] = set()
    if isinstance(node, Mapping):
        found.update([node["source"]] if "source" in node else [])
        found.update(_MENTION.findall(str(node.get("assumed", ""))))
        for child in node.values():
            found |= _cited(child)
    elif isinstance(node, list):
        for child in node:
            found |= _cited(child)
    return found


def _shortened(node: Any) -> Any:
    """The document as a person would write it: `4 h`, and no word about what stands at its default."""
    if isinstance(node, Mapping):
        return {
            key: _shortened(child) for key, child in node.items() if not (key == "inert" and child == 0.0)
        }
    if isinstance(node, list):
        return [_shortened(child) for child in node]
    return short(node) if isinstance(node, str) else node


def _mapping(node: Any) -> Mapping[str, Any]:
    assert isinstance(node, Mapping), "INVARIANT: a resolved document has this part"
    return node


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
