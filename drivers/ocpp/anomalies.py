"""Deviations from the protocol that were overlooked: counted, shown, logged once per kind."""

import logging
from collections import Counter

log = logging.getLogger(__name__)

MAX_KINDS = 100
"""A charger that invents ever new faults must not fill the memory."""


class Anomalies:
    """Args:
    who: the charger as the installer named it.
    """

    def __init__(self, who: str) -> None:
        self.who = who
        self.kinds: Counter[str] = Counter()
        self.total = 0
        self.last = ""
        self._told = 0

    def count(self, kind: str) -> None:
        self.total += 1
        self.last = kind
        if kind in self.kinds or len(self.kinds) < MAX_KINDS:
            self.kinds[kind] += 1
            if self.kinds[kind] == 1:
                log.info("%s deviates from OCPP: %s; Hearth copes with it", self.who, kind)

    def news(self) -> tuple[int, str] | None:
        """Total and last kind, if there were any since the last time this was asked."""
        if self.total == self._told:
            return None
        self._told = self.total
        return self.total, self.last
