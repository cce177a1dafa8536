"""Variables of the environment as nested texts, read by pydantic-settings."""

from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from agent.config.models import Settings


class _Outside(BaseSettings, Settings):
    """The names of all settings, for the reader below; never filled."""

    model_config = SettingsConfigDict(frozen=True, defer_build=True)


class Variables(EnvSettingsSource):
    """Call it for the texts by setting; what they mean is left to the models."""

    def __init__(self, given: Mapping[str, str], prefix: str, delimiter: str) -> None:
        self._given = {name.lower(): text for name, text in given.items()}
        super().__init__(_Outside, env_prefix=prefix, env_nested_delimiter=delimiter)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._given

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:  # noqa: ARG002
        """No value is JSON; a group or a list given as a whole is refused like any wrong text."""
        return value
