"""Forecasts in the living house: history from disk, services, what is kept, and the job."""

from agent.services.forecasts.job import ForecastJob, Home

__all__ = ["ForecastJob", "Home"]
