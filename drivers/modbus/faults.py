"""What can go wrong between Hearth and one Modbus unit, told apart by what helps.

Exception codes: Modbus Application Protocol V1.1b3 §7; 0x80 is Huawei's "permission denied"
(wlcrs/huawei-solar-lib).
"""

from enum import StrEnum
from types import MappingProxyType


class Fault(StrEnum):
    """Kinds of failure of one request."""

    TIMEOUT = "timeout"
    BUSY = "busy"
    REFUSED = "refused"
    ILLEGAL_ADDRESS = "illegal address"
    ILLEGAL_VALUE = "illegal value"
    PERMISSION = "permission"
    SHORT = "short answer"
    MIXED_UP = "mixed-up answer"
    UNIT_GONE = "unit gone"
    LINK_DOWN = "link down"


TRANSIENT = frozenset({Fault.BUSY})
"""Worth asking again within the same poll."""

SILENT = frozenset(
    {Fault.TIMEOUT, Fault.SHORT, Fault.MIXED_UP, Fault.UNIT_GONE, Fault.LINK_DOWN, Fault.BUSY}
)
"""The device as a whole did not answer properly, whatever was asked."""

_BY_CODE = MappingProxyType(
    {
        1: Fault.REFUSED,
        2: Fault.ILLEGAL_ADDRESS,
        3: Fault.ILLEGAL_VALUE,
        4: Fault.BUSY,
        5: Fault.BUSY,
        6: Fault.BUSY,
        10: Fault.UNIT_GONE,
        11: Fault.UNIT_GONE,
        0x80: Fault.PERMISSION,
    }
)

_WORDS = MappingProxyType(
    {
        1: "it does not know this function",
        2: "it has no such register",
        3: "it does not accept the value or the length",
        4: "it failed inside",
        5: "it is still working on it",
        6: "it is busy",
        10: "the gateway has no path to it",
        11: "it did not answer the gateway",
        0x80: "permission denied, it wants a login first",
    }
)


class BusFault(Exception):
    """One request failed.

    Args:
        fault: kind of failure.
        sentence: what happened, in an installer's words.
        code: the device's exception code when it gave one.
    """

    def __init__(self, fault: Fault, sentence: str, code: int | None = None) -> None:
        super().__init__(sentence)
        self.fault = fault
        self.code = code


def fault_of_code(code: int) -> BusFault:
    """The fault that a device's exception code stands for; unknown codes are refusals."""
    words = _WORDS.get(code, "it gave a reason that Hearth does not know")
    return BusFault(
        _BY_CODE.get(code, Fault.REFUSED), f"{words} (Modbus exception {code})", code=code
    )
