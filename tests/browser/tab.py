"""A tab of the browser that looks at the desk."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import ConsoleMessage, Page


class Tab:
    """A browser's tab on the desk, and what it said and asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.urls: list[str] = []
        self.answers: list[int] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.urls.append(request.url))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def open(self, url: str) -> Tab:
        self.page.goto(url)
        self.wait("window.tickdesk && tickdesk.chart.state.plot && tickdesk.chart.drawMs > 0 && tickdesk.gate", 10)
        # Drawn, not only held: a relayout between the two would find Plotly without the bars.
        self.wait("tickdesk.chart.state.drawn >= 50", 10)
        return self

    def reset(self) -> None:
        """The first symbol, one minute, following; nothing said and nothing asked for yet."""
        self.page.mouse.move(1, 1)
        self.get("tickdesk.view.choose({ symbol: tickdesk.watchlist.symbols()[0], interval: '1Min' })")
        self.wait("tickdesk.chart.state.shown.symbol === tickdesk.watchlist.symbols()[0]", 5)
        self.wait("tickdesk.chart.state.shown.interval === '1Min'", 5)
        self.get("tickdesk.chart.backToNow()")
        self.complaints.clear()

    def get(self, expression: str) -> Any:
        return self.page.evaluate(f"() => {expression}")

    def wait(self, expression: str, within_s: float) -> None:
        """Until the expression is true in the page (a function: the page's policy forbids evaluated text)."""
        self.page.wait_for_function(f"() => {expression}", timeout=within_s * 1000)

    def state(self) -> str:
        return str(self.page.locator("#connection-lamp").get_attribute("data-state"))

    def wait_state(self, state: str, within_s: float) -> None:
        self.wait(f"document.getElementById('connection-lamp').dataset.state === '{state}'", within_s)

    def ranges(self) -> list[list[float]]:
        axes = "tickdesk.chart.state.plot._fullLayout"
        found: list[list[float]] = self.get(
            f"[{axes}.xaxis.range, {axes}.yaxis.range].map((range) => range.map(Number))"
        )
        return found

    def asks(self) -> int:
        """How many asks of this page were answered and applied or are under way."""
        return int(self.get("tickdesk.page.gate.n"))
