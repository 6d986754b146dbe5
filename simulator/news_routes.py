"""The REST route of news. Source: "Market Data API"."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.news import NewsItem
from simulator.accounts import Accounts
from simulator.answer import answer, for_account
from simulator.channels import NEWS
from simulator.data_query import BadQuery, parse_limit, parse_symbols, read_moment
from simulator.press import REACH_NS, Press
from simulator.wire_fields import Fields, news_fields
from simulator.wire_time import rfc3339

DEFAULT_LIMIT, LARGEST_LIMIT = 10, 50


@dataclass(frozen=True, slots=True)
class NewsQuery:
    """`start` and `end` are both included; no symbols = all news. `after` is the id of the last item that a page gave."""

    start: int
    end: int
    symbols: frozenset[str]
    limit: int
    newest_first: bool
    with_content: bool
    after: int | None


def parse_news_query(parameters: QueryParams, now: int) -> NewsQuery:
    """The newest of the last seven days if nothing else is said. Raises BadQuery."""
    sort = parameters.get("sort", "desc").lower()
    if sort not in ("asc", "desc"):
        raise BadQuery(f"Invalid format for parameter sort: {sort}")
    text = parameters.get("symbols")
    return NewsQuery(
        start=max(read_moment(parameters, "start", 0), now - REACH_NS),
        end=min(read_moment(parameters, "end", now), now),
        symbols=frozenset(parse_symbols(text, NEWS.symbol) if text else ()),
        limit=parse_limit(parameters.get("limit"), DEFAULT_LIMIT, LARGEST_LIMIT),
        newest_first=sort == "desc",
        with_content=parameters.get("include_content", "").lower() == "true",
        after=_id(parameters.get("page_token")),
    )


def news_routes(press: Press, now: Callable[[], int], accounts: Accounts) -> list[Route]:
    """The route, behind the key check."""

    async def read(request: Request) -> Response:
        query = parse_news_query(request.query_params, now())
        found = list(islice(_chosen(press, query), query.limit + 1))
        given = found[: query.limit]
        token = _token(given[-1]) if len(found) > query.limit else None
        return answer({"news": [_article(item, query) for item in given], "next_page_token": token})

    return [Route("/v1beta1/news", for_account(accounts, read), methods=["GET"])]


def _chosen(press: Press, query: NewsQuery) -> Iterator[NewsItem]:
    """What comes after the last page, newest or oldest first: ids grow with time."""
    for item in press.items(query.start, query.end, newest_first=query.newest_first):
        is_left = query.after is None or (item.id < query.after if query.newest_first else item.id > query.after)
        if is_left and (not query.symbols or not query.symbols.isdisjoint(item.symbols)):
            yield item


def _article(item: NewsItem, query: NewsQuery) -> Fields:
    fields = {**news_fields(item, rfc3339), "images": []}
    return fields if query.with_content else {**fields, "content": ""}


def _token(item: NewsItem) -> str:
    return base64.urlsafe_b64encode(str(item.id).encode()).decode()


def _id(token: str | None) -> int | None:
    try:
        return int(base64.urlsafe_b64decode(token.encode()).decode()) if token else None
    except (binascii.Error, UnicodeError, ValueError) as problem:
        raise BadQuery(f"Invalid format for parameter page_token: {token}") from problem
