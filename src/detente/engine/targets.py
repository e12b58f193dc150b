"""Where responses find their targets: systems by (actor, domain), by domain, and as listed."""

import numpy as np
import numpy.typing as npt

from detente.engine.layout import flat, positions
from detente.model.vocabulary import At, Response, Scenario

__all__ = ["Targets"]


class Targets:
    """The flat array `Tables.targets` while it is being built, and the ranges in it."""

    def __init__(self, scenario: Scenario, domain: dict[str, int]) -> None:
        self.scenario, self.domain = scenario, domain
        self.actor = positions(actor.name for actor in scenario.actors)
        self.system = positions(system.name for system in scenario.systems)
        by_group: list[list[int]] = [[] for _ in range(len(self.actor) * len(domain))]
        by_domain: list[list[int]] = [[] for _ in domain]
        self._place: list[int] = []  # of each system within its domain
        for i, system in enumerate(scenario.systems):
            here = domain[system.domain]
            by_group[self._group(system.owner, system.domain)].append(i)
            self._place.append(len(by_domain[here]))
            by_domain[here].append(i)
        self.groups: npt.NDArray[np.int32] = _starts(by_group)
        self._domains = _starts(by_domain) + self.groups[-1]
        self._all: list[int] = [*flat(by_group), *flat(by_domain)]

    def _group(self, owner: str, domain: str) -> int:
        return self.actor[owner] * len(self.domain) + self.domain[domain]

    def find(self, i: int, response: Response) -> tuple[int, int, int]:
        """(first, last, skip) of a rule of system `i`; `blamed` is found when somebody is blamed."""
        system = self.scenario.systems[i]
        if response.at is At.OWN:
            group = self._group(system.owner, response.domain)
            return int(self.groups[group]), int(self.groups[group + 1]), -1
        if response.at is At.DOMAIN:
            here = self.domain[response.domain]
            skip = self._place[i] if system.domain == response.domain else -1
            return int(self._domains[here]), int(self._domains[here + 1]), skip
        first = len(self._all)
        self._all.extend(self.system[name] for name in response.systems)
        return first, len(self._all), -1

    def array(self) -> npt.NDArray[np.int32]:
        """Everything laid end to end."""
        return np.array(self._all, dtype=np.int32)


def _starts(groups: list[list[int]]) -> npt.NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum([len(group) for group in groups])]).astype(np.int32)
