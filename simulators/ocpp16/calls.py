"""What a box answers to the central system's calls (OCPP 1.6 §5); answers only, no waiting."""

from collections.abc import Callable
from typing import Any

from simulators.charger.box import Box, Grant
from simulators.charger.composite import periods
from simulators.charger.link import CallProblem
from simulators.charger.profiles import Profile
from simulators.charger.quirks import refuses
from simulators.charger.transaction import Outgoing
from simulators.clock import iso

Payload = dict[str, Any]


class Calls16:
    """Args:
    wake: makes the box act at once.
    reboot: restarts the box after the reply.
    boot_message: a BootNotification, for a trigger.
    """

    def __init__(
        self,
        box: Box,
        *,
        wake: Callable[[], None],
        reboot: Callable[[], None],
        boot_message: Callable[[], Outgoing],
    ) -> None:
        self.box, self.wake, self.reboot, self.boot_message = box, wake, reboot, boot_message
        self._actions: dict[str, Callable[[Payload], Payload]] = {
            "ChangeAvailability": self._change_availability,
            "ChangeConfiguration": self._change_configuration,
            "ClearCache": lambda _payload: {"status": "Accepted"},
            "ClearChargingProfile": self._clear_charging_profile,
            "DataTransfer": lambda _payload: {"status": "UnknownVendorId"},
            "GetCompositeSchedule": self._get_composite_schedule,
            "GetConfiguration": self._get_configuration,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "Reset": self._reset,
            "SetChargingProfile": self._set_charging_profile,
            "TriggerMessage": self._trigger_message,
            "UnlockConnector": self._unlock_connector,
        }

    def handle(self, action: str, payload: Payload) -> Payload:
        """Answer a call.

        Raises:
            CallProblem: it cannot be done; the CALLERROR to send.
        """
        answer = self._actions.get(action)
        if answer is None:
            raise CallProblem("NotImplemented", f"this box has no {action}")
        reply = answer(payload)
        self.box.say("call", action=action, payload=payload, reply=reply)
        self.wake()
        return reply

    def _remote_start(self, payload: Payload) -> Payload:
        box = self.box
        wire = payload.get("chargingProfile")
        refused = box.tx is not None or not box.operative or payload.get("connectorId", 1) != 1
        if refused or (wire is not None and wire.get("chargingProfilePurpose") != "TxProfile"):
            return {"status": "Rejected"}
        grant = Grant(
            id_tag=payload["idTag"],
            until_s=box.now_s + box.keys.number("ConnectionTimeOut"),
            profile=Profile.parse(1, wire) if wire is not None else None,
        )
        if box.keys.flag("AuthorizeRemoteTxRequests"):
            box.authorize(grant)
        else:
            box.grant = grant
        return {"status": "Accepted"}

    def _remote_stop(self, payload: Payload) -> Payload:
        tx = self.box.tx
        if tx is None or payload["transactionId"] != tx.id:
            return {"status": "Rejected"}
        self.box.stop_wish = "Remote"
        return {"status": "Accepted"}

    def _set_charging_profile(self, payload: Payload) -> Payload:
        box, wire = self.box, payload["csChargingProfiles"]
        profile = Profile.parse(payload["connectorId"], wire)
        open_tx = None if box.tx is None else box.tx.wire_id
        if refuses(box.quirks, profile) or not box.profiles.install(profile, open_tx):
            return {"status": "Rejected"}
        return {"status": "Accepted"}

    def _clear_charging_profile(self, payload: Payload) -> Payload:
        found = self.box.profiles.clear(
            profile_id=payload.get("id"),
            connector=payload.get("connectorId"),
            purpose=payload.get("chargingProfilePurpose"),
            stack=payload.get("stackLevel"),
        )
        return {"status": "Accepted" if found else "Unknown"}

    def _get_composite_schedule(self, payload: Payload) -> Payload:
        box = self.box
        if "no-composite" in box.quirks:
            raise CallProblem("NotImplemented", "this box has no GetCompositeSchedule")
        connector, unit = payload["connectorId"], payload.get("chargingRateUnit", "A")
        if connector not in {0, 1}:
            return {"status": "Rejected"}
        return {
            "status": "Accepted",
            "connectorId": connector,
            "scheduleStart": iso(box.now_s),
            "chargingSchedule": {
                "duration": payload["duration"],
                "chargingRateUnit": unit,
                "chargingSchedulePeriod": periods(box, payload["duration"], unit),
            },
        }

    def _get_configuration(self, payload: Payload) -> Payload:
        return self.box.keys.listed(payload.get("key"))

    def _change_configuration(self, payload: Payload) -> Payload:
        return {"status": self.box.keys.change(payload["key"], payload["value"])}

    def _change_availability(self, payload: Payload) -> Payload:
        box = self.box
        if payload["connectorId"] not in {0, 1}:
            return {"status": "Rejected"}
        box.operative = payload["type"] == "Operative"
        busy = box.tx is not None and not box.operative
        return {"status": "Scheduled" if busy else "Accepted"}

    def _trigger_message(self, payload: Payload) -> Payload:
        box, wanted = self.box, payload["requestedMessage"]
        connector = payload.get("connectorId")
        if connector not in {None, 0, 1}:
            return {"status": "Rejected"}
        match wanted:
            case "BootNotification":
                box.outbox.put(self.boot_message())
            case "Heartbeat":
                box.outbox.put(Outgoing(action="Heartbeat", build=dict))
            case "StatusNotification":
                box.say_status(*((0, 1) if connector is None else (connector,)))
            case "MeterValues":
                box.meter.wish = "Trigger"
            case _:
                return {"status": "NotImplemented"}
        return {"status": "Accepted"}

    def _reset(self, payload: Payload) -> Payload:
        if self.box.tx is not None:
            self.box.stop_wish = f"{payload['type']}Reset"
        self.reboot()
        return {"status": "Accepted"}

    def _unlock_connector(self, payload: Payload) -> Payload:
        if payload["connectorId"] != 1:
            return {"status": "NotSupported"}
        if self.box.tx is not None:
            self.box.stop_wish = "UnlockCommand"
        return {"status": "Unlocked"}
