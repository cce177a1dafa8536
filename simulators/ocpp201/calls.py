"""What a box answers to the central system's calls of OCPP 2.0.1; answers only, no waiting."""

from collections.abc import Callable
from typing import Any

from simulators.charger.box import Box, Grant
from simulators.charger.composite import periods
from simulators.charger.link import CallProblem
from simulators.charger.profiles import Profile
from simulators.charger.quirks import refuses
from simulators.charger.transaction import Outgoing
from simulators.clock import iso
from simulators.ocpp201 import variables

Payload = dict[str, Any]

EVSES = frozenset({0, 1})
PURPOSES = {"ChargingStationMaxProfile": "ChargePointMaxProfile"}
REPORT_ENTRIES = 5
ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}


class Calls201:
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
            "ClearCache": lambda _payload: ACCEPTED,
            "ClearChargingProfile": self._clear_charging_profile,
            "DataTransfer": lambda _payload: {"status": "UnknownVendorId"},
            "GetBaseReport": self._get_base_report,
            "GetCompositeSchedule": self._get_composite_schedule,
            "GetTransactionStatus": self._get_transaction_status,
            "GetVariables": self._get_variables,
            "RequestStartTransaction": self._request_start,
            "RequestStopTransaction": self._request_stop,
            "Reset": self._reset,
            "SetChargingProfile": self._set_charging_profile,
            "SetVariables": self._set_variables,
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

    def _request_start(self, payload: Payload) -> Payload:
        box, wire = self.box, payload.get("chargingProfile")
        refused = box.tx is not None or not box.operative or payload.get("evseId", 1) != 1
        if refused or (wire is not None and wire.get("chargingProfilePurpose") != "TxProfile"):
            return REJECTED
        grant = Grant(
            id_tag=payload["idToken"]["idToken"],
            until_s=box.now_s + box.keys.number("ConnectionTimeOut"),
            profile=profile_of(1, wire) if wire is not None else None,
            remote_start_id=payload["remoteStartId"],
        )
        if box.keys.flag("AuthorizeRemoteTxRequests"):
            box.authorize(grant)
        else:
            box.grant = grant
        return ACCEPTED

    def _request_stop(self, payload: Payload) -> Payload:
        tx = self.box.tx
        if tx is None or payload["transactionId"] != tx.name:
            return REJECTED
        self.box.stop_wish = "Remote"
        return ACCEPTED

    def _set_charging_profile(self, payload: Payload) -> Payload:
        box = self.box
        profile = profile_of(payload["evseId"], payload["chargingProfile"])
        open_tx = None if box.tx is None else box.tx.name
        if refuses(box.quirks, profile) or not box.profiles.install(profile, open_tx):
            return REJECTED | {"statusInfo": {"reasonCode": "InvalidProfile"}}
        return ACCEPTED

    def _clear_charging_profile(self, payload: Payload) -> Payload:
        wanted = payload.get("chargingProfileCriteria", {})
        purpose = wanted.get("chargingProfilePurpose")
        found = self.box.profiles.clear(
            profile_id=payload.get("chargingProfileId"),
            connector=wanted.get("evseId"),
            purpose=PURPOSES.get(purpose, purpose),
            stack=wanted.get("stackLevel"),
        )
        return {"status": "Accepted" if found else "Unknown"}

    def _get_composite_schedule(self, payload: Payload) -> Payload:
        box = self.box
        if "no-composite" in box.quirks:
            raise CallProblem("NotImplemented", "this box has no GetCompositeSchedule")
        evse, unit = payload["evseId"], payload.get("chargingRateUnit", "A")
        if evse not in EVSES:
            return REJECTED
        schedule = {
            "evseId": evse,
            "duration": payload["duration"],
            "scheduleStart": iso(box.now_s),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": periods(box, payload["duration"], unit),
        }
        return ACCEPTED | {"schedule": schedule}

    def _get_transaction_status(self, payload: Payload) -> Payload:
        tx, asked = self.box.tx, payload.get("transactionId")
        queued = self.box.outbox.holds(
            lambda m: asked in {None, m.get("transactionInfo", {}).get("transactionId")}
        )
        if asked is None:
            return {"messagesInQueue": queued}
        return {
            "messagesInQueue": queued,
            "ongoingIndicator": tx is not None and tx.name == asked,
        }

    def _get_variables(self, payload: Payload) -> Payload:
        keys = self.box.keys
        return {
            "getVariableResult": [variables.read(keys, one) for one in payload["getVariableData"]]
        }

    def _set_variables(self, payload: Payload) -> Payload:
        keys = self.box.keys
        return {
            "setVariableResult": [variables.write(keys, one) for one in payload["setVariableData"]]
        }

    def _get_base_report(self, payload: Payload) -> Payload:
        entries = variables.report(self.box.keys)
        parts = [entries[at : at + REPORT_ENTRIES] for at in range(0, len(entries), REPORT_ENTRIES)]
        for number, part in enumerate(parts):
            self._put(
                "NotifyReport",
                {
                    "requestId": payload["requestId"],
                    "generatedAt": iso(self.box.now_s),
                    "seqNo": number,
                    "tbc": number + 1 < len(parts),
                    "reportData": part,
                },
            )
        return ACCEPTED

    def _change_availability(self, payload: Payload) -> Payload:
        box = self.box
        if payload.get("evse", {"id": 0})["id"] not in EVSES:
            return REJECTED
        box.operative = payload["operationalStatus"] == "Operative"
        busy = box.tx is not None and not box.operative
        return {"status": "Scheduled" if busy else "Accepted"}

    def _trigger_message(self, payload: Payload) -> Payload:
        box = self.box
        if payload.get("evse", {"id": 1})["id"] not in EVSES:
            return REJECTED
        match payload["requestedMessage"]:
            case "BootNotification":
                box.outbox.put(self.boot_message())
            case "Heartbeat":
                self._put("Heartbeat", {})
            case "StatusNotification":
                box.say_status(1)
            case "TransactionEvent" if box.tx is None:
                return REJECTED
            case "MeterValues" | "TransactionEvent":
                box.meter.wish = "Trigger"
            case _:
                return {"status": "NotImplemented"}
        return ACCEPTED

    def _reset(self, payload: Payload) -> Payload:
        if self.box.tx is not None and payload["type"] == "OnIdle":
            return {"status": "Scheduled"}
        if self.box.tx is not None:
            self.box.stop_wish = "HardReset"
        self.reboot()
        return ACCEPTED

    def _unlock_connector(self, payload: Payload) -> Payload:
        if payload["evseId"] != 1:
            return {"status": "UnknownConnector"}
        if self.box.tx is not None:
            return {"status": "OngoingAuthorizedTransaction"}
        return {"status": "Unlocked"}

    def _put(self, action: str, payload: Payload) -> None:
        self.box.outbox.put(Outgoing(action=action, build=lambda: payload))


def profile_of(evse: int, wire: Payload) -> Profile:
    """Read a chargingProfile; the box plans with the first of its schedules.

    Raises:
        ValueError, KeyError, TypeError, IndexError: it is not a profile of OCPP 2.0.1.
    """
    purpose = wire["chargingProfilePurpose"]
    same = {"chargingProfileId": wire["id"], "chargingSchedule": wire["chargingSchedule"][0]}
    return Profile.parse(
        evse, {**wire, **same, "chargingProfilePurpose": PURPOSES.get(purpose, purpose)}
    )
