"""The programme: what the practice market sends besides the shares: coins, options, news, and the test stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.depth_board import DepthBoard
from simulator.feeds import Feeds
from simulator.generated import GeneratedMarket
from simulator.hub import Hub
from simulator.market import Market
from simulator.message import Message
from simulator.option_desk import OptionDesk
from simulator.press import Press
from simulator.silences import Silences

DEPTH_NS = 100_000_000  # a book is told ten times a second at most


class Programme:
    """`crypto` is None beside a tape, which has its own dates. What nobody listens to is not computed, if it can be later."""

    def __init__(
        self,
        feeds: Feeds,
        now: Callable[[], int],
        crypto: Market | None,
        fake: Market,
        options: OptionDesk,
        press: Press,
        on_coins: Callable[[Sequence[Message]], None] = lambda messages: None,
        others: Sequence[Callable[[int], None]] = (),
        *,
        coins_follow: bool = False,
    ) -> None:
        """`on_coins` is called with all that the market of coins publishes, before it plays on; `others` with the market
        time of every turn. Coins that `follow` are played by whoever plays the shares, and only published here.
        """
        self.crypto, self.press, self.options = crypto, press, options
        self.silences = Silences()
        self._feeds, self._now, self._fake, self._on_coins = feeds, now, fake, on_coins
        self._others = others
        self._fake_plays = self._rests = False
        self._coins_follow = coins_follow
        self._next_depth = 0
        pits = crypto.source.pits if crypto and isinstance(crypto.source, GeneratedMarket) else {}
        self._depth = DepthBoard(pits, feeds.crypto, self.silences)

    def publish(self, messages: Sequence[Message]) -> None:
        """What the market of shares has brought, and what follows from it for options."""
        heard = self.silences.heard(messages, self._now())
        self._feeds.stocks.publish(heard)
        options = self._feeds.options
        if options.listeners():
            wanted = self.options.quotes(messages, options.wanted("quotes"))
            options.publish([*wanted, *self.options.trades(messages)])

    def publish_coins(self, messages: Sequence[Message]) -> None:
        """What the market of coins has brought, if it follows the shares."""
        self._feeds.crypto.publish(self.silences.heard(messages, self._now()))

    def turn(self) -> None:
        """Everything else, up to now; every second call does it, because no share waits for it."""
        self._rests = not self._rests
        if self._rests:
            return
        now = self._now()
        if self.crypto is not None:
            if not self._coins_follow:
                self._play(self.crypto, self._feeds.crypto, self._on_coins)
            if now >= self._next_depth or now < self._next_depth - DEPTH_NS:
                self._next_depth = now + DEPTH_NS
                self._depth.publish(now)
        self._feeds.news.publish(self.press.turn(now))
        for other in self._others:
            other(now)
        self._play_fake()

    def begin_again(self) -> None:
        """The clock was put elsewhere: what was played is forgotten. The test stream begins anew with its next listener."""
        self._next_depth = 0
        self._fake_plays = False
        if self.crypto is not None:
            self.crypto.begin_again()

    def _play(
        self, market: Market, hub: Hub, first: Callable[[Sequence[Message]], None] = lambda messages: None
    ) -> None:
        if market.has_lost_track():
            hub.close_all()
            market.begin_again()
        for messages in market.play(market.now()):
            first(messages)
            hub.publish(self.silences.heard(messages, market.now()))

    def _play_fake(self) -> None:
        """The test stream begins anew with the first listener."""
        plays = bool(self._feeds.test.listeners())
        if plays and not self._fake_plays:
            self._fake.begin_again()
        self._fake_plays = plays
        if plays:
            self._play(self._fake, self._feeds.test)
