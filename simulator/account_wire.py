"""The wire of the trading API: an account as a JSON object. Source: "Trading API" (Account)."""

from __future__ import annotations

from decimal import Decimal

from domain.session import trading_day
from simulator.amount import amount
from simulator.margin import Margin
from simulator.trader import Trader
from simulator.wire_fields import Fields
from simulator.wire_time import rfc3339

NOTHING = (
    "accrued_fees",
    "pending_transfer_in",
    "pending_transfer_out",
    "pending_reg_taf_fees",
    "intraday_adjustments",
)
NEVER = ("trading_blocked", "transfers_blocked", "account_blocked")


def account_fields(trader: Trader, margin: Margin, now: int) -> Fields:
    """The whole account object. Without the day trading fields, which Alpaca took away on 2026-07-06."""
    row, buying_power = trader.row, margin.buying_power()
    money: dict[str, Decimal] = {
        "cash": margin.cash,
        "portfolio_value": margin.equity,
        "equity": margin.equity,
        "last_equity": row.last_equity,
        "buying_power": buying_power,
        "regt_buying_power": buying_power,
        "effective_buying_power": buying_power,
        "non_marginable_buying_power": buying_power / margin.multiplier,
        "options_buying_power": Decimal(0),
        "long_market_value": margin.long_value,
        "short_market_value": margin.short_value,
        "position_market_value": margin.gross_value,
        "initial_margin": margin.initial,
        "maintenance_margin": margin.maintenance,
        "last_maintenance_margin": margin.maintenance,
        "sma": margin.equity - margin.initial,
    }
    return {
        "id": str(row.account_id),
        "account_number": f"PA{row.account_id.hex[:9].upper()}",
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "crypto_tier": 0,
        "currency": "USD",
        **{name: amount(value, 6) for name, value in money.items()},
        "multiplier": str(margin.multiplier),
        "options_approved_level": 0,
        "options_trading_level": 0,
        "shorting_enabled": trader.may_short,
        **dict.fromkeys(NOTHING, "0"),
        **dict.fromkeys(NEVER, False),
        "trade_suspended_by_user": row.configurations.suspend_trade,
        "created_at": rfc3339(row.created_at),
        "balance_asof": trading_day(now).isoformat(),
        "admin_configurations": {},
        "user_configurations": None,
    }
