"""All settings in one frozen object, read once by a surface; the stages below take plain arguments.

Where a value comes from, first wins: a keyword (a command line option), an ASSISTANT_* environment variable, the file
`settings.toml` in the home, the default. A name that does not exist is an error wherever it stands, so that no setting
is ever silently without effect.
"""

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_dir
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from index.errors import InvalidSettings
from index.folders import APPLICATION
from index.limits import MEGABYTE, Limits
from index.servers import Servers

FILE_NAME = "settings.toml"
_PREFIX = "ASSISTANT_"
_LONGEST_SHOWN = 80
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9][a-z0-9._-]*|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
_PART = "^[A-Za-z0-9_-]{1,512}$"  # of Chroma's addresses
_OWN_PORTS = {"http": "80", "https": "443"}


def default_home() -> Path:
    """The folder for documents where none is named: the platform's place for a person's data."""
    return Path(user_data_dir(APPLICATION, appauthor=False))


class Settings(BaseSettings):
    """What a person can choose; each description says what the value has to be.

    Made by `load_settings`, which turns what is wrong into one sentence.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    # Where the documents are.
    home: Path = Field(default_factory=default_home, description="a folder's path")
    collection: str = Field(default="default", min_length=1, description="a name of letters, digits, '-' and '_'")

    # Past one machine; docs/scale.md. Secret, because an address can hold a password.
    catalog_url: SecretStr = Field(
        default=SecretStr(""),
        description="the address of a PostgreSQL database, such as postgresql://user@host/name, or empty for a file in "
        "the home",
    )

    chroma_url: str = Field(
        default="",
        description="the address of a Chroma server, such as http://localhost:8000, without a path, or empty for a "
        "folder in the home",
    )
    chroma_token: SecretStr = Field(default=SecretStr(""), description="a token, which needs an https address")
    chroma_tenant: str = Field(default="default_tenant", pattern=_PART, description="letters, digits, - and _")
    chroma_database: str = Field(default="default_database", pattern=_PART, description="letters, digits, - and _")

    # Models. Empty strings rather than "none", so that a model of any name can be chosen.
    embedding_model: str = Field(
        default="",
        description="the name or path of a sentence-transformers model, or empty for the one that is installed",
    )
    # In "int8" the installed one embeds in half the time, and finds a little less (bench/README.md).
    embedding_precision: Literal["single", "int8"] = Field(default="single", description="single or int8")
    model_cache: str = Field(default="", description="a folder's path, or empty for the platform's place")
    # Reading each candidate sentence together with the question costs about 100 ms a question on two cores.
    rerank: bool = Field(default=True, description="true or false")
    reranker_model: str = Field(
        default="",
        description="the name or path of a sentence-transformers CrossEncoder, or empty for the one that is installed",
    )
    judge_model: str = Field(
        default="",
        description="the name or path of a CrossEncoder for natural language inference, chat-model for the language "
        "model that is set, or empty for the one that is installed",
    )
    model: str = Field(
        default="",
        description="a provider and a chat model, such as ollama:llama3.2, or empty for answers of quotes alone",
    )
    model_url: str = Field(
        default="",
        description="the address of a server that speaks the OpenAI protocol, or empty for the provider's own",
    )
    model_seconds: int = Field(default=60, ge=1, le=3_600, description="a whole number from 1 to 3600")
    only_quoted: bool = Field(default=True, description="true or false")
    prompts_dir: str = Field(default="", description="a folder with files like those of prompts/, or empty for those")
    # Of embedding documents; a question always takes one, because more make it slower on a busy machine.
    threads: int = Field(default=0, ge=0, le=1024, description="a whole number from 1 to 1024, or 0 for automatic")

    # Answering. The default is the calibrated one of bench/README.md; it is another one for each model.
    threshold: float | None = Field(
        default=None, ge=0, le=1, allow_inf_nan=False, description="a number from 0 (never refuse) to 1 (always refuse)"
    )

    # The chat page. Loopback, because the page has no login.
    host: str = Field(default="127.0.0.1", min_length=1, description="an address of this machine")
    port: int = Field(default=7860, ge=0, le=65535, description="a whole number from 0 (any free port) to 65535")
    # A text file of 50 MB takes more than an hour to embed on two cores; a larger one is more likely a mistake.
    max_file_megabytes: int = Field(default=50, ge=1, le=10_000, description="a whole number from 1 to 10000")

    # What the server takes. One request may hold the largest file and what is around it.
    max_request_megabytes: int = Field(default=60, ge=1, le=10_000, description="a whole number from 1 to 10000")
    max_requests_per_minute: int = Field(
        default=600, ge=0, le=100_000, description="a whole number from 1 to 100000, or 0 for no limit"
    )
    max_concurrent_requests: int = Field(default=32, ge=1, le=10_000, description="a whole number from 1 to 10000")
    log_requests: bool = Field(default=False, description="true or false")
    allowed_origins: str = Field(
        default="",
        description="origins such as https://example.org or http://localhost:3000, without a path or *, with commas "
        "between them, or empty for none",
    )

    # Of one file when it is read; what each is for is said in index/limits.py.
    max_pages: int = Field(default=2_000, ge=1, le=1_000_000, description="a whole number from 1 to 1000000")
    max_characters: int = Field(default=5_000_000, ge=1, le=1_000_000_000, description="a whole number, at least 1")
    max_unpacked_megabytes: int = Field(default=100, ge=1, le=100_000, description="a whole number from 1 to 100000")
    max_unpacked_ratio: int = Field(default=100, ge=1, le=100_000, description="a whole number from 1 to 100000")
    max_read_seconds: int = Field(default=20, ge=1, le=86_400, description="a whole number from 1 to 86400")
    max_read_megabytes: int = Field(default=1_024, ge=256, le=1_000_000, description="a whole number, at least 256")

    @property
    def limits(self) -> Limits:
        """How much of one file is read at most."""
        return Limits(
            file_bytes=self.max_file_megabytes * MEGABYTE,
            pages=self.max_pages,
            characters=self.max_characters,
            unpacked_bytes=self.max_unpacked_megabytes * MEGABYTE,
            ratio=self.max_unpacked_ratio,
            seconds=self.max_read_seconds,
            memory_bytes=self.max_read_megabytes * MEGABYTE,
        )

    @property
    def servers(self) -> Servers:
        """Which servers keep what the home does not keep itself."""
        return Servers(
            catalog_url=self.catalog_url.get_secret_value(),
            chroma_url=_origin(self.chroma_url) if self.chroma_url else "",
            chroma_token=self.chroma_token.get_secret_value(),
            chroma_tenant=self.chroma_tenant,
            chroma_database=self.chroma_database,
        )

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of `allowed_origins`, written as browsers send them."""
        return tuple(_origin(each) for each in self.allowed_origins.split(",") if each.strip())

    @field_validator("home", mode="before")
    @classmethod
    def _absolute(cls, home: Any) -> Path:
        return _absolute(home)

    @field_validator("catalog_url")
    @classmethod
    def _only_postgres(cls, written: SecretStr) -> SecretStr:
        if written and not written.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("not PostgreSQL's")
        return written

    @field_validator("chroma_url")
    @classmethod
    def _only_http(cls, written: str) -> str:
        if written and not _origin(written).startswith(("http://", "https://")):
            raise ValueError(written)
        return written

    @field_validator("chroma_token")
    @classmethod
    def _only_unseen(cls, token: SecretStr, others: ValidationInfo) -> SecretStr:
        if token and not str(others.data.get("chroma_url")).startswith("https://"):
            raise ValueError("would be sent where others can read it")
        return token

    @field_validator("allowed_origins")
    @classmethod
    def _only_origins(cls, written: str) -> str:
        for each in filter(str.strip, written.split(",")):
            _origin(each)
        return written

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Keywords, the environment, and the file of the home that these name; nothing else."""
        file = _file_of({**env_settings(), **init_settings()})
        written = TomlConfigSettingsSource(settings_cls, toml_file=file)
        if "home" in written.toml_data:
            raise InvalidSettings(f"{file} lies in the home and cannot name another one: remove the line 'home = ...'.")
        return init_settings, env_settings, written


def load_settings(home: Path | str | None = None, **overrides: Any) -> Settings:
    """The settings in force for a home.

    Args:
        home: The home; None for ASSISTANT_HOME or the platform's default.
        overrides: Settings by name that come before the environment and the file.

    Raises:
        InvalidSettings: when a name or a value is wrong, or `settings.toml` cannot be read; says what to correct.
    """
    keywords = overrides if home is None else {**overrides, "home": home}
    environment = _environment()
    file = _file_of({**environment, **keywords})
    try:
        return Settings(**keywords)
    except ValidationError as error:
        raise InvalidSettings(_sentence(error.errors()[0], keywords, environment, file)) from error
    except OSError as error:
        raise InvalidSettings(
            f"{file} cannot be read ({error.strerror}); check the path and its permissions."
        ) from error
    except ValueError as error:
        raise InvalidSettings(f"{file} is not a TOML file in UTF-8 ({error}); correct or remove it.") from error


def _absolute(home: Any) -> Path:
    """The home as a path that does not depend on the working folder; an empty one would be that folder itself."""
    try:
        if not str(home).strip() or "\0" in str(home):
            raise ValueError
        return Path(home).expanduser().absolute()
    except (ValueError, TypeError, RuntimeError) as error:  # RuntimeError: "~name" of a user who does not exist
        raise InvalidSettings(f"The home cannot be {str(home)!a}; it has to be a folder's path.") from error


def _origin(written: str) -> str:
    """An origin as browsers send it: in small letters, without its scheme's own port."""
    found = _ORIGIN.fullmatch(written.strip().lower())
    if not found:
        raise ValueError(written)
    scheme, host, port = found.groups()
    return f"{scheme}://{host}" if port in {None, _OWN_PORTS.get(scheme)} else f"{scheme}://{host}:{port}"


def _file_of(values: Mapping[str, Any]) -> Path:
    return _absolute(values["home"] if "home" in values else default_home()) / FILE_NAME


def _environment() -> dict[str, str]:
    """The settings that the environment names; raises for one that does not exist."""
    named = {key.upper(): value for key, value in os.environ.items() if key.upper().startswith(_PREFIX)}
    for variable in named:
        if variable.removeprefix(_PREFIX).lower() not in Settings.model_fields:
            known = [_PREFIX + name.upper() for name in Settings.model_fields]
            raise InvalidSettings(f"The environment variable {variable} is not a setting; {_nearest(variable, known)}")
    return {variable.removeprefix(_PREFIX).lower(): value for variable, value in named.items()}


def _sentence(error: Mapping[str, Any], keywords: Mapping[str, Any], environment: Mapping[str, str], file: Path) -> str:
    """What is wrong with which setting, and what would be right."""
    name = str(error["loc"][0])
    if name not in Settings.model_fields:
        place = "" if name in keywords else f" in {file}"
        return f"There is no setting {name!a}{place}; {_nearest(name, list(Settings.model_fields))}"
    if name in keywords:
        what = f"The setting {name}"
    elif name in environment:
        what = f"The environment variable {_PREFIX}{name.upper()}"
    else:
        what = f"The setting {name} in {file}"
    if Settings.model_fields[name].annotation is SecretStr:
        return f"{what} cannot be what it is; it has to be {Settings.model_fields[name].description}."
    value = ascii(error["input"])
    shown = value if len(value) <= _LONGEST_SHOWN else value[:_LONGEST_SHOWN] + "..."
    return f"{what} cannot be {shown}; it has to be {Settings.model_fields[name].description}."


def _nearest(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"the settings are {', '.join(known)}."
