"""The settings: the only reader of the environment and of `.env`. Frozen, validated, and wrong ones are named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from domain.errors import SettingsError
from domain.feed import LONGEST_SYMBOL, Feed
from domain.live_gate import LIVE_HOST, PAPER_HOST, LiveGate
from domain.risk_limits import RiskLimits
from env_file import read_env_file, refuse_unknown

Mode = Literal["sim", "paper", "live"]

DATA_URL: Final = "https://data.alpaca.markets"
DATA_STREAM_URL: Final = "wss://stream.data.alpaca.markets"


class Settings(BaseSettings):
    """Every setting, with its default. Names in the environment are these in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_file_encoding="utf-8", hide_input_in_errors=True)

    alpaca_api_key: SecretStr = Field(
        default=SecretStr(""), description="Key of an Alpaca account; without it the practice market runs"
    )
    alpaca_secret_key: SecretStr = Field(default=SecretStr(""), description="Secret that belongs to ALPACA_API_KEY")
    alpaca_paper: bool = Field(default=True, description="Trade on Alpaca paper; `false` asks for real money")
    allow_live_trading: bool = Field(default=False, description="Second flag that real money needs")
    alpaca_trading_url: str = Field(
        default="", description="Host of the trading REST, without /v2; for tests and proxies"
    )
    alpaca_data_url: str = Field(default="", description="Host of the market data REST, without /v2")
    alpaca_trading_stream_url: str = Field(default="", description="Whole URL of the websocket of trade updates")
    alpaca_data_stream_url: str = Field(default="", description="Base of the market data websockets, without /v2/iex")
    symbols: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("AAPL", "MSFT"),
        description="Symbols to stream; if not set, the practice market streams all of its own",
    )
    bar_timeframe: Literal["1s", "5s", "1Min", "5Min", "15Min", "1Hour", "1Day"] = Field(
        default="1Min", description="Timeframe that the page opens with"
    )
    stream_feed: Literal["iex", "sip", "delayed_sip", "test"] = Field(
        default="iex",
        description="Feed of stock data: `iex` is free, `sip` needs a plan, `delayed_sip` is 15 minutes late, `test` has FAKEPACA",
    )
    options_feed: Literal["indicative", "opra"] = Field(
        default="indicative", description="Feed of option data: `indicative` is free, `opra` needs a plan"
    )
    stream_news: bool = Field(default=True, description="`true` streams news")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        default="INFO", description="Least level that is logged"
    )
    data_dir: Path = Field(
        default=Path("data"), description="Folder for the cache, logs and locks; made if it is not there"
    )
    cache_url: str = Field(
        default="",
        description="Where the shared cache is: `diskcache:FOLDER` or `redis://HOST:PORT/DB` (also rediss, unix); "
        "if not set, DATA_DIR/cache",
    )
    journal_url: str = Field(
        default="",
        description="Where the journal of orders is: `sqlite:///FILE` or `postgresql+psycopg://USER:PASSWORD@HOST/DATABASE`; "
        "if not set, DATA_DIR/journal.db",
    )
    journal_force_network_fs: bool = Field(
        default=False,
        description="`true` lets the journal's file be on a network file system, where its locks may not hold",
    )
    kill_switch: bool = Field(default=False, description="`true` refuses every new order but exits, from the start on")
    kill_mode: Literal["block", "cancel", "flatten"] = Field(
        default="cancel",
        description="What the kill switch does beside refusing entries: `block` nothing, `cancel` cancels every open order, "
        "`flatten` closes every position too",
    )
    circuit_breaker_reset: bool = Field(
        default=False, description="`true` closes the circuit breaker once; left there it does nothing at later starts"
    )
    dry_run: bool = Field(default=False, description="`true` checks and writes down every order, and sends none")
    max_order_value: Decimal | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Largest value of an order in USD; if not set 25000, in SIM 100000",
    )
    max_order_qty: Decimal = Field(
        default=Decimal(10_000), gt=0, allow_inf_nan=False, description="Largest quantity of an order in shares"
    )
    price_collar_pct: Decimal = Field(
        default=Decimal("0.05"),
        gt=0,
        allow_inf_nan=False,
        le=1,
        description="How far beyond the market a limit may be: 0.05 or 5%",
    )
    max_position_pct: Decimal | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        le=10,
        description="Largest position as a part of equity: 0.10 or 10%; if not set 10%, in SIM 100%",
    )
    max_daily_loss_pct: Decimal = Field(
        default=Decimal("0.05"),
        gt=0,
        le=1,
        allow_inf_nan=False,
        description="Loss since yesterday's close, as a part of that equity, after which only exits are sent: 0.05 or 5%",
    )
    max_trades_per_day: int | None = Field(
        default=None,
        ge=1,
        description="Orders with a fill in one day (New York) after which only exits are sent; if not set 20, in SIM 10000",
    )
    allow_extended_hours: bool = Field(
        default=False, description="`true` lets orders for the hours before and after the session through"
    )
    dashboard_host: str = Field(
        default="127.0.0.1", description="Address that the page is served on; others than loopback need users"
    )
    dashboard_port: int = Field(default=8050, ge=1, le=65535, description="Port that the page is served on")
    dashboard_processes: int = Field(default=1, ge=1, le=16, description="Web processes")
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="Signs cookies and tokens; if not set, made once in DATA_DIR/secret"
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Further names (with port) under which the page is reached, as HOST:PORT,HOST:PORT"
    )
    trusted_proxy: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Addresses of reverse proxies whose X-Forwarded-For, -Proto and -Host are believed"
    )
    refresh_ms: int = Field(default=500, ge=100, le=10_000, description="How often the page asks, in milliseconds")
    flush_ms: int = Field(
        default=5, ge=1, le=1_000, description="Longest wait before ticks are published, in milliseconds"
    )
    stale_after_s: float = Field(
        default=20.0,
        ge=1,
        le=600,
        allow_inf_nan=False,
        description="Silence after which the feed is questioned, in seconds",
    )
    record: bool = Field(default=False, description="`true` records every trade and quote in DATA_DIR/recordings")
    record_days: int = Field(default=30, ge=1, le=10_000, description="Days after which a recording is deleted")
    record_max_mb: int = Field(
        default=2_000, ge=1, description="Size of all recordings in MB beyond which the oldest day is deleted"
    )
    simulator_port: int = Field(default=8060, ge=1, le=65535, description="Port of the practice market")
    simulator_seed: int = Field(
        default=1, ge=0, description="Seed of the practice market; the same seed, the same market"
    )
    simulator_tape: Path | None = Field(
        default=None,
        description="Tape (gzip CSV, or a folder of a recording) that the practice market plays instead of its own",
    )
    simulator_speed: float = Field(
        default=1.0, ge=0.1, le=1000, allow_inf_nan=False, description="Market seconds a real second while a tape plays"
    )
    simulator_hours: Literal["always", "nyse"] = Field(default="always", description="When the practice market is open")
    clock_offset_s: float = Field(
        default=0.0, allow_inf_nan=False, description="Added to the practice market's time, in seconds; for tests"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but what `load_settings` hands in: it reads the environment and `.env` itself."""
        return (init_settings,)

    @field_validator("symbols", mode="before")
    @classmethod
    def _split_symbols(cls, value: Any) -> Any:
        names = value.split(",") if isinstance(value, str) else value
        cleaned = tuple(dict.fromkeys(name.strip().upper() for name in names if name.strip()))
        if not cleaned:
            raise ValueError("name at least one symbol, for example AAPL,MSFT")
        wrong = [
            name
            for name in cleaned
            if not name.replace(".", "").replace("/", "").isalnum() or len(name) > LONGEST_SYMBOL
        ]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is not a symbol; write AAPL,MSFT")
        return cleaned

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: Any) -> Any:
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value

    @field_validator("price_collar_pct", "max_position_pct", "max_daily_loss_pct", mode="before")
    @classmethod
    def _fraction(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = value.strip()
        try:
            number = Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except InvalidOperation:
            raise ValueError("write a fraction such as 0.05, or 5%") from None
        if number.is_finite() and not text.endswith("%") and number > 1:
            raise ValueError(f"{value} is more than 1; write {value}% if that is meant")
        return number

    @field_validator(
        *("alpaca_paper", "allow_live_trading", "kill_switch", "circuit_breaker_reset", "dry_run"),
        *("allow_extended_hours", "record", "stream_news", "journal_force_network_fs"),
        mode="before",
    )
    @classmethod
    def _strict_flag(cls, value: Any) -> Any:
        flags = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if isinstance(value, str):
            if value.strip().lower() not in flags or value != value.strip():
                raise ValueError("write true or false")
            return flags[value.lower()]
        return value

    @field_validator("alpaca_trading_url", "alpaca_data_url", "alpaca_data_stream_url", "alpaca_trading_stream_url")
    @classmethod
    def _plain_url(cls, value: str, info: ValidationInfo) -> str:
        socket = str(info.field_name).endswith("_stream_url")
        whole = info.field_name == "alpaca_trading_stream_url"
        schemes = {"ws", "wss"} if socket else {"http", "https"}
        example = DATA_STREAM_URL if socket else f"https://{PAPER_HOST}"
        value = value.rstrip("/")
        parts = urlsplit(value)
        host = parts.hostname or "."
        if value and (parts.scheme not in schemes or host.endswith(".") or parts.port == 0):
            raise ValueError(f"write a whole URL, for example {example}")
        if (parts.path and not whole) or parts.query or parts.fragment or parts.username:
            raise ValueError(f"write scheme, host and port only, for example {example}")
        return value

    @field_validator("cache_url")
    @classmethod
    def _known_cache(cls, value: str) -> str:
        if value and not (_names_a_folder(value) or _names_a_redis_server(value)):
            raise ValueError("write diskcache:FOLDER or redis://HOST:PORT/DB, for example diskcache:data/cache")
        return value

    @field_validator("journal_url")
    @classmethod
    def _known_journal(cls, value: str) -> str:
        if value and not (_names_a_file(value) or _names_a_postgres_database(value)):
            raise ValueError("write sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE")
        return value

    @field_validator("alpaca_api_key", "alpaca_secret_key")
    @classmethod
    def _no_blanks(cls, value: SecretStr) -> SecretStr:
        if any(letter.isspace() for letter in value.get_secret_value()):
            raise ValueError("has a blank in it")
        return value

    @field_validator("simulator_tape", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @field_validator("data_dir", mode="before")
    @classmethod
    def _some_folder(cls, value: Any) -> Any:
        if not value:
            raise ValueError("name a folder, for example data")
        return value

    @field_validator("dashboard_host")
    @classmethod
    def _one_address(cls, value: str) -> str:
        try:
            return value if value == "localhost" else str(ip_address(value))
        except ValueError:
            raise ValueError("write an address of this machine, such as 127.0.0.1; 0.0.0.0 means all of them") from None

    @field_validator("trusted_proxy", mode="before")
    @classmethod
    def _split_addresses(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return tuple(str(ip_address(name.strip())) for name in value.split(",") if name.strip())
        except ValueError:
            raise ValueError("write the proxy's address, such as 127.0.0.1") from None

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if bool(self.alpaca_api_key.get_secret_value()) != bool(self.alpaca_secret_key.get_secret_value()):
            missing = "ALPACA_SECRET_KEY" if self.alpaca_api_key.get_secret_value() else "ALPACA_API_KEY"
            raise ValueError(f"{missing}: is missing; key and secret go together")
        name, why = self.live_gate.refusal()
        if name:
            raise ValueError(f"{name}: {why}")
        if self.practice and self.dashboard_port == self.simulator_port:
            raise ValueError(f"SIMULATOR_PORT: {self.simulator_port} is DASHBOARD_PORT too; choose another")
        if self.simulator_tape and not self.simulator_tape.exists():
            raise ValueError(f"SIMULATOR_TAPE: {self.simulator_tape} is neither a file nor a folder")
        return self

    @property
    def practice(self) -> bool:
        """Whether the desk runs on its own practice market: no keys and no URL of Alpaca is set."""
        return not (self.alpaca_api_key.get_secret_value() or self._any_url)

    @property
    def mode(self) -> Mode:
        """`live` and `paper` by the trading host only; everything else is `sim`."""
        host = urlsplit(self.trading_url).hostname
        return "live" if host == LIVE_HOST else "paper" if host == PAPER_HOST else "sim"

    @property
    def trading_url(self) -> str:
        """Host of the trading REST that is in force."""
        alpaca = f"https://{PAPER_HOST if self.alpaca_paper else LIVE_HOST}"
        return self.alpaca_trading_url or (self.simulator_url if self.practice else alpaca)

    @property
    def data_url(self) -> str:
        """Host of the market data REST that is in force."""
        return self.alpaca_data_url or (self.simulator_url if self.practice else DATA_URL)

    @property
    def data_stream_url(self) -> str:
        """Whole URL of the stock data websocket that is in force."""
        return self.stream_url(Feed.STOCKS)

    def stream_url(self, feed: Feed) -> str:
        """Whole URL of a data websocket that is in force."""
        practice = f"ws://127.0.0.1:{self.simulator_port}"
        base = self.alpaca_data_stream_url or (practice if self.practice else DATA_STREAM_URL)
        paths = {
            Feed.STOCKS: f"v2/{self.stream_feed}",
            Feed.CRYPTO: "v1beta3/crypto/us",
            Feed.OPTIONS: f"v1beta1/{self.options_feed}",
            Feed.NEWS: "v1beta1/news",
        }
        return f"{base}/{paths[feed]}"

    @property
    def trading_stream_url(self) -> str:
        """Whole URL of the trade updates that is in force: by the trading host, unless it is set."""
        return self.alpaca_trading_stream_url or self.trading_url.replace("http", "ws", 1) + "/stream"

    @property
    def journal(self) -> str:
        """JOURNAL_URL, or a file in DATA_DIR; whether the file may be on a network file system goes with it."""
        url = self.journal_url or f"sqlite:///{self.data_dir / 'journal.db'}"
        forced = self.journal_force_network_fs and url.startswith("sqlite")
        return f"{url}{'&' if '?' in url else '?'}force_network_fs=true" if forced else url

    @property
    def limits_told(self) -> dict[str, object]:
        """Every limit that is in force, by name: a change of one from run to run is told in the audit."""
        flags = ("dry_run", "kill_switch", "kill_mode", "alpaca_paper", "allow_live_trading")
        return asdict(self.risk_limits) | {name: getattr(self, name) for name in flags}

    @property
    def logs(self) -> Path:
        """Where the logs are."""
        return self.data_dir / "logs"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown or logged: keys, secrets, and the passwords in URLs."""
        own = (self.alpaca_api_key, self.alpaca_secret_key, self.secret_key)
        in_urls = (_password_in(url) for url in (self.journal_url, self.cache_url))
        return tuple(text for text in (*(each.get_secret_value() for each in own), *in_urls) if text)

    @property
    def recordings(self) -> Path:
        """Where recordings are."""
        return self.data_dir / "recordings"

    @property
    def kill_files(self) -> tuple[Path, ...]:
        """Files that switch the desk off on this host while they exist."""
        return self.data_dir / "KILL", Path(".kill_switch")

    @property
    def order_value_limit(self) -> Decimal:
        """MAX_ORDER_VALUE that is in force."""
        return self.max_order_value or Decimal(100_000 if self.mode == "sim" else 25_000)

    @property
    def position_limit(self) -> Decimal:
        """MAX_POSITION_PCT that is in force, as a fraction."""
        return self.max_position_pct or Decimal("1.0" if self.mode == "sim" else "0.10")

    @property
    def trades_limit(self) -> int:
        """MAX_TRADES_PER_DAY that is in force."""
        return self.max_trades_per_day or (10_000 if self.mode == "sim" else 20)

    @property
    def risk_limits(self) -> RiskLimits:
        """All limits that are in force."""
        return RiskLimits(
            self.order_value_limit,
            self.max_order_qty,
            self.price_collar_pct,
            self.position_limit,
            max_daily_loss_pct=self.max_daily_loss_pct,
            max_trades_per_day=self.trades_limit,
            allow_extended_hours=self.allow_extended_hours,
        )

    @property
    def live_gate(self) -> LiveGate:
        """What decides whether orders may be sent to where they would go; asked at the start and before each order."""
        return LiveGate(self.trading_url, self.alpaca_paper, self.allow_live_trading, self.credentials[0][:2])

    @property
    def simulator_url(self) -> str:
        """Where the practice market listens."""
        return f"http://127.0.0.1:{self.simulator_port}"

    @property
    def credentials(self) -> tuple[str, str]:
        """Key and secret; those of the practice market if none are set."""
        key, secret = self.alpaca_api_key.get_secret_value(), self.alpaca_secret_key.get_secret_value()
        return (key, secret) if key else ("practice", "practice")

    @property
    def local_only(self) -> bool:
        """Whether only this machine reaches the page: DASHBOARD_HOST is a loopback address."""
        return self.dashboard_host == "localhost" or ip_address(self.dashboard_host).is_loopback

    @property
    def market_cache_url(self) -> str:
        """CACHE_URL, or a folder in DATA_DIR."""
        return self.cache_url or f"diskcache:{self.data_dir / 'cache'}"

    @property
    def symbols_are_chosen(self) -> bool:
        """Whether SYMBOLS was set by somebody."""
        return "symbols" in self.model_fields_set

    @property
    def _any_url(self) -> str:
        urls = (
            self.alpaca_trading_url,
            self.alpaca_data_url,
            self.alpaca_data_stream_url,
            self.alpaca_trading_stream_url,
        )
        return next((url for url in urls if url), "")


def load_settings(env_file: Path = Path(".env"), environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of the environment and `.env`; the environment wins. SettingsError names the variable that is wrong."""
    values = os.environ if environment is None else environment
    lines = read_env_file(env_file)
    refuse_unknown(lines, {field.upper() for field in Settings.model_fields}, env_file)
    merged = {**lines, **{name: values[name] for name in values if name.lower() in Settings.model_fields}}
    try:
        return Settings.model_validate({name.lower(): value for name, value in merged.items()})
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(detail) for detail in error.errors(include_input=False))) from None


def _sentence(detail: Any) -> str:
    message = detail["msg"].removeprefix("Value error, ")
    name = str(detail["loc"][0]).upper() if detail["loc"] else ""
    return f"{name}: {message}" if name else message


def _names_a_folder(cache_url: str) -> bool:
    return bool(cache_url.startswith("diskcache:") and cache_url.removeprefix("diskcache:"))


def _names_a_redis_server(cache_url: str) -> bool:
    try:
        parts = urlsplit(cache_url)
        place = parts.path if parts.scheme == "unix" else parts.hostname and parts.port != 0
    except ValueError:
        return False
    database = parts.scheme == "unix" or not parts.path.strip("/") or parts.path[1:].isdecimal()
    return parts.scheme in {"redis", "rediss", "unix"} and bool(place) and database and not parts.fragment


def _names_a_file(journal_url: str) -> bool:
    path = journal_url.removeprefix("sqlite:///")
    return journal_url.startswith("sqlite:///") and bool(path) and not path.startswith(":memory:")


def _names_a_postgres_database(journal_url: str) -> bool:
    try:
        parts = urlsplit(journal_url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return parts.scheme == "postgresql+psycopg" and usable and bool(parts.path.strip("/"))


def _password_in(url: str) -> str:
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        return ""
