"""The settings: the only reader of the environment and of `.env`. Frozen, validated, and wrong ones are named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from domain.errors import SettingsError
from domain.feed import Feed
from domain.live_gate import LIVE_HOST, PAPER_HOST, LiveGate
from domain.risk_limits import RiskLimits
from env_file import read_env_file, refuse_unknown
from setting_text import (
    password_in,
    read_address,
    read_addresses,
    read_cache_url,
    read_flag,
    read_fraction,
    read_journal_url,
    read_names,
    read_symbols,
    read_url,
)

Mode = Literal["sim", "paper", "live"]
Flag = Annotated[bool, BeforeValidator(read_flag)]
Fraction = Annotated[Decimal, BeforeValidator(read_fraction)]

DATA_URL: Final = "https://data.alpaca.markets"
DATA_STREAM_URL: Final = "wss://stream.data.alpaca.markets"


class Settings(BaseSettings):
    """Every setting, with its default. Names in the environment are these in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_file_encoding="utf-8", hide_input_in_errors=True)

    alpaca_api_key: SecretStr = Field(
        default=SecretStr(""), description="Key of an Alpaca account; without it the practice market runs"
    )
    alpaca_secret_key: SecretStr = Field(default=SecretStr(""), description="Secret that belongs to ALPACA_API_KEY")
    alpaca_paper: Flag = Field(default=True, description="Trade on Alpaca paper; `false` asks for real money")
    allow_live_trading: Flag = Field(default=False, description="Second flag that real money needs")
    alpaca_trading_url: str = Field(
        default="", description="Host of the trading REST, without /v2; for tests and proxies"
    )
    alpaca_data_url: str = Field(default="", description="Host of the market data REST, without /v2")
    alpaca_trading_stream_url: str = Field(default="", description="Whole URL of the websocket of trade updates")
    alpaca_data_stream_url: str = Field(default="", description="Base of the market data websockets, without /v2/iex")
    symbols: Annotated[tuple[str, ...], NoDecode, BeforeValidator(read_symbols)] = Field(
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
    stream_news: Flag = Field(default=True, description="`true` streams news")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        default="INFO", description="Least level that is logged"
    )
    data_dir: Path = Field(
        default=Path("data"), description="Folder for the cache, logs and locks; made if it is not there"
    )
    cache_url: Annotated[str, AfterValidator(read_cache_url)] = Field(
        default="",
        description="Where the shared cache is: `diskcache:FOLDER` or `redis://HOST:PORT/DB` (also rediss, unix); "
        "if not set, DATA_DIR/cache",
    )
    journal_url: Annotated[str, AfterValidator(read_journal_url)] = Field(
        default="",
        description="Where the journal of orders is: `sqlite:///FILE` or `postgresql+psycopg://USER:PASSWORD@HOST/DATABASE`; "
        "if not set, DATA_DIR/journal.db",
    )
    journal_force_network_fs: Flag = Field(
        default=False,
        description="`true` lets the journal's file be on a network file system, where its locks may not hold",
    )
    kill_switch: Flag = Field(default=False, description="`true` refuses every new order but exits, from the start on")
    kill_mode: Literal["block", "cancel", "flatten"] = Field(
        default="cancel",
        description="What the kill switch does beside refusing entries: `block` nothing, `cancel` cancels every open order, "
        "`flatten` closes every position too",
    )
    circuit_breaker_reset: Flag = Field(
        default=False, description="`true` closes the circuit breaker once; left there it does nothing at later starts"
    )
    dry_run: Flag = Field(default=False, description="`true` checks and writes down every order, and sends none")
    max_order_value: Decimal | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Largest value of an order in USD; if not set 25000, in SIM 100000",
    )
    max_order_qty: Decimal = Field(
        default=Decimal(10_000), gt=0, allow_inf_nan=False, description="Largest quantity of an order in shares"
    )
    price_collar_pct: Fraction = Field(
        default=Decimal("0.05"),
        gt=0,
        allow_inf_nan=False,
        le=1,
        description="How far beyond the market a limit may be: 0.05 or 5%",
    )
    max_position_pct: Annotated[Decimal | None, BeforeValidator(read_fraction)] = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        le=10,
        description="Largest position as a part of equity: 0.10 or 10%; if not set 10%, in SIM 100%",
    )
    max_daily_loss_pct: Fraction = Field(
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
    allow_extended_hours: Flag = Field(
        default=False, description="`true` lets orders for the hours before and after the session through"
    )
    dashboard_host: Annotated[str, AfterValidator(read_address)] = Field(
        default="127.0.0.1", description="Address that the page is served on; others than loopback need users"
    )
    dashboard_port: int = Field(default=8050, ge=1, le=65535, description="Port that the page is served on")
    dashboard_processes: int = Field(default=1, ge=1, le=16, description="Web processes")
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="Signs cookies and tokens; if not set, made once in DATA_DIR/secret"
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(read_names)] = Field(
        default=(), description="Further names (with port) under which the page is reached, as HOST:PORT,HOST:PORT"
    )
    trusted_proxy: Annotated[tuple[str, ...], NoDecode, BeforeValidator(read_addresses)] = Field(
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
    record: Flag = Field(default=False, description="`true` records every trade and quote in DATA_DIR/recordings")
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
    simulator_fill_model: Literal["quote", "queue"] = Field(
        default="quote", description="How orders are filled against a tape: at the best quote, or in its queue"
    )
    simulator_shares: int = Field(
        default=12, ge=12, le=1000, description="Shares of the practice market; those beyond twelve are invented"
    )
    simulator_luld: Flag = Field(
        default=False,
        description="`true` keeps generated prices within limit up, limit down, with pauses of five minutes",
    )
    simulator_deeds: Path | None = Field(
        default=None, description="Folder for the log of what is done to the generated market, to play it again exactly"
    )
    simulator_instructor_token: SecretStr = Field(
        default=SecretStr(""),
        description="Lets its bearer control the practice market from other machines (16 letters or more)",
    )
    simulator_rate_limit: int = Field(
        default=200,
        ge=0,
        le=100_000,
        description="Requests a minute and key that the practice market answers, 0 for any number",
    )
    simulator_sip: Flag = Field(
        default=True, description="`false`: nobody has paid for the feeds `sip` and `opra` of the practice market"
    )
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

    @field_validator("alpaca_trading_url", "alpaca_data_url", "alpaca_data_stream_url", "alpaca_trading_stream_url")
    @classmethod
    def _plain_url(cls, value: str, info: ValidationInfo) -> str:
        whole = info.field_name == "alpaca_trading_stream_url"
        if str(info.field_name).endswith("_stream_url"):
            return read_url(value, {"ws", "wss"}, DATA_STREAM_URL, whole)
        return read_url(value, {"http", "https"}, f"https://{PAPER_HOST}", whole)

    @field_validator("alpaca_api_key", "alpaca_secret_key")
    @classmethod
    def _no_blanks(cls, value: SecretStr) -> SecretStr:
        if any(letter.isspace() for letter in value.get_secret_value()):
            raise ValueError("has a blank in it")
        return value

    @field_validator("simulator_instructor_token")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value()
        if token and (len(token) < 16 or any(letter.isspace() for letter in token)):
            raise ValueError("must have 16 letters or more, without a blank")
        return value

    @field_validator("simulator_tape", "simulator_deeds", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @field_validator("data_dir", mode="before")
    @classmethod
    def _some_folder(cls, value: Any) -> Any:
        if not value:
            raise ValueError("name a folder, for example data")
        return value

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
        own = (self.alpaca_api_key, self.alpaca_secret_key, self.secret_key, self.simulator_instructor_token)
        in_urls = (password_in(url) for url in (self.journal_url, self.cache_url))
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
