"""Where market prices come from: one small module per service, and the job that asks them."""

from agent.services.prices.building import build
from agent.services.prices.job import PriceJob
from agent.services.prices.keeper import Keeper
from agent.services.prices.source import (
    BadAnswer,
    PriceSource,
    Publication,
    Quote,
    Span,
)

__all__ = [
    "BadAnswer",
    "Keeper",
    "PriceJob",
    "PriceSource",
    "Publication",
    "Quote",
    "Span",
    "build",
]
