"""Variables of OCPP 2.0.1 that the box has, by the keys of 1.6 that hold their values."""

from typing import Any

from simulators.charger.keys import Keys

Name = tuple[str, str, str | None]
"""Component, variable and its instance."""

KEYS: dict[Name, str] = {
    ("AlignedDataCtrlr", "Interval", None): "ClockAlignedDataInterval",
    ("AuthCtrlr", "AuthorizeRemoteStart", None): "AuthorizeRemoteTxRequests",
    ("AuthCtrlr", "OfflineTxForUnknownIdEnabled", None): "AllowOfflineTxForUnknownId",
    ("OCPPCommCtrlr", "HeartbeatInterval", None): "HeartbeatInterval",
    ("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"): "TransactionMessageAttempts",
    ("OCPPCommCtrlr", "WebSocketPingInterval", None): "WebSocketPingInterval",
    ("SampledDataCtrlr", "TxUpdatedInterval", None): "MeterValueSampleInterval",
    ("SampledDataCtrlr", "TxUpdatedMeasurands", None): "MeterValuesSampledData",
    ("SmartChargingCtrlr", "ProfileStackLevel", None): "ChargeProfileMaxStackLevel",
    ("SmartChargingCtrlr", "PeriodsPerSchedule", None): "ChargingScheduleMaxPeriods",
    ("TxCtrlr", "EVConnectionTimeOut", None): "ConnectionTimeOut",
    ("TxCtrlr", "StopTxOnEVSideDisconnect", None): "StopTransactionOnEVSideDisconnect",
}
FIXED: dict[Name, str] = {
    ("SmartChargingCtrlr", "Enabled", None): "true",
    ("SmartChargingCtrlr", "RateUnit", None): "A,W",
    ("SmartChargingCtrlr", "Phases3to1", None): "true",
    ("SmartChargingCtrlr", "ACPhaseSwitchingSupported", None): "true",
    ("TxCtrlr", "TxStartPoint", None): "Authorized",
    ("TxCtrlr", "TxStopPoint", None): "EVConnected,Authorized",
}
STATUSES = {"NotSupported": "UnknownVariable"}

Payload = dict[str, Any]


def read(keys: Keys, asked: Payload) -> Payload:
    """A getVariableResult."""
    found = {"component": asked["component"], "variable": asked["variable"]}
    name = _name(asked)
    value = keys.text(KEYS[name]) if name in KEYS else FIXED.get(name)
    if value is None:
        known = any(name[0] == component for component, _, _ in (*KEYS, *FIXED))
        return found | {"attributeStatus": "UnknownVariable" if known else "UnknownComponent"}
    return found | {"attributeStatus": "Accepted", "attributeValue": value}


def write(keys: Keys, wanted: Payload) -> Payload:
    """A setVariableResult."""
    name, found = _name(wanted), {key: wanted[key] for key in ("component", "variable")}
    if name in FIXED:
        return found | {"attributeStatus": "Rejected"}
    if name not in KEYS:
        return found | {"attributeStatus": "UnknownVariable"}
    status = keys.change(KEYS[name], wanted["attributeValue"])
    return found | {"attributeStatus": STATUSES.get(status, status)}


def report(keys: Keys) -> list[Payload]:
    """All of them, as reportData."""
    values = {name: keys.text(key) for name, key in KEYS.items()} | FIXED
    return [
        {
            "component": {"name": component},
            "variable": {"name": name} | ({"instance": instance} if instance else {}),
            "variableAttribute": [{"type": "Actual", "value": value}],
        }
        for (component, name, instance), value in values.items()
    ]


def _name(entry: Payload) -> Name:
    variable = entry["variable"]
    return entry["component"]["name"], variable["name"], variable.get("instance")
