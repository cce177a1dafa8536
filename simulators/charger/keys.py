"""The configuration keys of OCPP 1.6 §9 that a good box has, and a few of its own."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from simulators.charger import profiles

MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Current.Offered",
    "Voltage",
    "SoC",
    "Temperature",
)
_SAMPLED = "MeterValuesSampledData"


@dataclass(slots=True)
class Key:
    value: str
    readonly: bool = False
    kind: str = "text"  # text, int, bool, measurands
    reboot: bool = False


def _all() -> dict[str, Key]:
    return {
        "AllowOfflineTxForUnknownId": Key("true", kind="bool"),
        "AuthorizationCacheEnabled": Key("false", kind="bool"),
        "AuthorizeRemoteTxRequests": Key("false", kind="bool"),
        "ClockAlignedDataInterval": Key("0", kind="int"),
        "ConnectionTimeOut": Key("120", kind="int"),
        "ConnectorPhaseRotation": Key("0.RST,1.RST"),
        "ConnectorSwitch3to1PhaseSupported": Key("true", readonly=True),
        "GetConfigurationMaxKeys": Key("50", readonly=True),
        "HeartbeatInterval": Key("60", kind="int"),
        "LocalAuthorizeOffline": Key("true", kind="bool"),
        "LocalPreAuthorize": Key("false", kind="bool"),
        _SAMPLED: Key(
            "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage",
            kind="measurands",
        ),
        "MeterValuesAlignedData": Key("Energy.Active.Import.Register", kind="measurands"),
        "MeterValueSampleInterval": Key("10", kind="int"),
        "MinimumStatusDuration": Key("0", kind="int"),
        "NumberOfConnectors": Key("1", readonly=True),
        "ResetRetries": Key("1", kind="int"),
        "StopTransactionOnEVSideDisconnect": Key("true", kind="bool"),
        "StopTransactionOnInvalidId": Key("true", kind="bool"),
        "StopTxnAlignedData": Key("", kind="measurands"),
        "StopTxnSampledData": Key("", kind="measurands"),
        "SupportedFeatureProfiles": Key("Core,RemoteTrigger,SmartCharging", readonly=True),
        "TransactionMessageAttempts": Key("3", kind="int"),
        "TransactionMessageRetryInterval": Key("20", kind="int"),
        "UnlockConnectorOnEVSideDisconnect": Key("true", kind="bool"),
        "WebSocketPingInterval": Key("30", kind="int"),
        "ChargeProfileMaxStackLevel": Key(str(profiles.MAX_STACK_LEVEL), readonly=True),
        "ChargingScheduleAllowedChargingRateUnit": Key("Current,Power", readonly=True),
        "ChargingScheduleMaxPeriods": Key(str(profiles.MAX_PERIODS), readonly=True),
        "MaxChargingProfilesInstalled": Key(str(profiles.MAX_INSTALLED), readonly=True),
        "FreeCharging": Key("false", kind="bool"),
        "FreeChargingIdTag": Key("FREE"),
        "LightIntensity": Key("50", kind="int", reboot=True),
    }


@dataclass(slots=True)
class Keys:
    known: dict[str, Key] = field(default_factory=_all)

    def _find(self, name: str) -> str | None:
        return next((key for key in self.known if key.casefold() == name.casefold()), None)

    def text(self, name: str) -> str:
        return self.known[name].value

    def number(self, name: str) -> int:
        return int(self.known[name].value)

    def flag(self, name: str) -> bool:
        return self.known[name].value.casefold() == "true"

    def measurands(self, name: str = _SAMPLED) -> list[str]:
        return [word.strip() for word in self.text(name).split(",") if word.strip()]

    def change(self, name: str, value: str) -> str:
        """The status to answer: Accepted, Rejected, NotSupported or RebootRequired."""
        found = self._find(name)
        if found is None:
            return "NotSupported"
        key = self.known[found]
        if key.readonly or not _fits(key.kind, value):
            return "Rejected"
        key.value = value
        return "RebootRequired" if key.reboot else "Accepted"

    def listed(self, names: Iterable[str] | None) -> dict[str, object]:
        """The answer to GetConfiguration."""
        wanted = list(names) if names else list(self.known)
        unknown = [name for name in wanted if self._find(name) is None]
        found = [key for key in map(self._find, wanted) if key is not None]
        answer: dict[str, object] = {
            "configurationKey": [
                {
                    "key": name,
                    "readonly": self.known[name].readonly,
                    "value": self.known[name].value,
                }
                for name in found
            ]
        }
        if unknown:
            answer["unknownKey"] = unknown
        return answer


def _fits(kind: str, value: str) -> bool:
    match kind:
        case "int":
            return value.isdecimal() and len(value) < 10
        case "bool":
            return value.casefold() in {"true", "false"}
        case "measurands":
            return all(word.strip() in MEASURANDS for word in value.split(",") if word.strip())
    return len(value) <= 500
