"""What a demo run came to: Hearth's figures against the house's own account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.cli.demo.cloud import Proof

FINISHED = "PLAN:ENDED:FINISHED"
LEAST_KWH = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Hearth's status document and the house's truth, taken at the same time."""

    doc: dict[str, Any]
    truth: dict[str, Any]


class Ready:
    """Which plans have ended with a full car.

    Attributes:
        in_time: by plan, whether that was by its deadline.
    """

    def __init__(self) -> None:
        self.in_time: dict[str, bool] = {}

    def note(self, doc: Mapping[str, Any]) -> None:
        """Look at the document of plans."""
        for status in doc["statuses"].values():
            plan = status["plan"]
            if plan is not None and plan["finalState"] == FINISHED:
                ended, deadline = map(datetime.fromisoformat, (plan["endedAt"], plan["deadline"]))
                self.in_time[plan["id"]] = ended <= deadline


def summary(
    base: Moment | None,
    last: Moment,
    counters_kwh: dict[str, float],
    *,
    seconds: float,
    cpu_percent: float,
    entities: int,
    proof: Proof,
    grid_orders: int,
    ready: Ready,
) -> dict[str, Any]:
    """The figures that programs read; what the run did not have is null.

    Args:
        base: from where on the balance is drawn; None = that was never possible.
        counters_kwh: what each charger's counter showed first; that may be with its first car.
        grid_orders: how often the grid operator dimmed the house.
        ready: the cars that were charged by plan.
    """
    metrics = last.doc["metrics"]
    devices = last.doc["devices"]
    charged_kwh = _charged_kwh(counters_kwh, last)
    return {
        "seconds": round(seconds, 1),
        "simulatedSeconds": round(last.truth["simulated_s"], 1),
        "devicesUp": sum(1 for d in devices if d["isReachable"]),
        "devicesTotal": len(devices),
        "actions": metrics["actions"],
        "confirmLatencyMs": metrics["confirmLatencyMs"],
        "frameToCommandMs": metrics["frameToCommandMs"],
        "chargedKwh": charged_kwh,
        "energyBalanceErrorPercent": balance_error_percent(base, last, counters_kwh),
        "overFuseSeconds": round(last.truth["over_fuse_s"], 1),
        "anomalies": last.doc["anomalies"],
        "entities": entities,
        "gridOrders": grid_orders,
        "carsReady": {
            "inTime": sum(ready.in_time.values()),
            "late": sum(not each for each in ready.in_time.values()),
        },
        "cloud": {
            "sent": proof.sent,
            "acked": proof.acked,
            "missing": proof.missing,
            "duplicated": proof.duplicated,
            "awaySeconds": proof.away_s,
        },
        "rssMb": metrics["rssMb"],
        "cpuPercent": round(cpu_percent, 2),
    }


def charger_counters_kwh(doc: dict[str, Any]) -> dict[str, float]:
    """The counters of all chargers that show one."""
    return {
        device["id"]: device["state"]["energy"]
        for device in doc["devices"]
        if device["kind"] == "charger" and device["state"].get("energy") is not None
    }


def _charged_kwh(began_kwh: dict[str, float], last: Moment) -> float | None:
    """What all chargers gave since each showed its counter; None where none did."""
    ended_kwh = charger_counters_kwh(last.doc)
    rises = [ended_kwh[name] - kwh for name, kwh in began_kwh.items() if name in ended_kwh]
    return round(sum(rises), 3) if rises else None


def balance_error_percent(
    base: Moment | None, last: Moment, counters_kwh: dict[str, float]
) -> float | None:
    """How far Hearth's counters are from closing the balance with the true load of the house.

    in = import + sun + battery discharge; out = export + battery charge + cars + load, in kWh
    between the two moments. All but the load are what Hearth published; the load is the
    house's own account. Error = |in - out| / in; None when a counter is unknown, or when so
    little moved that the counters' steps (10 Wh) and age (a minute) would decide the result.

    Args:
        counters_kwh: what each charger's counter showed first: one without a car shows none.
    """
    if base is None:
        return None
    into = [_rise(base, last, k) for k in ("gridImport", "productionEnergy", "batteryDischarge")]
    out = [_rise(base, last, k) for k in ("gridExport", "batteryCharge")]
    out.append(_charged_kwh(counters_kwh | charger_counters_kwh(base.doc), last))
    load = last.truth["energy_kwh"]["load"] - base.truth["energy_kwh"]["load"]
    if any(value is None for value in (*into, *out)):
        return None
    total_in = sum(value or 0.0 for value in into)
    total_out = sum(value or 0.0 for value in out) + float(load)
    if total_in < LEAST_KWH:
        return None
    return round(abs(total_in - total_out) / total_in * 100, 3)


def _rise(base: Moment, last: Moment, key: str) -> float | None:
    before: float | None = base.doc["totals"][key]
    after: float | None = last.doc["totals"][key]
    return None if before is None or after is None else round(after - before, 3)
