"""What an installation is told from outside: environment, then limner.toml, then defaults. Read once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from limner.domain.alerts import AlertRules
from limner.domain.authority import authority_of
from limner.domain.cleaning import CleanupRules
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


LONGEST_PROMPT = 32_000
"""Characters that any surface may be set to take: the most that any model takes."""
ACCOUNTS_DEFAULTS: Mapping[str, object] = {
    "images_per_hour": 10,
    "images_per_day": 50,
    "alert_refusals": 10,
    "alert_rate_hits": 50,
}
"""What holds where people sign in and nothing else is set (document 3)."""

Weights = Annotated[Mapping[str, Annotated[float, Field(gt=0, le=1000)]], BeforeValidator(_weights)]


def _networks(value: object) -> object:
    """Networks from text such as `10.0.0.0/8, 2001:db8::7`."""
    if not isinstance(value, str):
        return value
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())


Network = IPv4Network | IPv6Network
Networks = Annotated[tuple[Network, ...], BeforeValidator(_networks)]
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
    auth: Literal["local", "accounts"] = "local"
    """local: one person, on this machine only. accounts: people sign in, and the server may be reached by others."""
    sign_up_domains: str = ""
    """Comma-separated domains whose addresses may make an account by signing in elsewhere; all where none is named."""
    oidc_issuer: str | None = None
    """Where people sign in with OpenID Connect: the issuer's name for itself, an https address."""
    oidc_client_id: str | None = None
    """What we are called there."""
    oidc_client_secret: str | None = Field(default=None, repr=False)
    """What shows it that we are; a public client has none."""
    oidc_name: str | None = None
    """What the button calls it; its host where it is not set."""
    oidc_trusts_addresses: bool = False
    """Whether addresses count as verified where the issuer does not say whether they are, as Entra ID does not."""
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
    """Pictures that are paid for, for each person and hour (UTC); 0 is no limit. 10 with accounts, else none."""
    images_per_day: Amount = None
    """The same for a day; 50 with accounts, else none."""
    requests_per_minute: Amount = None
    """How often each person may ask the server for pictures, paid for or not; 0 is no limit."""
    global_requests_per_minute: Amount = None
    """The same for all persons together."""
    requests_per_minute_per_token: Amount = None
    """The same for each API token."""
    requests_per_minute_per_address: Amount = None
    """The same for each address that requests come from; of IPv6 for each network of 64 bits."""
    requests_per_minute_per_service: Amount = None
    """The same for all persons together, for each service that is to paint."""
    cors_origins: str = ""
    """Comma-separated origins of other pages that may ask this server, such as https://app.example.com."""
    trusted_proxies: Networks = ()
    """Comma-separated addresses or networks whose word about whom they ask for is believed (X-Forwarded-For)."""
    generate_image_prompt_limit: int = Field(default=1000, ge=1, le=LONGEST_PROMPT)
    """Characters that a prompt may have at document 3's /generate-image."""
    images_prompt_limit: int = Field(default=4000, ge=1, le=LONGEST_PROMPT)
    """The same at /api/images, documents 1 and 2."""
    generate_image_polling_seconds: float = Field(default=60.0, gt=0, le=900)
    """How long it waits for a picture that its service has to be asked after, as document 3 has it for Replicate."""
    unified_prompt_limit: int = Field(default=10_000, ge=1, le=LONGEST_PROMPT)
    """The same at document 4's /unified, and the most that can be shortened."""
    optimise_seconds: float = Field(default=120.0, gt=0, le=3600)
    """How long the text model may take for one prompt before Limner shortens or enhances it itself."""
    text_model: str | None = None
    """Which text model helps with words where a request names none: service/model; the first that can be used."""
    text_prices: str = ""
    """What text models cost, in dollars for a million tokens: SERVICE/MODEL=IN/OUT, with commas between."""
    unpriced_ceiling_usd: Dollars = None
    """What one picture, or one text, of a model without a known price may cost; unset or 0 refuses such models."""
    default_provider: str | None = None
    """The service that paints where nothing is named, as long as it is ready; else the best of all that are."""
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
    trash_days: Amount = 30
    """How long pictures stay in the trash before they go for good; 0 is until somebody empties it."""
    cleanup_older_than_days: Amount = None
    """The server clears away pictures that are older, hourly and for good; 0 or unset never does."""
    cleanup_larger_than_mb: Amount = None
    """The server clears away the oldest pictures until all together have no more megabytes; 0 or unset never does."""
    cleanup_keep_favorites: bool = True
    """Whether the server leaves favourites alone when it clears away."""
    cleanup_keep_collections: bool = True
    """The same for pictures in collections."""
    cleanup_keep_shared: bool = True
    """The same for pictures that a share link shows."""
    alert_refusals: Amount = None
    """Refusals of one person within the window after which administrators are told; 10 with accounts, else none."""
    alert_rate_hits: Amount = None
    """The same for requests that came too soon; 50 with accounts, else none."""
    alert_window_minutes: int = Field(default=10, ge=1, le=1440)
    alert_error_percent: float = Field(default=5.0, ge=0, le=100)
    """The share of an hour's jobs that may fail before administrators are told; 0 never does."""
    alert_burst_percent: float = Field(default=50.0, ge=0, le=100)
    """The same for five minutes."""
    alert_slow_seconds: float = Field(default=60.0, ge=0)
    """How long a job may take before they are told; 0 never does."""
    alert_p95_seconds: float = Field(default=30.0, ge=0)
    """How long one of twenty jobs of an hour may take."""
    alert_cost_per_hour_usd: Dollars = Money.usd(100)
    """What may be spent within an hour."""
    confirm_above_usd: Dollars = Money.usd("0.50")
    """The command line asks a person before it may spend more than this; 0 never asks."""
    mcp_wait_seconds: float = Field(default=45.0, ge=0, le=600)
    """How long a tool of the MCP server waits for pictures unless it is told; the job goes on after that."""
    mcp_free_hand_usd: Dollars = None
    """What a call of a tool may cost without a person's agreement to its price; unset or 0 is nothing."""
    moderation: Literal["off", "words", "openai"] = "words"
    """Who looks at a request before it is carried out: nobody, rules of words, or OpenAI's moderation model as well."""
    moderate_pictures: Literal["on", "off"] | None = None
    """Whether OpenAI's moderation model looks at finished pictures as well: where it looks at requests, unless off."""
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

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, given: Mapping[str, object]) -> Mapping[str, object]:
        """What is set wins over what holds for accounts; 0 is set."""
        return {**ACCOUNTS_DEFAULTS, **given} if given.get("auth") == "accounts" else given

    @property
    def accounts(self) -> bool:
        """Whether people sign in."""
        return self.auth == "accounts"

    @property
    def address(self) -> str:
        """Where others reach the server, as it is written in what is sent to them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def cdn(self) -> str | None:
        """What stands before the addresses of pictures (documents 1 and 4); None for the server's own address.

        Raises NotConfigured for what is no address.
        """
        found = self.variables.get("IMAGE_CDN_URL", "").strip().rstrip("/")
        if found and not found.startswith(("http://", "https://")):
            raise NotConfigured(
                "IMAGE_CDN_URL is wrong: give an address that begins with https:// or http://.", code="settings_invalid"
            )
        return found or None

    @property
    def origins(self) -> frozenset[str]:
        """The origins of other pages that may ask. Raises NotConfigured for what is none."""
        found = frozenset(word.strip().lower().rstrip("/") for word in self.cors_origins.split(",") if word.strip())
        wrong = [word for word in sorted(found) if authority_of(word) is None]
        if wrong:
            raise NotConfigured(
                f"LIMNER_CORS_ORIGINS is wrong: '{wrong[0]}' is no origin. Give each whole, such as "
                "https://app.example.com.",
                code="settings_invalid",
            )
        return found

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
    def alert_rules(self) -> AlertRules:
        """When administrators are told."""
        return AlertRules(
            refusals=self.alert_refusals,
            rate_hits=self.alert_rate_hits,
            window=timedelta(minutes=self.alert_window_minutes),
            error_percent=self.alert_error_percent,
            burst_percent=self.alert_burst_percent,
            slow_seconds=self.alert_slow_seconds,
            p95_seconds=self.alert_p95_seconds,
            cost_per_hour=self.alert_cost_per_hour_usd,
        )

    @property
    def looks_at_pictures(self) -> bool:
        """Whether finished pictures are looked at. Raises NotConfigured where they should be and nobody can."""
        if self.moderate_pictures == "on" and self.moderation != "openai":
            raise NotConfigured(
                "LIMNER_MODERATE_PICTURES=on needs somebody who can look at pictures. Set LIMNER_MODERATION=openai as "
                "well, or leave it out.",
                code="settings_invalid",
            )
        return self.moderation == "openai" and self.moderate_pictures != "off"

    @property
    def trash_for(self) -> timedelta | None:
        """How long pictures stay in the trash; None is until somebody empties it."""
        return None if self.trash_days is None else timedelta(days=self.trash_days)

    @property
    def cleanup_rules(self) -> CleanupRules:
        """What the server clears away by itself."""
        days, megabytes = self.cleanup_older_than_days, self.cleanup_larger_than_mb
        return CleanupRules(
            older_than=None if days is None else timedelta(days=days),
            larger_than=None if megabytes is None else megabytes * 1_000_000,
            keep_favorites=self.cleanup_keep_favorites,
            keep_collected=self.cleanup_keep_collections,
            keep_shared=self.cleanup_keep_shared,
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
