"""What may be acted upon, and which of it a pattern names: every question costs a binary search."""

from bisect import bisect_left
from dataclasses import dataclass

from detente.model.charter.document import AssetEntry, Document, SystemEntry
from detente.model.charter.forms import ALL

__all__ = ["Targets", "everything"]


def everything(document: Document) -> dict[str, SystemEntry | AssetEntry]:
    """What may be acted upon, by name."""
    return {**document.systems, **document.assets}


@dataclass(frozen=True, slots=True)
class Targets:
    """Names that patterns may name, in order; all of them, and those of each domain."""

    names: list[str]
    in_domain: dict[str, list[str]]

    @classmethod
    def of(cls, document: Document) -> "Targets":
        domains: dict[str, list[str]] = {}
        entries = everything(document)
        for name, entry in entries.items():
            domains.setdefault(entry.domain, []).append(name)
        return cls(
            names=sorted(entries),
            in_domain={domain: sorted(found) for domain, found in domains.items()},
        )

    def finds(self, pattern: str) -> bool:
        """Whether the pattern names anything."""
        return _finds(pattern, self.names)

    def finds_in(self, pattern: str, domain: str) -> bool:
        """Whether the pattern names anything in a domain."""
        return _finds(pattern, self.in_domain.get(domain, []))


def _finds(pattern: str, names: list[str]) -> bool:
    beginning = pattern.removesuffix(ALL)
    at = bisect_left(names, beginning)
    if at == len(names):
        return False
    return names[at].startswith(beginning) if pattern.endswith(ALL) else names[at] == pattern
