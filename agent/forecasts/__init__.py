"""What sun and house are expected to do. Pure: values in, values out."""

from agent.forecasts.load import forecast_load
from agent.forecasts.quarters import Quarters

__all__ = ["Quarters", "forecast_load"]
