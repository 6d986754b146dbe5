"""A message: everything that leaves on a data stream."""

from __future__ import annotations

from domain.news import NewsItem
from simulator.bar import Bar
from simulator.notice import Notice
from simulator.quote import Quote
from simulator.trade import Trade

Message = Trade | Quote | Bar | Notice | NewsItem
