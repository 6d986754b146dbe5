"""The settings: defaults, what is refused and by which name, who wins, and that no secret ever shows."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import SettingsError
from domain.feed import Feed
from settings import Settings, load_settings

KEYS = {"ALPACA_API_KEY": "PKTESTKEY", "ALPACA_SECRET_KEY": "verysecret"}


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.lower() in Settings.model_fields:
            monkeypatch.delenv(name)


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def loaded(**environment: str) -> Settings:
    return load_settings(Path("/nonexistent/.env"), environment)


def refusal(**environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded(**environment)
    return str(caught.value)


DEFAULTS = {
    "alpaca_paper": True,
    "allow_live_trading": False,
    "alpaca_trading_url": "",
    "alpaca_data_url": "",
    "alpaca_data_stream_url": "",
    "symbols": ("AAPL", "MSFT"),
    "bar_timeframe": "1Min",
    "stream_feed": "iex",
    "options_feed": "indicative",
    "stream_news": True,
    "log_level": "INFO",
    "data_dir": Path("data"),
    "market_cache_url": "diskcache:data/cache",
    "dashboard_host": "127.0.0.1",
    "dashboard_port": 8050,
    "dashboard_processes": 1,
    "refresh_ms": 500,
    "flush_ms": 5,
    "stale_after_s": 20.0,
    "simulator_port": 8060,
    "simulator_tape": None,
    "simulator_speed": 1.0,
    "simulator_hours": "always",
    "clock_offset_s": 0.0,
    "practice": True,
    "mode": "sim",
    "trading_url": "http://127.0.0.1:8060",
    "data_url": "http://127.0.0.1:8060",
    "data_stream_url": "ws://127.0.0.1:8060/v2/iex",
    "credentials": ("practice", "practice"),
    "symbols_are_chosen": False,
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_is_the_one_that_was_promised(name: str) -> None:
    assert getattr(loaded(), name) == DEFAULTS[name]


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALPACA_PAPER", "maybe"),
        ("ALPACA_PAPER", ""),
        ("ALPACA_PAPER", "2"),
        ("ALPACA_PAPER", "true "),
        ("ALLOW_LIVE_TRADING", "on"),
        ("ALLOW_LIVE_TRADING", "y"),
        ("ALPACA_TRADING_URL", "paper-api.alpaca.markets"),
        ("ALPACA_TRADING_URL", "ftp://paper-api.alpaca.markets"),
        ("ALPACA_TRADING_URL", "https://"),
        ("ALPACA_DATA_URL", "data"),
        ("ALPACA_DATA_URL", "http://["),
        ("ALPACA_DATA_STREAM_URL", "//stream"),
        ("SYMBOLS", ""),
        ("SYMBOLS", " , ,"),
        ("SYMBOLS", "AAPL;MSFT"),
        ("SYMBOLS", "AAPL MSFT"),
        ("SYMBOLS", "AAPL,MS-FT"),
        ("SYMBOLS", "A" * 22),
        ("SYMBOLS", "AAPL,'; DROP TABLE"),
        ("BAR_TIMEFRAME", "1min"),
        ("BAR_TIMEFRAME", "2Min"),
        ("STREAM_FEED", "otc"),
        ("STREAM_FEED", "IEX"),
        ("STREAM_FEED", "delayed"),
        ("STREAM_FEED", ""),
        ("OPTIONS_FEED", "iex"),
        ("OPTIONS_FEED", "OPRA"),
        ("STREAM_NEWS", "on"),
        ("STREAM_NEWS", ""),
        ("LOG_LEVEL", "VERBOSE"),
        ("LOG_LEVEL", ""),
        ("CACHE_URL", "redis"),
        ("CACHE_URL", "diskcache:"),
        ("CACHE_URL", "data/cache"),
        ("CACHE_URL", "redis://"),
        ("CACHE_URL", "redis://host/name"),
        ("CACHE_URL", "redis://host:99999/0"),
        ("CACHE_URL", "unix://"),
        ("CACHE_URL", "memcached://host"),
        ("DASHBOARD_HOST", "example.com"),
        ("DASHBOARD_HOST", "0.0.0.0:80"),
        ("TRUSTED_PROXY", "proxy.example"),
        ("TRUSTED_PROXY", "127.0.0.1,*"),
        ("DASHBOARD_HOST", ""),
        ("DASHBOARD_PORT", "0"),
        ("DASHBOARD_PORT", "65536"),
        ("DASHBOARD_PORT", "-1"),
        ("DASHBOARD_PORT", "http"),
        ("DASHBOARD_PORT", "8050.5"),
        ("DASHBOARD_PORT", ""),
        ("DASHBOARD_PROCESSES", "0"),
        ("DASHBOARD_PROCESSES", "17"),
        ("REFRESH_MS", "99"),
        ("REFRESH_MS", "10001"),
        ("REFRESH_MS", "fast"),
        ("FLUSH_MS", "0"),
        ("FLUSH_MS", "1001"),
        ("STALE_AFTER_S", "0.5"),
        ("STALE_AFTER_S", "601"),
        ("STALE_AFTER_S", "nan"),
        ("STALE_AFTER_S", "inf"),
        ("SIMULATOR_PORT", "70000"),
        ("SIMULATOR_SEED", "-1"),
        ("SIMULATOR_INSTRUCTOR_TOKEN", "short"),
        ("SIMULATOR_SEED", "0x1"),
        ("SIMULATOR_TAPE", "/nonexistent/tape.csv.gz"),
        ("SIMULATOR_TAPE", "/nonexistent/recordings/2026-11-20"),
        ("SIMULATOR_SPEED", "0"),
        ("SIMULATOR_SPEED", "1001"),
        ("SIMULATOR_SPEED", "nan"),
        ("SIMULATOR_HOURS", "NYSE"),
        ("KILL_MODE", "FLATTEN"),
        ("KILL_MODE", ""),
        ("KILL_SWITCH", "on"),
        ("KILL_SWITCH", "False "),
        ("DRY_RUN", "maybe"),
        ("DRY_RUN", " true"),
        ("ALLOW_EXTENDED_HOURS", ""),
        ("CIRCUIT_BREAKER_RESET", "once"),
        ("MAX_POSITION_PCT", "10"),
        ("MAX_POSITION_PCT", "1.01"),
        ("MAX_POSITION_PCT", "0"),
        ("MAX_POSITION_PCT", "-5%"),
        ("MAX_POSITION_PCT", "nan"),
        ("MAX_POSITION_PCT", "NaN%"),
        ("MAX_POSITION_PCT", "sNaN"),
        ("MAX_POSITION_PCT", "inf"),
        ("MAX_POSITION_PCT", "1001%"),
        ("MAX_POSITION_PCT", "%"),
        ("MAX_POSITION_PCT", "5%%"),
        ("MAX_POSITION_PCT", "0,10"),
        ("MAX_POSITION_PCT", ""),
        ("MAX_DAILY_LOSS_PCT", "5"),
        ("MAX_DAILY_LOSS_PCT", "101%"),
        ("MAX_DAILY_LOSS_PCT", "0%"),
        ("MAX_DAILY_LOSS_PCT", "-0.05"),
        ("MAX_DAILY_LOSS_PCT", "nan"),
        ("PRICE_COLLAR_PCT", "-inf"),
        ("PRICE_COLLAR_PCT", "five"),
        ("PRICE_COLLAR_PCT", "150%"),
        ("MAX_TRADES_PER_DAY", "0"),
        ("MAX_TRADES_PER_DAY", "-1"),
        ("MAX_TRADES_PER_DAY", "2.5"),
        ("MAX_TRADES_PER_DAY", "many"),
        ("MAX_TRADES_PER_DAY", "nan"),
        ("MAX_TRADES_PER_DAY", ""),
        ("MAX_ORDER_VALUE", "nan"),
        ("MAX_ORDER_VALUE", "0"),
        ("MAX_ORDER_VALUE", "-25000"),
        ("MAX_ORDER_VALUE", "25,000"),
        ("MAX_ORDER_QTY", "inf"),
        ("MAX_ORDER_QTY", ""),
        ("CLOCK_OFFSET_S", "inf"),
        ("CLOCK_OFFSET_S", "nan"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(name: str, value: str) -> None:
    assert refusal(**{name: value}).startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"ALPACA_API_KEY": "k"}, "ALPACA_SECRET_KEY"),
        ({"ALPACA_SECRET_KEY": "s"}, "ALPACA_API_KEY"),
        ({"ALPACA_PAPER": "false"}, "ALLOW_LIVE_TRADING"),
        ({"ALLOW_LIVE_TRADING": "true"}, "ALLOW_LIVE_TRADING"),
    ],
)
def test_values_that_contradict_each_other_are_refused(environment: dict[str, str], named: str) -> None:
    assert refusal(**environment).startswith(f"{named}: ")


@pytest.mark.parametrize(
    ("text", "fraction"),
    [("0.10", "0.1"), ("10%", "0.1"), (" 2.5 % ", "0.025"), ("1", "1"), ("100%", "1"), ("250%", "2.5")],
)
def test_a_part_is_a_fraction_or_has_a_percent_sign(text: str, fraction: str) -> None:
    assert loaded(MAX_POSITION_PCT=text).risk_limits.max_position_pct == Decimal(fraction)


@pytest.mark.parametrize(
    ("environment", "trades", "value", "position"),
    [({}, 10_000, 100_000, "1"), (KEYS, 20, 25_000, "0.1"), ({**KEYS, "MAX_TRADES_PER_DAY": "3"}, 3, 25_000, "0.1")],
)
def test_practice_has_wider_limits(environment: dict[str, str], trades: int, value: int, position: str) -> None:
    limits = loaded(**environment).risk_limits
    assert (limits.max_trades_per_day, limits.max_order_value) == (trades, value)
    assert (limits.max_position_pct, limits.max_daily_loss_pct) == (Decimal(position), Decimal("0.05"))
    assert not limits.allow_extended_hours


HOSTS = {"paper": "https://paper-api.alpaca.markets", "live": "https://api.alpaca.markets"}


@pytest.mark.parametrize("paper", ["true", "false"])
@pytest.mark.parametrize("allow_live", ["true", "false"])
@pytest.mark.parametrize("key", ["PK", "AK"])
@pytest.mark.parametrize("host", ["paper", "live"])
def test_real_money_only_if_every_sign_says_so(paper: str, allow_live: str, key: str, host: str) -> None:
    """All sixteen combinations of both flags, key and host: one is live, one is paper, the rest do not start."""
    signs = {
        "ALPACA_PAPER": paper,
        "ALLOW_LIVE_TRADING": allow_live,
        "ALPACA_API_KEY": f"{key}0",
        "ALPACA_SECRET_KEY": "s",
    }
    try:
        mode = loaded(**signs, ALPACA_TRADING_URL=HOSTS[host]).mode
    except SettingsError as error:
        mode = str(error).partition(":")[0]
    expected = {("false", "true", "AK", "live"): "live", ("true", "false", "PK", "paper"): "paper"}
    refused = {"ALLOW_LIVE_TRADING", "ALPACA_TRADING_URL", "ALPACA_API_KEY"}
    assert mode == expected.get((paper, allow_live, key, host)) or (
        mode in refused and (paper, allow_live, key, host) not in expected
    )


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"ALPACA_API_KEY": "CKTESTKEY", "ALPACA_SECRET_KEY": "s"}, "ALPACA_API_KEY"),
        ({"ALPACA_DATA_URL": "https://data.alpaca.markets"}, "ALPACA_API_KEY"),
        ({"ALPACA_TRADING_URL": "http://api.alpaca.markets"}, "ALPACA_TRADING_URL"),
        ({"ALPACA_TRADING_URL": "https://API.ALPACA.MARKETS:443"}, "ALPACA_API_KEY"),
    ],
)
def test_live_flags_are_not_enough(environment: dict[str, str], named: str) -> None:
    """A key of another kind, none at all, or a connection in the clear."""
    assert refusal(ALPACA_PAPER="false", ALLOW_LIVE_TRADING="true", **environment).startswith(f"{named}: ")


def test_all_that_is_wrong_is_told_at_once() -> None:
    said = refusal(DASHBOARD_PORT="x", STREAM_FEED="y", FLUSH_MS="0")
    assert all(name in said for name in ("DASHBOARD_PORT", "STREAM_FEED", "FLUSH_MS"))


@pytest.mark.parametrize(
    ("text", "flag"), [("1", True), ("true", True), ("YES", True), ("0", False), ("False", False), ("no", False)]
)
def test_a_flag_is_one_of_six_words(text: str, flag: bool) -> None:
    if flag:
        assert loaded(ALPACA_PAPER=text).alpaca_paper
    else:
        assert loaded(ALPACA_PAPER=text, ALLOW_LIVE_TRADING="true").alpaca_paper is False


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("aapl", ("AAPL",)),
        (" msft , AAPL ,msft,", ("MSFT", "AAPL")),
        ("BRK.B,BTC/USD", ("BRK.B", "BTC/USD")),
    ],
)
def test_symbols_are_a_list_in_capitals_without_repeats(text: str, symbols: tuple[str, ...]) -> None:
    assert loaded(SYMBOLS=text).symbols == symbols
    assert loaded(SYMBOLS=text).symbols_are_chosen


LIVE = {"ALPACA_API_KEY": "AKTESTKEY", "ALPACA_SECRET_KEY": "s", "ALPACA_PAPER": "false", "ALLOW_LIVE_TRADING": "true"}


@pytest.mark.parametrize(
    ("environment", "mode", "practice", "trading_url"),
    [
        ({}, "sim", True, "http://127.0.0.1:8060"),
        ({"SIMULATOR_PORT": "9000"}, "sim", True, "http://127.0.0.1:9000"),
        (KEYS, "paper", False, "https://paper-api.alpaca.markets"),
        (LIVE, "live", False, "https://api.alpaca.markets"),
        ({**KEYS, "ALPACA_TRADING_URL": "http://127.0.0.1:9/"}, "sim", False, "http://127.0.0.1:9"),
        ({**LIVE, "ALPACA_TRADING_URL": "http://localhost:9"}, "sim", False, "http://localhost:9"),
        (
            {"ALPACA_TRADING_URL": "https://paper-api.alpaca.markets"},
            "paper",
            False,
            "https://paper-api.alpaca.markets",
        ),
        ({**KEYS, "ALPACA_TRADING_URL": "https://PAPER-API.alpaca.markets"}, "paper", False, None),
        ({**KEYS, "ALPACA_TRADING_URL": "https://paper-api.alpaca.markets.evil.com"}, "sim", False, None),
        ({**KEYS, "ALPACA_TRADING_URL": "https://notapi.alpaca.markets"}, "sim", False, None),
        ({"ALPACA_DATA_URL": "http://127.0.0.1:9"}, "paper", False, "https://paper-api.alpaca.markets"),
    ],
)
def test_the_mode_follows_from_the_trading_host(
    environment: dict[str, str], mode: str, practice: bool, trading_url: str | None
) -> None:
    settings = loaded(**environment)
    assert (settings.mode, settings.practice) == (mode, practice)
    assert trading_url is None or settings.trading_url == trading_url


def test_with_keys_the_data_comes_from_alpaca_and_each_url_can_be_replaced() -> None:
    settings = loaded(**KEYS, STREAM_FEED="sip")
    assert settings.data_url == "https://data.alpaca.markets"
    assert settings.data_stream_url == "wss://stream.data.alpaca.markets/v2/sip"
    assert settings.credentials == ("PKTESTKEY", "verysecret")
    replaced = loaded(**KEYS, ALPACA_DATA_URL="http://d", ALPACA_DATA_STREAM_URL="ws://s/")
    assert (replaced.data_url, replaced.data_stream_url) == ("http://d", "ws://s/v2/iex")


@pytest.mark.parametrize("feed", ["iex", "sip", "delayed_sip", "test"])
def test_stocks_are_streamed_by_the_feed_that_is_set(feed: str) -> None:
    assert loaded(STREAM_FEED=feed).data_stream_url == f"ws://127.0.0.1:8060/v2/{feed}"


@pytest.mark.parametrize("feed", ["indicative", "opra"])
def test_options_are_streamed_by_the_feed_that_is_set(feed: str) -> None:
    assert loaded(OPTIONS_FEED=feed).stream_url(Feed.OPTIONS) == f"ws://127.0.0.1:8060/v1beta1/{feed}"


def test_every_feed_has_its_path_below_the_one_base() -> None:
    own = loaded(**KEYS, ALPACA_DATA_STREAM_URL="wss://proxy:7/")
    assert {feed: own.stream_url(feed) for feed in Feed} == {
        Feed.STOCKS: "wss://proxy:7/v2/iex",
        Feed.CRYPTO: "wss://proxy:7/v1beta3/crypto/us",
        Feed.OPTIONS: "wss://proxy:7/v1beta1/indicative",
        Feed.NEWS: "wss://proxy:7/v1beta1/news",
    }
    assert loaded(**KEYS).stream_url(Feed.NEWS) == "wss://stream.data.alpaca.markets/v1beta1/news"


def test_news_can_be_switched_off() -> None:
    assert not loaded(STREAM_NEWS="false").stream_news


def test_symbols_may_be_of_any_feed() -> None:
    names = ("AAPL", "BRK.B", "BTC/USD", "AAPL261218C00200000", "GOOGLL261218C00200000")
    assert loaded(SYMBOLS=",".join(names)).symbols == names


def test_the_cache_lies_in_the_data_folder_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    assert loaded(DATA_DIR=str(tmp_path)).market_cache_url == f"diskcache:{tmp_path}/cache"
    assert loaded(DATA_DIR=str(tmp_path), CACHE_URL="diskcache:/x").market_cache_url == "diskcache:/x"


def test_the_env_file_is_read(env_file: Path) -> None:
    env_file.write_text('# a comment\nSYMBOLS=tsla\nDASHBOARD_PORT="9001"\nexport LOG_LEVEL=DEBUG\n\n')
    settings = load_settings(env_file, {})
    assert (settings.symbols, settings.dashboard_port, settings.log_level) == (("TSLA",), 9001, "DEBUG")
    assert settings.symbols_are_chosen


def test_the_environment_beats_the_env_file(env_file: Path) -> None:
    env_file.write_text("SYMBOLS=TSLA\nDASHBOARD_PORT=9001\n")
    settings = load_settings(env_file, {"SYMBOLS": "SPY"})
    assert (settings.symbols, settings.dashboard_port) == (("SPY",), 9001)


def test_a_wrong_value_in_the_env_file_does_no_harm_when_the_environment_has_a_right_one(env_file: Path) -> None:
    env_file.write_text("DASHBOARD_PORT=x\n")
    assert load_settings(env_file, {"DASHBOARD_PORT": "9002"}).dashboard_port == 9002


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("SYMBOL", "SYMBOLS"),
        ("ALPACA_KEY", "ALPACA_API_KEY"),
        ("DASHBORD_PORT", "DASHBOARD_PORT"),
        ("REFRESH_MSEC", "REFRESH_MS"),
        ("symbols", None),
        ("WHATEVER", None),
    ],
)
def test_an_unknown_name_in_the_env_file_is_refused_with_a_hint(env_file: Path, name: str, hint: str | None) -> None:
    env_file.write_text(f"{name}=1\n")
    with pytest.raises(SettingsError, match=f"^{name}: is not a setting") as caught:
        load_settings(env_file, {})
    assert (f"did you mean {hint}?" if hint else "docs/settings.md") in str(caught.value)


def test_unknown_names_in_the_environment_are_not_ours() -> None:
    assert loaded(PATH="/bin", ALPACA_UNKNOWN="1", APCA_API_KEY_ID="x") == loaded()


def test_an_env_file_that_is_not_text_is_refused_by_its_path(env_file: Path) -> None:
    env_file.write_bytes(b"SYMBOLS=\xff\xfe")
    with pytest.raises(SettingsError, match=r"\.env: cannot be read"):
        load_settings(env_file, {})


def test_no_env_file_and_an_empty_one_are_the_defaults(env_file: Path) -> None:
    without = load_settings(env_file, {})
    env_file.write_text("")
    assert load_settings(env_file, {}) == without == loaded()


def test_secrets_are_in_no_text_of_the_settings() -> None:
    settings = loaded(**KEYS)
    for text in repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json():
        assert "PKTESTKEY" not in text and "verysecret" not in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"DASHBOARD_PORT": "verysecret"},
        {"STREAM_FEED": "verysecret"},
        {"ALPACA_PAPER": "verysecret"},
        {"ALPACA_TRADING_URL": "verysecret"},
        {"ALPACA_SECRET_KEY": ""},
        {"ALPACA_API_KEY": ""},
        {"ALLOW_LIVE_TRADING": "true"},
    ],
    ids=str,
)
def test_secrets_are_in_no_error(wrong: dict[str, str]) -> None:
    said = refusal(**{**KEYS, **wrong})
    assert "PKTESTKEY" not in said and "verysecret" not in said


def test_an_error_does_not_drag_the_values_along_as_its_cause() -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(**KEYS, DASHBOARD_PORT="x")
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_settings_cannot_be_changed() -> None:
    settings = loaded()
    with pytest.raises(ValueError, match="frozen"):
        settings.dashboard_port = 1


@pytest.mark.parametrize(
    "url", ["redis://host", "redis://host:6379/0", "rediss://user:word@host:6380/2", "unix:///run/redis.sock?db=1"]
)
def test_the_cache_may_be_a_redis_server(url: str) -> None:
    assert loaded(CACHE_URL=url).market_cache_url == url


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///x.db",
        "sqlite:////a/b.db",
        "postgresql+psycopg://u:p@h/d",
        "postgresql+psycopg://u@h:5433/d?sslmode=require",
    ],
)
def test_a_journal_may_be_a_file_or_a_database(url: str) -> None:
    assert loaded(JOURNAL_URL=url).journal == url
    forced = loaded(JOURNAL_URL=url, JOURNAL_FORCE_NETWORK_FS="true").journal
    assert forced == (f"{url}?force_network_fs=true" if "sqlite" in url else url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "sqlite://",
            "sqlite:///",
            "sqlite:///:memory:",
            "sqlite:x.db",
            "x.db",
            "postgres://u@h/d",
            "postgresql://u@h/d",
        ),
        *("postgresql+psycopg://", "postgresql+psycopg:///d", "postgresql+psycopg://h", "postgresql+psycopg://h:0/d"),
        *("postgresql+psycopg://u@h:x/d", "postgresql+psycopg2://u@h/d", "mysql://u@h/d", " sqlite:///x.db"),
    ],
)
def test_a_journal_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="JOURNAL_URL: write sqlite:///FILE or postgresql"):
        loaded(JOURNAL_URL=url)


def test_the_secrets_are_all_that_must_not_be_shown() -> None:
    assert loaded().secrets == ()
    urls = {"JOURNAL_URL": "postgresql+psycopg://u:p%40ss@h/d", "CACHE_URL": "redis://:red@h/0"}
    given = loaded(ALPACA_API_KEY="PKKEY", ALPACA_SECRET_KEY="hush", SECRET_KEY="sign", **urls)
    assert set(given.secrets) == {"PKKEY", "hush", "sign", "p@ss", "red"}
