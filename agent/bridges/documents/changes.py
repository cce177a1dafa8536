"""What differs between two states of a document, and whether that is worth a word."""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any, Final

from agent.bridges.charges import FIGURES
from agent.bridges.documents.view import Json

_CHARGED: Final = frozenset(
    {f"{part}.{name}" for part in ("session", "month") for name in FIGURES} | {"month.sessions"}
)
MEASURED: Final = {
    "vehicle": frozenset(
        {
            "chargeState.batteryLevel",
            "chargeState.range",
            "chargeState.chargeRate",
            "chargeState.chargeTimeRemaining",
            "chargeState.maxCurrent",
            "location.latitude",
            "location.longitude",
            "odometer.distance",
        }
    )
    | _CHARGED,
    "charger": frozenset(
        {
            "chargeState.chargeRate",
            "chargeState.maxCurrent",
            "pairing.confidence",
            "pairing.evidence",
            "pairing.runnerUpId",
            "pairing.settles",
        }
    )
    | _CHARGED,
    "battery": frozenset(
        {
            "chargeState.status",
            "chargeState.batteryLevel",
            "chargeState.batteryCapacity",
            "chargeState.chargeRate",
        }
    ),
    "inverter": frozenset(
        {
            "productionState.productionRate",
            "productionState.isProducing",
            "productionState.totalLifetimeProduction",
        }
    ),
    "meter": frozenset({"energyState.power"}),
    "hem-system": frozenset(
        f"flows.{name}"
        for name in (
            "generation",
            "consumption",
            "batteryCharge",
            "batteryDischarge",
            "gridImport",
            "gridExport",
        )
    ),
    "pair": frozenset({"confidence", "evidence"}),
    "smart-charging-status": frozenset(
        {"plan.smartCost", "plan.nonSmartCost", "plan.estimatedSavings"}
    ),
}
"""Paths that change all the time; a charger that follows the sun even changes its limit so."""

_STAMPS: Final = frozenset(
    {"lastSeen", "lastUpdated", "changedAt", "updatedAt", "at", "otherwiseAt"}
)


class Worth(IntEnum):
    NOTHING = 0
    STAMP = 1  # nobody needs to hear of it
    MEASURED = 2  # now and then
    DISCRETE = 3  # at once


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Dotted JSON paths of all leaves that differ; a list is one leaf."""
    return [] if old == new else list(_walk(old, new, ""))


def _walk(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name in (*new, *(name for name in old if name not in new)):
        before, after = old.get(name), new.get(name)
        if before == after and (name in old) == (name in new):
            continue
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _walk(before, after, f"{prefix}{name}.")
        else:
            yield prefix + name


def worth(kind: str, paths: list[str], old: Json, new: Json) -> Worth:
    """The most that one of the paths is worth.

    Args:
        kind: type of the resource.
    """
    if not paths:
        return Worth.NOTHING
    measured = MEASURED.get(kind, frozenset())
    best = Worth.STAMP
    for path in paths:
        if path in measured and not _fault(path, old, new):
            best = Worth.MEASURED
        elif path.rpartition(".")[2] not in _STAMPS:
            return Worth.DISCRETE
    return best


def _fault(path: str, old: Json, new: Json) -> bool:
    """A battery changes between its states all day, but its fault is news."""
    if path != "chargeState.status":
        return False
    return any(doc.get("chargeState", {}).get("status") == "FAULT" for doc in (old, new))
