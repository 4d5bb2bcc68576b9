"""The settings of the HTTP service: from options, the environment and a file, checked before anything starts.

Every setting is an option of ``linewise serve``, an environment variable of the same name with the prefix ``LINEWISE_``
and a key of the settings file (``--max-lines``, ``LINEWISE_MAX_LINES``, ``max_lines = 1000``). An option wins over the
environment, and the environment over the file.
"""

from __future__ import annotations

import os
import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

ENVIRONMENT_PREFIX = "LINEWISE_"

_FILE_OPTION = f"--settings-file ({ENVIRONMENT_PREFIX}SETTINGS_FILE)"

LogLevel = Literal["critical", "error", "warning", "info", "debug"]

KeyPolicy = Literal["auto", "required", "off"]
LogFormat = Literal["text", "json"]


class SettingsError(ValueError):
    """Settings that cannot be served with; the message has one line for each that is wrong, naming it."""


def _usable_cores() -> int:
    """How many cores this process may use, which in a container are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Settings(BaseSettings):
    """What the HTTP service needs to know to start. Frozen: a running service never changes its settings."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        protected_namespaces=(),
    )

    host: Annotated[
        str, Field(min_length=1, description="Address to listen on; 0.0.0.0 or :: for every interface.")
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0 takes any free one.")] = 8000
    workers: Annotated[int, Field(ge=1, le=256, description="Worker processes, each with a model of its own.")] = 1
    threads: Annotated[
        int,
        Field(
            ge=1,
            le=256,
            default_factory=_usable_cores,
            description="Texts that one worker labels at a time; the number of usable cores unless given.",
        ),
    ]
    queue: Annotated[
        int,
        Field(ge=0, le=100_000, description="Requests of one worker that may wait; further ones get 429."),
    ] = 256
    request_timeout_seconds: Annotated[
        float,
        Field(gt=0, le=3600, description="Longest time to answer a request, once its body is there."),
    ] = 30.0
    read_timeout_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=3600,
            description="Longest wait for a request's bytes, to which every 16 KiB that came add a second.",
        ),
    ] = 20.0
    drain_seconds: Annotated[
        float,
        Field(ge=0, le=600, description="How long it still takes requests after SIGTERM, no longer being ready."),
    ] = 1.0
    max_body_bytes: Annotated[
        int, Field(ge=1024, le=1 << 30, description="Largest request body, in bytes; larger ones get 413.")
    ] = 16 * 1024 * 1024
    max_lines: Annotated[
        int, Field(ge=1, le=10_000_000, description="Most lines of one text; longer ones get 413.")
    ] = 200_000
    model_folder: Annotated[
        Path | None, Field(description="Folder of a saved model; the shipped model unless given.")
    ] = None
    keys: Annotated[
        KeyPolicy,
        Field(
            description="Whether requests need an API key: auto for yes unless the address is this machine's own "
            "and there is no file of keys."
        ),
    ] = "auto"
    keys_file: Annotated[
        Path | None, Field(description="File of API keys, as linewise new-key makes it; none unless given.")
    ] = None
    requests_per_minute: Annotated[
        int, Field(ge=0, le=100_000_000, description="Requests that each API key may make in a minute; 0 for any.")
    ] = 0
    settings_file: Annotated[
        Path | None, Field(description="TOML file that has settings by their names; none unless given.")
    ] = None
    log_level: Annotated[LogLevel, Field(description="Least level of what is logged.")] = "info"
    log_format: Annotated[LogFormat, Field(description="Lines of text for people, or of JSON.")] = "text"

    @classmethod
    def load(cls, **options: Any) -> Settings:
        """Settings from the file and the environment, overridden by the options that are not None.

        Raises:
            SettingsError: naming each wrong setting by its variable and its option, or the file that can't be read.
        """
        given = {name: value for name, value in options.items() if value is not None}
        try:
            return cls(**given)
        except OSError as error:
            raise SettingsError(f"{_FILE_OPTION}: {error.filename}: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{_FILE_OPTION}: the file is not TOML: {error}") from None
        except ValidationError as error:
            raise SettingsError("\n".join(_explain(item["loc"], item["msg"]) for item in error.errors())) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where settings come from, the first to have one winning; raises OSError where the file can't be read."""
        del dotenv_settings, file_secret_settings
        file = init_settings().get("settings_file") or env_settings().get("settings_file")
        if not file:
            return init_settings, env_settings
        # A file that isn't there would be taken for an empty one.
        Path(file).open("rb").close()
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(file))

    @property
    def demands_keys(self) -> bool:
        """Whether requests need an API key."""
        if self.keys == "auto":
            return self.keys_file is not None or not _is_loopback(self.host)
        return self.keys == "required"

    @model_validator(mode="after")
    def _check_keys(self) -> Settings:
        if self.demands_keys and self.keys_file is None:
            raise PydanticCustomError(
                "keys_file",
                "API keys are demanded, here or because the address is open to other machines: "
                "give --keys-file (see linewise new-key), or --keys off",
            )
        return self

    def environment(self) -> dict[str, str]:
        """The environment variables that give these very settings to another process."""
        return {
            f"{ENVIRONMENT_PREFIX}{name.upper()}": str(value)
            for name, value in self.model_dump().items()
            if value is not None
        }


def _is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _explain(location: tuple[int | str, ...], reason: str) -> str:
    """One line on one wrong setting: ``--max-lines (LINEWISE_MAX_LINES): Input should be …``."""
    # The one check of several settings together is that of the keys.
    name = str(location[0]) if location else "keys_file"
    return f"--{name.replace('_', '-')} ({ENVIRONMENT_PREFIX}{name.upper()}): {reason}"
