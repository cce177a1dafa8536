"""What sun and house are expected to do. Pure: values in, values out."""

from agent.forecasts.blend import blend, still_true
from agent.forecasts.load import forecast_load
from agent.forecasts.outlook import Outlook, Row, outlook_of
from agent.forecasts.plausible import Plant, implausible
from agent.forecasts.quarters import Quarters
from agent.forecasts.score import score
from agent.forecasts.solar import Place
from agent.forecasts.sun import forecast_sun

__all__ = [
    "Outlook",
    "Place",
    "Plant",
    "Quarters",
    "Row",
    "blend",
    "forecast_load",
    "forecast_sun",
    "implausible",
    "outlook_of",
    "score",
    "still_true",
]
