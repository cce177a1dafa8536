"""What a household is made of, and the state in which it is. Times are seconds since the start."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Rate = Literal["none", "ac", "dc", "one-phase"]
Gps = Literal["none", "good", "coarse", "wrong", "stale"]
Mode = Literal["now", "timer", "surplus", "cheap"]

LINE_KV = 0.23
"""kW per ampere and phase."""

UNCAPPED_A = 99.0


class Moment(NamedTuple):
    """A car from `t_s` on, until its next moment. Level and place move evenly."""

    t_s: float
    plugged: bool
    kw: float
    soc: float
    soc_per_s: float
    lat: float
    lon: float
    lat_per_s: float
    lon_per_s: float
    driving: bool


class Flow(NamedTuple):
    """A charger from `t_s` on, until its next flow.

    `waits` tells why nothing flows while a car is plugged in: the charger offers nothing, or the
    car takes nothing.
    """

    t_s: float
    plugged: bool
    kw: float
    kwh: float
    offered_a: float
    waits: Literal["", "charger", "car"]
    visit: int


class Throttle(NamedTuple):
    """Somebody lets a charger have no more than `amps` per phase for a while; 0 = a pause."""

    charger: str
    from_s: float
    to_s: float
    amps: float


@dataclass(slots=True, kw_only=True)
class Source:
    """How what a car knows reaches the house.

    Args:
        awake_s, charging_s, driving_s, asleep_s: between two uploads of the car; None = none.
        awake_for_s: how long it stays awake once nothing changes.
        event_share: of plugs, starts, stops and arrivals that make it upload at once.
        event_s: how long such an upload takes, at most.
        poll_s: between two questions to the maker's cloud; None = the cloud pushes.
        restamped: the cloud writes the time of the question on what the car told before.
        changes_only: nothing is told twice, and only what changed is in a message.
        stuck_share: of uploads that hold the flags of up to `stuck_s` ago.
        late, missing, ghost: shares of plug-ins whose flag rises late, never, or stays afterwards.
        ghosts_per_day: flags without any cable.
        wrong_share: of parkings with a wrong position.
    """

    awake_s: float = 300
    charging_s: float | None = 300
    driving_s: float = 120
    asleep_s: float | None = None
    awake_for_s: float = 900
    event_share: float = 0.9
    event_s: float = 60
    poll_s: float | None = None
    restamped: bool = False
    changes_only: bool = False
    stuck_share: float = 0
    stuck_s: float = 600
    late: float = 0
    missing: float = 0
    ghost: float = 0
    ghosts_per_day: float = 0
    has_plug: bool = True
    has_charging: bool = True
    has_soc: bool = True
    has_limit: bool = False
    states: bool = False
    soc_step: float = 1
    rate: Rate = "none"
    gps: Gps = "none"
    wrong_share: float = 0
    null_share: float = 0
    outages: tuple[tuple[float, float], ...] = ()


@dataclass(slots=True, kw_only=True)
class Car:
    """
    Args:
        taper_from: level in percent from which it takes less and less.
        timer: local hours between which the car itself charges at home, or None.
        commute, leaves_h, returns_h, away_km: a working day.
        plugs_in: how likely it is plugged in at home; more when it is empty.
    """

    name: str
    ours: bool = True
    capacity_kwh: float
    told_kwh: float | None = None
    ac_kw: float
    phases: int
    dc_kw: float = 0
    efficiency: float = 0.9
    limit: float = 80
    taper_from: float = 95
    kwh_per_km: float = 0.18
    timer: tuple[float, float] | None = None
    commute: float = 0.7
    leaves_h: float = 8
    returns_h: float = 17.5
    away_km: float = 20
    work: tuple[float, float] = (0, 0)
    evening: float = 0.1
    plugs_in: float = 0.7
    public: float = 0.1
    work_plug: float = 0.0
    preferred: int = 0
    preconditions: float = 0.0
    tokens: tuple[str, ...] = ()
    known_tokens: bool = False
    source: Source = field(default_factory=Source)
    soc: float = 60
    lat: float = 0
    lon: float = 0
    cable: "Cable | None" = None
    at_home: bool = True
    log: list[Moment] = field(default_factory=list)
    visits: list["Visit"] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Charger:
    """
    Args:
        skew_s, drift_s_per_day: of its clock, which `at` is written by.
        meter_s: between two meter messages while a car charges.
        false_free: share of stops after which it says for a moment that no car is there.
        tells_power, tells_energy: what its meter messages hold.
        keeps_queue: whether what it wanted to say while offline comes later.
        reads_cards, reads_mac: what it reads when a car is plugged in.
        capped_a: while a step lasts. told: each change of it, which the charger answers.
    """

    name: str
    index: int
    rated_a: float = 16
    phases: int = 3
    mode: Mode = "now"
    window: tuple[float, float] = (23, 6)
    skew_s: float = 0
    drift_s_per_day: float = 0
    meter_s: float = 60
    false_free: float = 0
    tells_power: bool = True
    tells_energy: bool = True
    booleans: bool = True
    keeps_queue: bool = True
    reads_cards: bool = False
    reads_mac: bool = False
    commanded: bool = False
    reboots: tuple[tuple[float, float], ...] = ()
    offline: tuple[tuple[float, float], ...] = ()
    offered_a: float = 32
    kwh: float = 0
    cable: "Cable | None" = None
    log: list[Flow] = field(default_factory=list)
    commands: list[tuple[float, str, float | None]] = field(default_factory=list)
    capped_a: float = UNCAPPED_A
    told: list[tuple[float, float]] = field(default_factory=list)

    @property
    def allowed_a(self) -> float:
        """What it offers now."""
        return min(self.offered_a, self.capped_a)


@dataclass(slots=True, kw_only=True)
class Visit:
    """One car on one cable. `charger` is None at a public post or on a socket."""

    number: int
    car: Car
    charger: Charger | None
    from_s: float
    to_s: float = float("inf")
    token: str | None = None


@dataclass(slots=True, kw_only=True)
class Cable:
    car: Car
    charger: Charger | None
    visit: Visit
    max_kw: float
    ready_s: float
    direct: bool = False
    kw: float = 0
    heats_until_s: float = 0
    since_s: float = 0
    turn: int = 0


@dataclass(slots=True, kw_only=True)
class House:
    """
    Args:
        guests_per_month: strangers who charge here.
        mirrored: share of our public charges in whose minutes a guest plugs in here.
        together: share of days on which two cars come home together.
        swaps: how willingly a finished car makes room for one that waits.
        balanced_a: what all chargers may take together, or None.
        common_per_day: times a day at which that changes for all at once.
        silences: when Hearth itself did not run.
    """

    profile: str
    seed: int
    timezone: str
    starts_at: int
    offset_h: float
    lat: float
    lon: float
    cars: list[Car]
    chargers: list[Charger]
    guests_per_month: float = 0
    mirrored: float = 0
    together: float = 0.1
    swaps: float = 0.3
    replugs: float = 0.02
    granny: float = 0.1
    quick_swaps: float = 0.3
    balanced_a: float | None = None
    common_per_day: float = 0
    lent_cards: float = 0.0
    silences: tuple[tuple[float, float], ...] = ()
