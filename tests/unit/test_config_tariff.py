"""The tariff in the installer's file."""

import re
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.config.house_tariff import import_sources, tariff_of
from agent.services.prices import build
from agent.tariffs import ExportKind, HouseTariff, Market, PeakRule, Step, prices_between
from tests.unit.config_files import faults_of, settings_of
from tests.unit.test_tariffs import hourly

DOCUMENT = Path(__file__).parents[2] / "docs" / "tariffs.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
HOUSE = "house: {timezone: Europe/Berlin, fuse_a: 25}\n"


def tariff(folder: Path, text: str) -> HouseTariff:
    found = tariff_of(settings_of(folder, HOUSE + text))
    assert found is not None
    return found


def cost(found: HouseTariff, at: str, spot: float | None = 0.1) -> tuple[float | None, ...]:
    begin = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(found.timezone)).astimezone(UTC)
    market = Market(spot=() if spot is None else hourly(begin, [spot]))
    slots = prices_between(found, market, start=begin, end=begin + timedelta(minutes=1)).slots
    return (slots[0].import_per_kwh, slots[0].export_per_kwh) if slots else (None, None)


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_of_the_documentation_is_taken(tmp_path: Path, text: str) -> None:
    assert faults_of(tmp_path, HOUSE + text) == []
    settings = settings_of(tmp_path, HOUSE + text)
    assert settings.tariff is not None
    for source in settings.tariff.sources.values():
        built = build(source.kind, settings.tariff.currency, "UTC", source.options)
        assert built.key


def test_germanys_windows_count_in_their_months(tmp_path: Path) -> None:
    found = tariff(tmp_path, EXAMPLES[0])
    winter = (0.1 + 0.0181 + 0.0159 + 0.066) * 1.19
    summer = (0.1 + 0.0181 + 0.0796 + 0.066) * 1.19
    assert cost(found, "2026-11-21T05:59") == (round(winter, 6), 0.0786)
    assert cost(found, "2026-07-21T05:59") == (round(summer, 6), 0.0786)
    settings = settings_of(tmp_path, HOUSE + EXAMPLES[0])
    assert settings.tariff is not None
    assert import_sources(settings.tariff) == ("spot", "spare")


def test_a_change_counts_from_its_day_and_export_follows_the_market(tmp_path: Path) -> None:
    found = tariff(tmp_path, EXAMPLES[1])
    before, after = (round((0.1 + 0.015 + tax) * 1.21, 6) for tax in (0.0916, 0.088))
    assert cost(found, "2026-12-31T23:59") == (before, 0.085)
    assert cost(found, "2027-01-01T00:00") == (after, 0.085)


def test_norway_has_relief_and_steps(tmp_path: Path) -> None:
    found = tariff(tmp_path, EXAMPLES[2])
    net = 0.77 + 0.1 * (1.77 - 0.77) + 0.02 + 0.248 + 0.0813
    assert cost(found, "2026-11-21T12:00", 1.77)[0] == round(net * 1.25, 6)
    assert found.peak == PeakRule(
        window_s=3600,
        highest=3,
        steps=(
            Step(up_to_w=2000, per_month=220),
            Step(up_to_w=5000, per_month=330),
            Step(up_to_w=10_000, per_month=495),
            Step(up_to_w=inf, per_month=635),
        ),
    )


def test_fixed_prices_need_no_market(tmp_path: Path) -> None:
    found = tariff(tmp_path, EXAMPLES[4])
    assert found.formula is None
    assert cost(found, "2026-11-20T21:59", None) == (0.312, 0.03)
    assert cost(found, "2026-11-21T12:00", None) == (0.268, 0.03)
    assert cost(found, "2026-11-20T03:00", 0.01) == (0.268, 0.03)


def test_a_suppliers_price_stands_in_where_the_market_is_silent(tmp_path: Path) -> None:
    text = "tariff: {currency: EUR, supply_per_kwh: 0.0, vat_percent: 20, levies_per_kwh: 0.1}\n"
    assert cost(tariff(tmp_path, text), "2026-11-21T12:00", None) == (0.12, None)


def test_a_source_for_export_is_none_for_import(tmp_path: Path) -> None:
    text = """
tariff:
  currency: EUR
  sources:
    bought: {kind: awattar, zone: AT}
    sold: {kind: entsoe, zone: AT, token: t}
  export: {kind: spot, source: sold}
"""
    settings = settings_of(tmp_path, HOUSE + text)
    assert settings.tariff is not None
    assert import_sources(settings.tariff) == ("bought",)
    export = tariff(tmp_path, text).export
    assert (export.kind, export.own_market) == (ExportKind.SPOT, True)


def file(body: str) -> str:
    return f"{HOUSE}tariff:\n  currency: EUR\n{body}"


SPOT = "  sources: {a: {kind: energy-charts, zone: DE-LU}}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            file(
                "  prices:\n"
                '    day: {per_kwh: 0.3, from: "06:00", to: "22:00"}\n'
                '    night: {per_kwh: 0.2, from: "21:00", to: "24:00"}\n'
            ),
            (
                "6: tariff.prices.night: day (06:00 to 22:00) and night (21:00 to 24:00) overlap "
                "every day; end one where the other begins"
            ),
        ),
        (
            file('  prices:\n    night: {per_kwh: 0.2, from: "22:00", to: "06:00"}\n'),
            (
                "5: tariff.prices.night.to is 06:00: 22:00 to 06:00 goes over midnight; write two "
                "intervals, 22:00 to 24:00 and 00:00 to 06:00"
            ),
        ),
        (
            file('  prices:\n    night: {per_kwh: 0.2, from: "22:00"}\n'),
            "from and to belong together; give both, or neither for whole days",
        ),
        (
            file("  prices:\n    all: {per_kwh: 28.4}\n"),
            (
                "5: tariff.prices.all.per_kwh is 28.4: no kWh costs that many EUR; was it ct? "
                "write 0.284"
            ),
        ),
        (file(f"{SPOT}  markup_per_kwh: 1.8\n"), "was it ct? write 0.018"),
        (
            file("  sources: {a: {kind: energy-charts, zone: DE}}\n"),
            "zone is DE: no zone of energy-charts; did you mean DE-LU?",
        ),
        (
            file("  sources: {a: {kind: hvakosterstrommen, zone: NO1}}\n"),
            (
                "3: tariff.currency is EUR: the source a tells prices in NOK; write NOK, or take "
                "another source"
            ),
        ),
        (file("  sources: {a: {kind: tibber}}\n"), "token is missing; tibber needs it, add token:"),
        (
            file("  sources: {a: {kind: awattar, zone: AT, entity: x}}\n"),
            "tariff.sources.a.entity is x: does nothing for awattar; delete it",
        ),
        (
            file("  sources: {a: {kind: tibber, token: t}}\n  vat_percent: 19\n"),
            "tariff.vat_percent is 19: prices of tibber have VAT in them; delete the line",
        ),
        (
            file("  sources: {a: {kind: mqtt, topics: [prices]}}\n"),
            "there is no broker to listen at; add the section mqtt",
        ),
        (
            file("  sources: {a: {kind: table, unit: ct/kWh, address: 'http://x/{day}'}}\n"),
            "{} that mean nothing here; write {first}, {last}, {start} or {end}",
        ),
        (
            file(f"{SPOT}  export: {{kind: spot, source: b}}\n"),
            "the source b, which is not there; known: a",
        ),
        (file(f"{SPOT}  export: {{kind: spot, per_kwh: 0.1}}\n"), "does nothing for kind spot"),
        (file("  export: {kind: spot}\n"), "there is no source; add sources:"),
        (file("  peak: {floor_w: 2500}\n"), "its price is missing; add per_kw_month: or steps:"),
        (
            file("  peak: {steps: {a: {per_month: 1}, b: {up_to_w: 5000, per_month: 2}}}\n"),
            "steps are not in order",
        ),
        (file("  changes: {a: {since: soon, vat_percent: 7}}\n"), "tariff.changes.a.since is soon"),
        (HOUSE + "tariff: {currency: Euro}\n", "no currency; write its three letters, as in EUR"),
        (
            file("  grid_fees: {a: {per_kwh: 0.1, months: [13]}}\n"),
            "no months of a year; write some of 1 to 12",
        ),
    ],
)
def test_what_cannot_be_is_told_with_line_and_remedy(tmp_path: Path, text: str, says: str) -> None:
    found = faults_of(tmp_path, text)
    assert len(found) == 1, found
    assert says in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "  sources: {a: {kind: awattr, zone: DE}}\n",
        "  sources: {a: {kind: awattr}}\n",
        "  sources: {a: {kind: nordpol, url: 'http://a', token: x, contract: y, zone: NO1}}\n",
        "  sources: {a: {kind: mqt, topics: [a/b]}}\n  export: {kind: spot}\n",
        "  sources: {a: {kind: mqt, topics: [a/b]}}\n  export: {kind: spot, source: a}\n",
        "  sources: {a: {kind: tibbr, token: t}, b: {kind: energy-charts, zone: NL}}\n",
    ],
)
def test_of_a_source_of_unknown_kind_no_more_is_said_than_that(tmp_path: Path, text: str) -> None:
    (only,) = faults_of(tmp_path, file(text))
    assert only.startswith("4: tariff.sources.a.kind is ")
    assert "no such choice; write one of entsoe, energy-charts, " in only


def test_no_currency_is_asked_for_that_a_source_of_unknown_kind_may_not_have(
    tmp_path: Path,
) -> None:
    text = file("  sources: {a: {kind: elprisetjustn, zone: SE3}}\n").replace("EUR", "SEK")
    (only,) = faults_of(tmp_path, text)
    assert "did you mean elprisetjustnu?" in only


def test_beside_a_source_of_unknown_kind_other_faults_are_told(tmp_path: Path) -> None:
    text = file(
        "  sources:\n"
        "    a: {kind: awattr, zone: DE}\n"
        "    b: {kind: energy-charts, zone: de}\n"
        "  export: {kind: spot, per_kwh: 0.1}\n"
    )
    lines = [each.partition(":")[0] for each in faults_of(tmp_path, text)]
    assert lines == ["5", "6", "7"]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = file(
        "  sources: {spot: {kind: energy-charts, zone: de}}\n"
        "  markup_per_kwh: 1.8\n"
        "  prices:\n"
        '    a: {per_kwh: 0.2, from: "22:00", to: "06:00"}\n'
        '    b: {per_kwh: 0.2, from: "08:00", to: "12:00"}\n'
        '    c: {per_kwh: 0.2, from: "11:00", to: "13:00", weekdays: [mon]}\n'
    )
    lines = [each.partition(":")[0] for each in faults_of(tmp_path, text)]
    assert lines == ["4", "5", "7", "9"]


def test_a_token_is_never_shown(tmp_path: Path) -> None:
    text = file("  sources: {a: {kind: awattar, zone: AT, token: s3cret}}\n")
    (found,) = faults_of(tmp_path, text)
    assert "s3cret" not in found


def test_a_token_comes_from_the_environment(tmp_path: Path) -> None:
    text = file("  sources: {a: {kind: entsoe, zone: NL}}\n")
    settings = settings_of(tmp_path, text, {"HEARTH_TARIFF__SOURCES__A__TOKEN": "s3cret"})
    assert settings.tariff is not None
    assert settings.tariff.sources["a"].options == {"zone": "NL", "token": "s3cret"}
