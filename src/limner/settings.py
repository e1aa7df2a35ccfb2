"""What an installation is told from outside: environment, then limner.toml, then defaults. Read once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from limner.domain.errors import NotConfigured
from limner.domain.health import BreakerRules
from limner.domain.money import Money

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
PREFIX = "LIMNER_"
AS_DOCUMENTED = "circuit_breaker_"


def _dollars(value: object) -> Money | None:
    """An amount of dollars from text; 0 and nothing mean no limit."""
    if value is None or isinstance(value, Money):
        return value
    amount = Money.usd(str(value))
    if amount.micro < 0:
        raise ValueError("an amount of dollars cannot be negative")
    return amount or None


def _amount(value: object) -> object:
    """How many of something; 0 and nothing mean no limit."""
    return None if value in (None, 0, "0", "") else value


Amount = Annotated[Annotated[int, Field(ge=1, le=2**53)] | None, BeforeValidator(_amount)]
Dollars = Annotated[Money | None, BeforeValidator(_dollars)]


def _weights(value: object) -> object:
    """Weights from text such as `together=3, openai/gpt-image-2=0.5`."""
    if not isinstance(value, str):
        return value
    pairs = (part.partition("=") for part in value.split(",") if part.strip())
    return {name.strip(): number.strip() for name, _, number in pairs}


Weights = Annotated[Mapping[str, Annotated[float, Field(gt=0, le=1000)]], BeforeValidator(_weights)]
Milliseconds = Annotated[int, Field(ge=1, le=10**12)]


class Settings(BaseModel):
    """The installation's own settings: LIMNER_DATA_DIR in the environment, data_dir in limner.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(default_factory=lambda: user_data_path("limner", appauthor=False))
    """Where pictures, the database and the secret key are kept."""
    database_url: str | None = None
    """PostgreSQL by URL; SQLite in the data directory otherwise."""
    storage_url: str | None = None
    """s3://bucket/prefix; a folder in the data directory otherwise."""
    auth: Literal["local"] = "local"
    """local: one person, on this machine only."""
    secret_key: str | None = Field(default=None, min_length=32, repr=False)
    """The master secret; made and kept in the data directory where it is not set."""
    host: str = "127.0.0.1"
    port: int = Field(default=8003, ge=0, le=65535)
    public_url: str | None = None
    """The address under which the server is reached from outside this machine's names."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    concurrency: int = Field(default=256, ge=1, le=4096)
    """Jobs that one process carries out at once."""
    daily_cost_limit_usd: Dollars = Money.usd(10)
    """For each person and day (UTC); 0 is no limit."""
    daily_budget_usd: Dollars = None
    """The same under another name; where both are set, the lower one holds."""
    images_per_hour: Amount = None
    """Pictures that are paid for, for each person and hour (UTC); 0 is no limit."""
    images_per_day: Amount = None
    """The same for a day."""
    requests_per_minute: Amount = None
    """How often each person may ask the server for pictures, paid for or not; 0 is no limit."""
    global_requests_per_minute: Amount = None
    """The same for all persons together."""
    generate_image_prompt_limit: int = Field(default=1000, ge=1, le=32_000)
    """Characters that a prompt may have at document 3's /generate-image."""
    unified_prompt_limit: int = Field(default=10_000, ge=1, le=32_000)
    """The same at document 4's /unified."""
    unpriced_ceiling_usd: Dollars = None
    """What one picture of a model without a known price may cost; unset or 0 refuses such models."""
    routing_weights: Weights = Field(default_factory=dict)
    """How many times as often a service or a model is asked as others of the same rank; 1 where it is not named."""
    circuit_breaker_failure_threshold: int = Field(default=5, ge=0, le=1000)
    """So many failures in a row block a service or a model; 0 never does."""
    circuit_breaker_failure_window_ms: Milliseconds = 600_000
    """Older failures no longer count."""
    circuit_breaker_timeout_ms: Milliseconds = 600_000
    """How long it is blocked before a call is let through on trial."""
    circuit_breaker_success_threshold: int = Field(default=1, ge=1, le=1000)
    """So many trials in a row have to go well."""
    confirm_above_usd: Dollars = Money.usd("0.50")
    """The command line asks a person before it may spend more than this; 0 never asks."""
    moderation: Literal["off", "words", "openai"] = "words"
    """Who looks at a request before it is carried out: nobody, rules of words, or OpenAI's moderation model as well."""
    blocked_words: str = ""
    """Comma-separated words and phrases that no prompt may have."""
    fetch_allowlist: str = ""
    """Comma-separated host:port that pictures may be fetched from although they are private."""
    max_upload_mb: int = Field(default=50, ge=1)
    max_pixels: int = Field(default=64_000_000, ge=1_000_000)
    embed_recipe: bool = True
    """Write how a picture was made into the file that is handed out."""
    grace_seconds: float = Field(default=7.0, ge=0)
    """How long running jobs may take to reach a safe point when the process is told to end."""
    variables: Mapping[str, str] = Field(default_factory=dict, repr=False)
    """The whole environment as it was read: keys and base URLs of services stand there under their own names."""

    @property
    def address(self) -> str:
        """Where others reach the server, as it is written in what is sent to them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def breaker_rules(self) -> BreakerRules:
        """When a circuit breaker opens and when it tries again."""
        return BreakerRules(
            failures=self.circuit_breaker_failure_threshold,
            window=timedelta(milliseconds=self.circuit_breaker_failure_window_ms),
            timeout=timedelta(milliseconds=self.circuit_breaker_timeout_ms),
            successes=self.circuit_breaker_success_threshold,
        )

    @property
    def loopback_only(self) -> bool:
        """Whether the server can be reached from this machine alone."""
        return self.host in LOOPBACK


def read_variables(folder: Path) -> Mapping[str, str]:
    """Every variable of the environment, and those of a .env file that the environment does not set.

    Raises NotConfigured where that file cannot be read.
    """
    path = folder / ".env"
    try:
        from_file = {name: value for name, value in dotenv_values(path).items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        raise NotConfigured(_unreadable(path, error), code="settings_invalid") from error
    return {**from_file, **os.environ}


def variable_of(name: str) -> str:
    """The environment name of a setting; those that document 3 names keep its names."""
    return name.upper() if name.startswith(AS_DOCUMENTED) else PREFIX + name.upper()


def read_settings(variables: Mapping[str, str], folder: Path, **given: object) -> Settings:
    """The settings of an installation; `given` wins over everything. Raises NotConfigured with the setting's name."""
    values: dict[str, object] = dict(_from_file(folder / "limner.toml"))
    names = set(Settings.model_fields) - {"variables"}
    values |= {name: variables[variable_of(name)] for name in names if variables.get(variable_of(name))}
    values |= {name: value for name, value in given.items() if value is not None}
    try:
        return Settings.model_validate({**values, "variables": dict(variables)})
    except ValidationError as error:
        raise NotConfigured(_explained(error), code="settings_invalid") from None


def _from_file(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        said = f"{path} is not valid TOML: {error}. Correct it, or move it away."
        raise NotConfigured(said, code="settings_invalid") from error
    except (OSError, UnicodeDecodeError) as error:
        raise NotConfigured(_unreadable(path, error), code="settings_invalid") from error


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> str:
    """What prevents a file of settings from being read, and what to do."""
    if isinstance(error, OSError):
        return f"{path} cannot be read: {error.strerror}. Make it readable for this user, or move it away."
    return f"{path} is not UTF-8. Save it as UTF-8, or move it away."


def _explained(error: ValidationError) -> str:
    """One sentence for each setting that is wrong; never the value of a secret."""
    sentences = []
    for fault in error.errors(include_input=False, include_url=False):
        name = str(fault["loc"][0]) if fault["loc"] else "limner.toml"
        if fault["type"] == "extra_forbidden":
            sentences.append(f"limner.toml has a setting '{name}' that Limner does not know. Correct or remove it.")
        else:
            sentences.append(f"{variable_of(name)} is wrong: {fault['msg']}.")
    return " ".join(sentences)
