"""A car on a cable: takes what is offered, slows down above 80 %, drives to work."""

import math
from dataclasses import dataclass

from simulators.noise import noise

MIN_OFFER_A = 6.0
"""Less is no offer, IEC 61851-1."""
_TAPER_FROM_PERCENT = 80.0
_ONBOARD_EFFICIENCY = 0.9
_DAY_S = 86400.0
_METER_BEFORE_WH = 245_000.0


@dataclass(slots=True, kw_only=True)
class Guest:
    """Somebody else's car, which takes the bay for a while each day, if it is free then.

    Args:
        from_s: seconds after the simulation began, and after that once a day.
        for_s: how long it stays; not over the end of its day.
        here: whether it hangs in the bay now.
    """

    from_s: float
    for_s: float
    capacity_wh: float = 45_000.0
    soc_percent: float = 55.0
    max_current_a: float = 16.0
    phases: int = 3
    limit_percent: float = 90.0
    here: bool = False

    def wants_in(self, since_s: float) -> bool:
        """Whether it would hang here now, `since_s` after the beginning."""
        return since_s >= self.from_s and (since_s - self.from_s) % _DAY_S < self.for_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One drive.

    Args:
        leaves_s, returns_s: seconds after the simulation began.
        soc_percent: with which the car comes back.
    """

    leaves_s: float
    returns_s: float
    soc_percent: float


@dataclass(slots=True, kw_only=True)
class Car:
    """The car and the bay where it parks.

    Args:
        name: the charge point's identity at that bay.
        max_current_a: per phase, what the on-board charger takes.
        phases: how many phases it uses, 1 to 3.
        limit_percent: where the owner told it to stop.
        trips: whether it drives on most days and is away meanwhile; it is at home when the
            simulation begins, and skips a trip that it should be on by then.
        arrives_s: when it comes home for the first time, in seconds after the beginning; 0 = it is
            there already.
        errand: what it drives once after that.
        guest: who else uses the bay; while the guest is here, battery and limits are the guest's.
        offered_a: what the charge point offers per phase; 0 = contactor open.
        taken_wh: energy that went through the bay's cable since the simulation began.
        meter_wh: the charge point's lifetime counter.
    """

    name: str = "CP001"
    seed: int = 1
    capacity_wh: float = 60_000.0
    soc_percent: float = 45.0
    max_current_a: float = 16.0
    phases: int = 3
    limit_percent: float = 80.0
    trips: bool = False
    plugged: bool = True
    arrives_s: float = 0.0
    errand: Errand | None = None
    guest: Guest | None = None
    offered_a: tuple[float, float, float] = (0.0, 0.0, 0.0)
    current_a: tuple[float, float, float] = (0.0, 0.0, 0.0)
    power_w: float = 0.0
    taken_wh: float = 0.0
    _wish_a: float = 0.0
    _acts_at_s: float = math.inf
    _trip_used: int = -1
    _born_s: float | None = None

    @property
    def meter_wh(self) -> float:
        return _METER_BEFORE_WH + self.taken_wh

    @property
    def guest_here(self) -> bool:
        return self.guest is not None and self.guest.here

    @property
    def own_plugged(self) -> bool:
        """Whether the car that lives here hangs on the cable."""
        return self.plugged and not self.guest_here

    @property
    def own_soc_percent(self) -> float:
        """The level of the car that lives here, wherever it is."""
        if self.guest is not None and self.guest.here:
            return self.guest.soc_percent
        return self.soc_percent

    def offer(self, offered_a: tuple[float, float, float], now_s: float) -> None:
        """The charge point changes its offer; the car follows after 2 to 5 s."""
        if offered_a == self.offered_a:
            return
        self.offered_a = offered_a
        self._acts_at_s = now_s + 2.0 + 3.0 * noise(self.seed, f"delay {self.name}", int(now_s))
        if max(offered_a) < MIN_OFFER_A:
            self._wish_a = 0.0  # an open contactor waits for nobody

    def decide(self, now_s: float, voltages_v: tuple[float, float, float]) -> None:
        """Choose the current of the next step."""
        if self._born_s is None:
            self._born_s = now_s
            self.plugged = self.plugged and self.arrives_s <= 0
        self._come_and_go(now_s, now_s - self._born_s)
        if not self.plugged:
            self._wish_a, self._acts_at_s = 0.0, math.inf
        elif now_s >= self._acts_at_s:
            self._wish_a, self._acts_at_s = max(self.offered_a), math.inf
        charging = self._wish_a >= MIN_OFFER_A and self.soc_percent < self.limit_percent
        most_a = min(self._wish_a, self.max_current_a * self._taper()) if charging else 0.0
        current_a = [
            most_a if phase < self.phases and self.offered_a[phase] >= MIN_OFFER_A else 0.0
            for phase in range(3)
        ]
        self.current_a = (current_a[0], current_a[1], current_a[2])
        self.power_w = sum(a * v for a, v in zip(current_a, voltages_v, strict=True))

    def _taper(self) -> float:
        above = max(0.0, self.soc_percent - _TAPER_FROM_PERCENT)
        return 1.0 - 0.8 * above / (100.0 - _TAPER_FROM_PERCENT)

    def integrate(self, seconds: float) -> None:
        energy_wh = self.power_w * seconds / 3600.0
        self.taken_wh += energy_wh
        stored_percent = energy_wh * _ONBOARD_EFFICIENCY / self.capacity_wh * 100
        self.soc_percent = min(100.0, self.soc_percent + stored_percent)

    def changes_at_s(self, now_s: float) -> float:
        """The next instant at which the car does something by itself."""
        if not self.trips:
            return self._acts_at_s
        leaves_s, returns_s = self.trip(int(now_s // _DAY_S))
        instants = [self._acts_at_s, (now_s // _DAY_S + 1) * _DAY_S]
        instants += [at_s for at_s in (leaves_s, returns_s) if at_s > now_s]
        return min(instants)

    def trip(self, day: int) -> tuple[float, float]:
        """When it leaves and returns on a UTC day; never on one day in five."""
        if noise(self.seed, f"stays {self.name}", day) < 0.2:
            return math.inf, math.inf
        leaves_h = 6.0 + 2.0 * noise(self.seed, f"leaves {self.name}", day)
        hours = 3.0 + 7.0 * noise(self.seed, f"hours {self.name}", day)
        return day * _DAY_S + leaves_h * 3600, day * _DAY_S + (leaves_h + hours) * 3600

    def _come_and_go(self, now_s: float, since_s: float) -> None:
        guest = self.guest
        if guest is not None and guest.here and not guest.wants_in(since_s):
            self._change_places(guest)
            return  # the bay is seen empty before the next car takes it
        if self.trips and not self.guest_here:
            self._follow_trips(now_s)
        if 0 < self.arrives_s <= since_s and not self.guest_here:
            self.plugged, self.arrives_s = True, 0.0
        if self.errand is not None and not self.guest_here:
            self._run_errand(self.errand, since_s)
        if guest is not None and not self.plugged and guest.wants_in(since_s):
            self._change_places(guest)

    def _run_errand(self, errand: Errand, since_s: float) -> None:
        if since_s >= errand.returns_s:
            self.soc_percent, self.plugged, self.errand = errand.soc_percent, True, None
        elif since_s >= errand.leaves_s:
            self.plugged = False

    def _change_places(self, guest: Guest) -> None:
        """The guest plugs in or leaves; what is in the bay is the other car then."""
        mine = self.capacity_wh, self.soc_percent, self.limit_percent
        self.capacity_wh, self.soc_percent = guest.capacity_wh, guest.soc_percent
        self.limit_percent = guest.limit_percent
        guest.capacity_wh, guest.soc_percent, guest.limit_percent = mine
        self.max_current_a, guest.max_current_a = guest.max_current_a, self.max_current_a
        self.phases, guest.phases = guest.phases, self.phases
        guest.here = self.plugged = not guest.here

    def _follow_trips(self, now_s: float) -> None:
        day = int(now_s // _DAY_S)
        leaves_s, returns_s = self.trip(day)
        born_s = now_s if self._born_s is None else self._born_s
        away = born_s <= leaves_s <= now_s < returns_s
        if self._trip_used == day and not away and now_s >= returns_s:
            self._come_home(day)
        if away and self._trip_used != day:
            self._trip_used, self.plugged = day, False

    def _come_home(self, day: int) -> None:
        used_wh = 4000.0 + 12000.0 * noise(self.seed, f"used {self.name}", day)
        left_percent = self.soc_percent - used_wh / self.capacity_wh * 100
        self.soc_percent = max(8.0, left_percent)  # below that it charged on the way
        self.plugged, self._trip_used = True, -day - 2
