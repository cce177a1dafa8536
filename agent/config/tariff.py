"""What the installer writes about what electricity costs and earns."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from agent.config.names import Slug
from agent.config.price_source import CURRENCIES, WITH_VAT, SourceConfig
from agent.config.section import Section, Text
from agent.config.tariff_hours import HoursConfig, SeasonConfig

_LETTERS = 3


def _currency(text: str) -> str:
    if len(text) != _LETTERS or not text.isascii() or not text.isalpha() or not text.isupper():
        raise ValueError("no currency; write its three letters, as in EUR")
    return text


Percent = Annotated[float, Field(ge=-100, le=100)]


class PriceConfig(SeasonConfig):
    """A price that holds in certain hours."""

    per_kwh: float = Field(
        description="What a kWh costs then, with everything in it, also VAT.", examples=["0.24"]
    )


class FeeConfig(SeasonConfig):
    """A grid fee that holds in certain hours."""

    per_kwh: float = Field(
        description="The grid fee then, in place of grid_fee_per_kwh; excluding VAT.",
        examples=["0.0159"],
    )


class ChangeConfig(Section):
    """What changes on a day; all else stays."""

    since: date = Field(description="The first day.", examples=["2027-01-01"])
    supply_per_kwh: float | None = Field(
        default=None, description="As above, from then on.", examples=["0.11"]
    )
    margin_percent: Percent | None = Field(
        default=None, description="As above, from then on.", examples=["2"]
    )
    markup_per_kwh: float | None = Field(
        default=None, description="As above, from then on.", examples=["0.018"]
    )
    grid_fee_per_kwh: float | None = Field(
        default=None, description="As above, from then on.", examples=["0.083"]
    )
    levies_per_kwh: float | None = Field(
        default=None, description="As above, from then on.", examples=["0.0512"]
    )
    vat_percent: Percent | None = Field(
        default=None, description="As above, from then on.", examples=["19"]
    )
    relief_above_per_kwh: float | None = Field(
        default=None, description="As above, from then on.", examples=["0.77"]
    )
    relief_percent: Percent | None = Field(
        default=None, description="As above, from then on.", examples=["90"]
    )


class ExportConfig(Section):
    """What a kWh given to the grid earns."""

    kind: Literal["fixed", "spot", "same-as-import"] = Field(
        default="fixed",
        description="fixed = per_kwh; spot = (market price + margin + markup) with VAT; "
        "same-as-import = net metering.",
    )
    per_kwh: float | None = Field(
        default=None, description="What fixed pays, with all in it.", examples=["0.0786"]
    )
    margin_percent: Percent = Field(
        default=0.0, description="Part of the market price that spot adds, or takes when negative."
    )
    markup_per_kwh: float = Field(
        default=0.0, description="What spot adds per kWh, or takes when negative."
    )
    vat_percent: Percent = Field(default=0.0, description="VAT that spot pays on top.")
    source: Text | None = Field(
        default=None,
        description="For spot: a name under tariff.sources that tells what is paid for export and "
        "nothing else; without it, the prices of what is bought.",
        examples=["market_table"],
    )

    @model_validator(mode="after")
    def _what_the_kind_needs(self) -> Self:
        if self.kind == "fixed" and self.per_kwh is None:
            raise ValueError("per_kwh is missing; add per_kwh:, or write another kind:")
        if self.kind != "fixed" and self.per_kwh is not None:
            raise ValueError(f"per_kwh does nothing for kind {self.kind}; delete it")
        if self.kind != "spot" and self.source is not None:
            raise ValueError(f"source does nothing for kind {self.kind}; delete it")
        return self


class StepConfig(Section):
    """One step of a tariff on power."""

    up_to_w: float | None = Field(
        default=None,
        gt=0,
        description="The step holds below this power; without it, for all that is more.",
        examples=["2000"],
    )
    per_month: float = Field(description="What the step costs a month.", examples=["220"])


class PeakConfig(HoursConfig):
    """What the highest power of a month costs."""

    window_s: Literal[900, 3600] = Field(
        default=900, description="Over which power is averaged: 900 or 3600 seconds."
    )
    highest_of: int = Field(
        default=1,
        ge=1,
        le=10,
        description="The mean of how many highest windows counts, each on another day.",
    )
    floor_w: float = Field(
        default=0.0, ge=0, le=100_000, description="Power that is paid for in any case."
    )
    per_kw_month: float | None = Field(
        default=None,
        ge=0,
        description="Price of each kW a month; of a price per year over the mean of twelve months, "
        "a twelfth.",
        examples=["4.42"],
    )
    above_w: float | None = Field(
        default=None, ge=0, description="Above this power each kW costs more.", examples=["10000"]
    )
    above_per_kw_month: float | None = Field(
        default=None, ge=0, description="What it costs a month there.", examples=["6.30"]
    )
    steps: dict[Slug, StepConfig] = Field(
        default_factory=dict,
        description="Steps by a name of your choice, the smallest first; the last one without "
        "up_to_w. They come on top of per_kw_month.",
    )

    @field_validator("window_s", mode="before")
    @classmethod
    def _window(cls, window: object) -> object:
        return int(window) if isinstance(window, str) and window in ("900", "3600") else window

    @model_validator(mode="after")
    def _a_price(self) -> Self:
        if self.per_kw_month is None and not self.steps:
            raise ValueError("its price is missing; add per_kw_month: or steps:")
        if (self.above_w is None) != (self.above_per_kw_month is None):
            raise ValueError("above_w and above_per_kw_month belong together; give both or neither")
        edges = [step.up_to_w for step in self.steps.values()]
        known = [edge for edge in edges[:-1] if edge is not None]
        if edges and (len(known) != len(edges) - 1 or known != sorted(set(known))):
            raise ValueError(
                "the steps are not in order; give each an up_to_w above the one before it"
            )
        if edges and edges[-1] is not None:
            raise ValueError("the steps have an end; leave up_to_w out of the last one")
        return self


class TariffConfig(Section):
    """What electricity costs and earns. Money is in the currency, per kWh, and excludes VAT unless
    it is said otherwise."""

    currency: Annotated[Text, AfterValidator(_currency)] = Field(
        description="Currency of all figures here, three letters.", examples=["EUR"]
    )
    sources: dict[Slug, SourceConfig] = Field(
        default_factory=dict,
        description="Where market prices come from, by a name of your choice. One is enough; the "
        "next ones are asked where those above them do not tell.",
    )
    supply_per_kwh: float | None = Field(
        default=None,
        description="What the supplier asks for a kWh; with sources, only in hours of which they "
        "tell nothing.",
        examples=["0.1234"],
    )
    margin_percent: Percent = Field(
        default=0.0, description="Part of the market price that the supplier adds."
    )
    markup_per_kwh: float = Field(default=0.0, description="What the supplier adds per kWh.")
    grid_fee_per_kwh: float = Field(
        default=0.0, description="What the grid operator takes per kWh, in hours without another."
    )
    grid_fees: dict[Slug, FeeConfig] = Field(
        default_factory=dict,
        description="Hours with another grid fee, by a name of your choice: day and night, "
        "seasons, the windows of §14a EnWG module 3.",
    )
    levies_per_kwh: float = Field(
        default=0.0, description="Taxes and levies per kWh, all together, without VAT."
    )
    vat_percent: Percent = Field(default=0.0, description="VAT on all of the above.")
    relief_above_per_kwh: float | None = Field(
        default=None,
        description="Above this market price the state pays a part (Norway's strømstøtte).",
        examples=["0.77"],
    )
    relief_percent: Percent = Field(default=0.0, description="The part that it pays.")
    changes: dict[Slug, ChangeConfig] = Field(
        default_factory=dict,
        description="What changes on a day to come or has changed, by a name of your choice; so "
        "statistics of the past keep their price.",
    )
    prices: dict[Slug, PriceConfig] = Field(
        default_factory=dict,
        description="Prices with everything in them that hold in certain hours, by a name of your "
        "choice; one without hours holds all the time. Hours of which none speaks have the "
        "market's price.",
    )
    export: ExportConfig | None = Field(
        default=None,
        description="What a kWh given to the grid earns; without it Hearth does not know, and "
        "takes it for nothing where it must decide.",
    )
    peak: PeakConfig | None = Field(
        default=None,
        description="What the highest power of a month costs, where it costs something.",
    )

    @model_validator(mode="after")
    def _sources_that_fit(self) -> Self:
        for name, source in self.sources.items():
            known = CURRENCIES.get(source.kind, (self.currency,))
            if self.currency not in known:
                told = " or ".join(known)
                raise ValueError(
                    f"currency is {self.currency}, the source {name} tells prices in {told};"
                    f" write {known[0]}, or take another source"
                )
            if self.vat_percent and source.kind in WITH_VAT:
                raise ValueError(
                    f"vat_percent is {self.vat_percent:g}, prices of {source.kind} have VAT in "
                    "them; delete the line"
                )
        return self

    @model_validator(mode="after")
    def _export_that_is_known(self) -> Self:
        export = self.export
        if export is not None and export.source is not None and export.source not in self.sources:
            known = ", ".join(self.sources) or "none"
            raise ValueError(
                f"export wants the source {export.source}, which is not there; known: {known}"
            )
        if export is not None and export.kind == "spot" and not self.sources:
            raise ValueError("export follows the market, and there is no source; add sources:")
        return self
