"""The lease on Redis: one writer among all hosts, and a writer that was replaced writes nothing more."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import LeaseHeldError
from market_cache import redis_lease
from market_cache.fault import CacheFault, Trouble
from market_cache.lease import take_lease
from market_cache.reader import MarketReader
from market_cache.redis_keys import LEASE, OWNER
from market_cache.redis_lease import RedisLease
from tests.desk import free_ports, wait_until
from tests.redis_server import RedisServer
from tests.unit.market_cache.market import TinyMarket, seen

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_lease, "WAIT_S", 0.2)
    monkeypatch.setattr(redis_lease, "RENEW_S", 0.1)


@pytest.fixture
def url(redis_server: RedisServer) -> str:
    redis_server.client(1).flushdb()
    return redis_server.url(1)


@pytest.fixture
def lease(url: str) -> Iterator[RedisLease]:
    lease = RedisLease(url)
    yield lease
    lease.release()


def test_a_second_worker_is_told_who_holds_the_lease(url: str, lease: RedisLease) -> None:
    with pytest.raises(LeaseHeldError, match=rf"process {os.getpid()} on .+ writes redis://127"):
        RedisLease(url)


def test_a_lease_that_was_given_back_is_free_at_once(url: str) -> None:
    first = RedisLease(url)
    first.release()
    second = RedisLease(url)
    assert second.token != first.token
    second.release()


def test_a_lease_is_renewed_and_ends_by_itself_when_it_is_not(redis_server: RedisServer, lease: RedisLease) -> None:
    client = redis_server.client(1)
    client.pexpire(LEASE, 300)
    wait_until(lambda: client.pttl(LEASE) > 2_000, 2, "the lease is renewed")
    assert client.pttl(LEASE) <= redis_lease.LIVES_MS


def test_a_writer_that_was_replaced_writes_nothing_more_and_names_the_other(
    redis_server: RedisServer, url: str, lease: RedisLease
) -> None:
    market = TinyMarket(url, owner=lease.token)
    market.begin()
    market.trade(1.0)
    redis_server.client(1).delete(LEASE)  # it ran out
    other = RedisLease(url)
    with pytest.raises(LeaseHeldError, match=rf"process {os.getpid()} on .+ has taken over"):
        market.trade(66.0)
    with pytest.raises(LeaseHeldError):
        market.writer.inspect()
    reader = MarketReader(url, ring_slots=TinyMarket.RING)
    reader.catch_up()
    assert seen(reader) == [1.0]
    other.release()


def test_a_worker_that_slept_goes_on_if_nobody_came_meanwhile(
    redis_server: RedisServer, url: str, lease: RedisLease
) -> None:
    market = TinyMarket(url, owner=lease.token)
    market.begin()
    redis_server.client(1).delete(LEASE)
    market.trade(1.0)
    wait_until(lambda: redis_server.client(1).exists(LEASE), 2, "the lease is taken again")


def test_a_server_that_lost_everything_gets_its_lease_again(
    redis_server: RedisServer, url: str, lease: RedisLease
) -> None:
    market = TinyMarket(url, owner=lease.token)
    market.begin()
    redis_server.client(1).flushdb()
    with pytest.raises(CacheFault) as fault:
        market.trade(1.0)
    assert fault.value.trouble is Trouble.GONE
    wait_until(lambda: redis_server.client(1).get(OWNER) == lease.token.encode(), 2, "the fence stands again")
    again = TinyMarket(url, owner=lease.token)
    again.begin()
    again.trade(2.0)


def test_the_lease_of_a_worker_of_this_host_that_was_killed_is_not_waited_for(url: str) -> None:
    code = "import sys, os; sys.path.insert(0, sys.argv[1])\nfrom market_cache.redis_lease import RedisLease\n"
    code += "RedisLease(sys.argv[2]); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, str(ROOT), url], check=False)
    began = time.monotonic()
    RedisLease(url).release()
    assert time.monotonic() - began < 1.0


def test_keys_of_a_living_cache_are_renewed_and_all_keys_end_some_day(
    redis_server: RedisServer, url: str, lease: RedisLease
) -> None:
    market = TinyMarket(url, owner=lease.token)
    market.begin()
    client = redis_server.client(1)
    assert all(client.ttl(name) > 0 for name in client.scan_iter())
    client.expire("tickdesk:head", 100)
    wait_until(lambda: client.ttl("tickdesk:head") > 80_000, 3, "the head is renewed")


def test_everything_lies_in_a_namespace_of_its_own(redis_server: RedisServer, url: str, lease: RedisLease) -> None:
    client = redis_server.client(1)
    client.set("somebody", "else")
    market = TinyMarket(url, owner=lease.token)
    market.begin()
    market.writer.store.clear()
    assert client.get("somebody") == b"else"
    assert {name for name in client.scan_iter() if not name.startswith(b"tickdesk:")} == {b"somebody"}


def test_a_worker_holds_the_lease_of_its_folder_too(tmp_path: Path, url: str) -> None:
    lease = take_lease(url, tmp_path)
    with pytest.raises(LeaseHeldError, match=f"process {os.getpid()}"):
        take_lease(f"diskcache:{tmp_path}", tmp_path)
    lease.release()
    take_lease(f"diskcache:{tmp_path}", tmp_path).release()


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with pytest.raises(CacheFault, match=f"CACHE_URL is redis://127.0.0.1:{port}") as error:
        take_lease(f"redis://user:secret-word@127.0.0.1:{port}/0", tmp_path)
    assert "secret-word" not in str(error.value)
    take_lease(f"diskcache:{tmp_path}", tmp_path).release()
