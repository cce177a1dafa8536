"""A charging station of the `ocpp` package: its schemas of 2.0.1 judge every frame, both ways."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from ocpp.v201 import ChargePoint, call, call_result
from websockets.asyncio.client import ClientConnection

from tests.sim.ocpp_library import Listening, connected, handler, stamp

ACTIONS = (
    "GetBaseReport",
    "GetCompositeSchedule",
    "GetTransactionStatus",
    "GetVariables",
    "RequestStartTransaction",
    "RequestStopTransaction",
    "SetChargingProfile",
    "SetVariables",
    "TriggerMessage",
)
VARIABLES = {
    "OCPPCommCtrlr.HeartbeatInterval": "900",
    "SampledDataCtrlr.TxUpdatedInterval": "60",
    "SampledDataCtrlr.TxUpdatedMeasurands": "Energy.Active.Import.Register",
    "AlignedDataCtrlr.Interval": "0",
    "SmartChargingCtrlr.RateUnit": "A,W",
}


class StationPeer(Listening, ChargePoint):  # type: ignore[misc]  # the package has no types
    """One connection that speaks 2.0.1."""

    results = call_result

    def __init__(self, identity: str, socket: ClientConnection) -> None:
        super().__init__(identity, socket)
        self.variables: dict[str, str | None] = dict(VARIABLES)
        self.ongoing: bool | None = True
        self.queued = False
        self.refuses: set[str] = set()  # what makes it refuse a profile: fields, purposes
        self._seq_no = 0

    def _answer_SetChargingProfile(  # noqa: N802 (the action's own name)
        self, evse_id: int, charging_profile: dict[str, Any]
    ) -> Any:
        assert evse_id <= 2
        schedule = charging_profile["charging_schedule"][0]
        traits = {
            *charging_profile,
            *schedule,
            charging_profile["charging_profile_purpose"],
            charging_profile["charging_profile_kind"],
            schedule["charging_rate_unit"],
            f"stack {charging_profile['stack_level']}",
        }
        if self.refuses & traits:
            why = {"reasonCode": "InvalidProfile"}
            return call_result.SetChargingProfile(status="Rejected", status_info=why)
        self.profiles[charging_profile["stack_level"]] = charging_profile
        return call_result.SetChargingProfile(status="Accepted")

    def _answer_GetCompositeSchedule(  # noqa: N802
        self, duration: int, evse_id: int, charging_rate_unit: str | None = None
    ) -> Any:
        if not self.profiles:
            return call_result.GetCompositeSchedule(status="Rejected")
        schedule = self.profiles[max(self.profiles)]["charging_schedule"][0]
        first = schedule["charging_schedule_period"][0]
        return call_result.GetCompositeSchedule(
            status="Accepted",
            schedule={
                "evse_id": evse_id,
                "duration": duration,
                "schedule_start": stamp(),
                "charging_rate_unit": charging_rate_unit or schedule["charging_rate_unit"],
                "charging_schedule_period": [first],
            },
        )

    def _answer_GetVariables(self, get_variable_data: list[dict[str, Any]]) -> Any:  # noqa: N802
        results = []
        for asked in get_variable_data:
            name = f"{asked['component']['name']}.{asked['variable']['name']}"
            known = name in self.variables
            result = {**asked, "attribute_status": "Accepted" if known else "UnknownVariable"}
            if known and self.variables[name] is not None:
                result["attribute_value"] = self.variables[name]
            results.append(result)
        return call_result.GetVariables(get_variable_result=results)

    def _answer_SetVariables(self, set_variable_data: list[dict[str, Any]]) -> Any:  # noqa: N802
        results = []
        for wanted in set_variable_data:
            name = f"{wanted['component']['name']}.{wanted['variable']['name']}"
            status = "Accepted" if name in self.variables else "UnknownVariable"
            self.variables[name] = wanted["attribute_value"]
            where = {key: wanted[key] for key in ("component", "variable")}
            results.append({**where, "attribute_status": status})
        return call_result.SetVariables(set_variable_result=results)

    def _answer_GetTransactionStatus(self, transaction_id: str) -> Any:  # noqa: N802
        assert transaction_id
        return call_result.GetTransactionStatus(
            messages_in_queue=self.queued, ongoing_indicator=self.ongoing
        )

    def limit_a(self) -> float:
        """What the highest profile allows now."""
        schedule = self.profiles[max(self.profiles)]["charging_schedule"][0]
        return float(schedule["charging_schedule_period"][0]["limit"])

    async def boot(self, **fields: str) -> Any:
        station = {"vendor_name": "Library", "model": "Peer", **fields}
        return await self.say(call.BootNotification(charging_station=station, reason="PowerUp"))

    async def status(self, status: str, evse: int = 1, connector: int = 1) -> None:
        await self.say(
            call.StatusNotification(
                timestamp=stamp(), connector_status=status, evse_id=evse, connector_id=connector
            )
        )

    async def available(self, state: str, evse: int = 1) -> None:
        """The same by NotifyEvent."""
        event = {
            "event_id": 1,
            "timestamp": stamp(),
            "trigger": "Delta",
            "actual_value": state,
            "event_notification_type": "HardWiredNotification",
            "component": {"name": "Connector", "evse": {"id": evse, "connector_id": 1}},
            "variable": {"name": "AvailabilityState"},
        }
        await self.say(call.NotifyEvent(generated_at=stamp(), seq_no=0, event_data=[event]))

    async def event(
        self,
        kind: str,
        name: str,
        flow: str | None = None,
        *,
        trigger: str = "ChargingStateChanged",
        at: datetime | None = None,
        evse: int | None = 1,
        tag: dict[str, str] | None = None,
        power_w: float | None = None,
        energy_wh: float | None = None,
        **fields: Any,
    ) -> Any:
        """A TransactionEvent with what is given of it."""
        info = {"transaction_id": name, "charging_state": flow}
        info |= {key: fields.pop(key) for key in ("stopped_reason",) if key in fields}
        samples = [
            {"value": value, "measurand": measurand}
            for measurand, value in (
                ("Power.Active.Import", power_w),
                ("Energy.Active.Import.Register", energy_wh),
            )
            if value is not None
        ]
        self._seq_no += 1
        return await self.say(
            call.TransactionEvent(
                event_type=kind,
                timestamp=stamp(at),
                trigger_reason=trigger,
                seq_no=self._seq_no - 1,
                transaction_info={k: v for k, v in info.items() if v is not None},
                evse=None if evse is None else {"id": evse, "connector_id": 1},
                id_token=tag,
                meter_value=[{"timestamp": stamp(at), "sampled_value": samples}]
                if samples
                else None,
                **fields,
            )
        )


for _action in ACTIONS:
    setattr(StationPeer, f"on_{_action}", handler(_action))


@asynccontextmanager
async def station_peer(
    port: int, identity: str = "CP1", subprotocol: str = "ocpp2.0.1"
) -> AsyncIterator[StationPeer]:
    """A connected station; whatever the library objected to fails the test at the end."""
    async with connected(port, identity, StationPeer, subprotocol) as peer:
        yield peer
