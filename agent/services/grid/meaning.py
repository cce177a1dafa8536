"""What an input says: whether the grid operator limits the house, and to what. Pure."""

import math
from dataclasses import dataclass
from enum import StrEnum

from agent.model.limits import Scope

SHARED = (1.0, 1.0, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5)
LEAST_SHARED = 0.45
"""Simultaneity by number of devices: BNetzA BK6-22-300, annex 1, 4.5.2."""

ON = frozenset({"1", "on", "true", "yes", "closed", "active", "dimmed"})
OFF = frozenset({"0", "off", "false", "no", "open", "inactive", "free", ""})


class Unreadable(Exception):
    """What the input says means nothing; the message says what would."""


class Rule(StrEnum):
    """How the least that the law leaves to a house is counted (§14a EnWG)."""

    TOGETHER = "together"  # steered by an energy management system, as by Hearth
    EACH = "each"  # every device by itself


class Kind(StrEnum):
    SWITCH = "switch"  # limited or not
    POWER = "power_w"  # the limit itself; "off" or -1 = free


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Args:
    inverted: a switch that is on while the house is free.
    scope, limit_w: what a switch that is on stands for; scope also holds for a power.
    factor: watts per unit of a power.
    """

    kind: Kind = Kind.SWITCH
    inverted: bool = False
    scope: Scope = Scope.DEVICES
    limit_w: float = 4200.0
    factor: float = 1.0

    def limit(self, said: str) -> float | None:
        """The limit in watts; None = the house is free.

        Raises:
            Unreadable: neither a word nor a number that this input may say.
        """
        word = said.strip().lower()
        if self.kind is Kind.SWITCH:
            return self.limit_w if self._switched_on(word) else None
        try:
            number = float(word) * self.factor
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return None if number < 0 else number
        if word in OFF or word == "none":
            return None
        raise Unreadable(f'"{said[:40]}" is no power; send watts, or off while there is no limit')

    def _switched_on(self, word: str) -> bool:
        try:
            on = float(word) != 0
        except ValueError:
            if word not in ON | OFF:
                raise Unreadable(f'"{word[:40]}" is neither on nor off; send 1 or 0') from None
            on = word in ON
        return on is not self.inverted


def least_w(devices: int, rule: Rule, each_w: float = 4200.0) -> tuple[Scope, float]:
    """What a switch stands for: the least that the operator must leave to steerable devices.

    Args:
        devices: how many chargers and controllable batteries there are. Heat pumps above 11 kW,
            for which the formula has another part, are not steered by Hearth.
    """
    if rule is Rule.EACH:
        return Scope.EACH, each_w
    shared = SHARED[devices] if devices < len(SHARED) else LEAST_SHARED
    return Scope.DEVICES, each_w + max(0, devices - 1) * shared * each_w
