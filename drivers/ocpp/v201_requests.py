"""Our requests of OCPP 2.0.1, which 2.1 knows as well.

Written without the `ocpp` package's classes, which would take 3 MB, but checked by its schemas.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from drivers.ocpp.requests import Request, checked

VERSION = "2.0.1"
PURPOSES = {"ChargePointMaxProfile": "ChargingStationMaxProfile"}
"""Purposes of 1.6 that have another name."""
Variable = Mapping[str, Any]
"""A variable and its component, see v201_variables."""


def set_charging_profile(
    evse: int, profile: dict[str, Any], transaction: str | None, phase: int | None = None
) -> Request:
    """Args:
    profile: csChargingProfiles of 1.6.
    transaction: as the charger calls it, if the profile is of one.
    phase: the one of its own to use, where the profile is for one phase and it lets us choose.
    """
    converted = _profile(profile, transaction)
    if phase is not None:
        schedule = converted["chargingSchedule"][0]
        periods = schedule["chargingSchedulePeriod"]
        schedule["chargingSchedulePeriod"] = [{**each, "phaseToUse": phase} for each in periods]
    return _checked("SetChargingProfile", {"evseId": evse, "chargingProfile": converted})


def get_composite_schedule(evse: int, duration_s: int, unit: str | None) -> Request:
    payload: dict[str, Any] = {"evseId": evse, "duration": duration_s}
    if unit is not None:
        payload["chargingRateUnit"] = unit
    return _checked("GetCompositeSchedule", payload)


def start_transaction(evse: int, id_tag: str, number: int) -> Request:
    """Args:
    number: remoteStartId, another one each time.
    """
    token = {"idToken": id_tag, "type": "Central"}
    payload = {"evseId": evse, "idToken": token, "remoteStartId": number}
    return _checked("RequestStartTransaction", payload)


def stop_transaction(transaction: str) -> Request:
    return _checked("RequestStopTransaction", {"transactionId": transaction})


def get_transaction_status(transaction: str) -> Request:
    return _checked("GetTransactionStatus", {"transactionId": transaction})


def trigger(message: str, evse: dict[str, int] | None) -> Request:
    where = {} if evse is None else {"evse": evse}
    return _checked("TriggerMessage", {"requestedMessage": message, **where})


def get_variables(variables: Sequence[Variable]) -> Request:
    return _checked("GetVariables", {"getVariableData": [dict(one) for one in variables]})


def set_variable(variable: Variable, value: str) -> Request:
    return _checked("SetVariables", {"setVariableData": [{"attributeValue": value, **variable}]})


def get_base_report(number: int) -> Request:
    payload = {"requestId": number, "reportBase": "ConfigurationInventory"}
    return _checked("GetBaseReport", payload)


def _profile(profile: dict[str, Any], transaction: str | None) -> dict[str, Any]:
    """A chargingProfile from csChargingProfiles of 1.6."""
    number, purpose = profile["chargingProfileId"], profile["chargingProfilePurpose"]
    converted: dict[str, Any] = {
        "id": number,
        "stackLevel": profile["stackLevel"],
        "chargingProfilePurpose": PURPOSES.get(purpose, purpose),
        "chargingProfileKind": profile["chargingProfileKind"],
        "chargingSchedule": [{"id": number, **profile["chargingSchedule"]}],
    }
    converted |= {name: profile[name] for name in ("validFrom", "validTo") if name in profile}
    if "transactionId" in profile and transaction is not None:
        converted["transactionId"] = transaction
    return converted


def _checked(action: str, payload: dict[str, Any]) -> Request:
    return checked(action, payload, VERSION)
