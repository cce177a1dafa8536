"""What all groups of settings have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]


class Section(BaseModel):
    """A group of settings in which no unknown one is accepted."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
