"""Cars and guests as the command line of the house names them."""

from collections.abc import Callable, Mapping

from simulators.car import Car, Errand, Guest

_NO = frozenset({"0", "no", "false"})
_SETTINGS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "capacity_kwh": ("capacity_wh", lambda value: float(value) * 1000),
    "soc": ("soc_percent", float),
    "max_a": ("max_current_a", float),
    "phases": ("phases", int),
    "limit": ("limit_percent", float),
    "plugged": ("plugged", lambda value: value not in _NO),
    "trips": ("trips", lambda value: value not in _NO),
    "arrives_s": ("arrives_s", float),
}
_DRIVE = ("leaves_s", "returns_s", "returns_soc")


def car_from(text: str, seed: int, *, trips: bool) -> Car:
    """Read NAME[,key=value...]; keys are capacity_kwh, soc, max_a, phases, limit, plugged,
    trips, arrives_s, and for one drive leaves_s, returns_s and returns_soc.

    Raises:
        ValueError: an unknown key or no number.
    """
    name, *pairs = text.split(",")
    car, drive = Car(name=name, seed=seed, trips=trips), dict[str, float]()
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key in _SETTINGS:
            setting, meaning = _SETTINGS[key]
            setattr(car, setting, meaning(value))
        elif key in _DRIVE:
            drive[key] = float(value)
        else:
            known = ", ".join((*_SETTINGS, *_DRIVE))
            raise ValueError(f"--car {text!r}: no such key {key!r}; there are {known}")
    car.errand = _errand(text, drive)
    return car


def _errand(text: str, drive: dict[str, float]) -> Errand | None:
    if not drive:
        return None
    try:
        return Errand(
            leaves_s=drive["leaves_s"],
            returns_s=drive["returns_s"],
            soc_percent=drive["returns_soc"],
        )
    except KeyError as error:
        raise ValueError(f"--car {text!r}: a drive needs {error.args[0]} too") from None


def guest_from(text: str) -> tuple[str, Guest]:
    """Read BAY,from_s=N,for_s=N[,key=value...]; keys are capacity_kwh, soc, max_a, phases, limit.

    Raises:
        ValueError: an unknown key, no number, or no times.
    """
    bay, *pairs = text.split(",")
    values = {key: float(value) for key, _, value in (pair.partition("=") for pair in pairs)}
    try:
        guest = Guest(from_s=values.pop("from_s"), for_s=values.pop("for_s"))
    except KeyError as error:
        raise ValueError(f"--guest {text!r}: {error.args[0]} is missing") from None
    guest.capacity_wh = values.pop("capacity_kwh", 45.0) * 1000
    guest.soc_percent = values.pop("soc", guest.soc_percent)
    guest.max_current_a = values.pop("max_a", guest.max_current_a)
    guest.phases = int(values.pop("phases", guest.phases))
    guest.limit_percent = values.pop("limit", guest.limit_percent)
    if values:
        raise ValueError(
            f"--guest {text!r}: no such key {', '.join(values)}; there are from_s, for_s, "
            "capacity_kwh, soc, max_a, phases, limit"
        )
    return bay, guest
