"""Our requests of OCPP 1.6.

Written without the `ocpp` package's classes, which would take 1 MB, but checked by its schemas.
"""

from typing import Any

from drivers.ocpp.requests import Request, checked

VERSION = "1.6"


def set_charging_profile(connector: int, profile: dict[str, Any]) -> Request:
    return _checked("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": profile})


def get_composite_schedule(connector: int, duration_s: int, unit: str | None) -> Request:
    payload: dict[str, Any] = {"connectorId": connector, "duration": duration_s}
    if unit is not None:
        payload["chargingRateUnit"] = unit
    return _checked("GetCompositeSchedule", payload)


def remote_start(connector: int, id_tag: str) -> Request:
    return _checked("RemoteStartTransaction", {"idTag": id_tag, "connectorId": connector})


def remote_stop(transaction_id: int) -> Request:
    return _checked("RemoteStopTransaction", {"transactionId": transaction_id})


def trigger(message: str, connector: int | None) -> Request:
    where = {} if connector is None else {"connectorId": connector}
    return _checked("TriggerMessage", {"requestedMessage": message, **where})


def get_configuration(keys: list[str]) -> Request:
    return _checked("GetConfiguration", {"key": keys})


def change_configuration(key: str, value: str) -> Request:
    return _checked("ChangeConfiguration", {"key": key, "value": value})


def _checked(action: str, payload: dict[str, Any]) -> Request:
    return checked(action, payload, VERSION)
