"""A transaction at a charger. The card that began it never leaves the house."""

from agent.bridges.documents.charge_costs import UNKNOWN
from agent.bridges.documents.common import stamp
from agent.bridges.documents.ids import device_id, public_id
from agent.bridges.documents.view import Json, Sender
from agent.bridges.wire import number
from agent.model.driver import Transaction
from agent.model.readings import DeviceId


def transaction_id(value: Transaction, sender: Sender) -> str:
    return public_id(sender.agent_id, "transaction", str(value.id))


def transaction(
    value: Transaction, vehicle: DeviceId | None, sender: Sender, cost: Json = UNKNOWN
) -> Json:
    """Args:
    vehicle: the car that is known to hang on the charger.
    cost: see cost_of.
    """
    start_wh, stop_wh = value.meter_start_wh, value.meter_stop_wh
    energy_wh = None if start_wh is None or stop_wh is None else stop_wh - start_wh
    return {
        "id": transaction_id(value, sender),
        "chargerId": device_id(sender.agent_id, value.charger),
        "vehicleId": None if vehicle is None else device_id(sender.agent_id, vehicle),
        "userId": None,
        "origin": "Unknown",
        "startedAt": stamp(value.started_at),
        "endedAt": stamp(value.stopped_at),
        "meterStartWh": number(start_wh, 0),
        "meterStopWh": number(stop_wh, 0),
        "energyKwh": None if energy_wh is None else number(energy_wh / 1000, 3),
        "reservationId": None,
        "stopReason": value.stop_reason,
        "isReconstructed": value.reconstructed,
        **cost,
    }
