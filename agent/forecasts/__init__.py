"""What sun and house are expected to do. Pure: values in, values out."""

from agent.forecasts.load import forecast_load
from agent.forecasts.quarters import Quarters
from agent.forecasts.solar import Place
from agent.forecasts.sun import forecast_sun

__all__ = ["Place", "Quarters", "forecast_load", "forecast_sun"]
