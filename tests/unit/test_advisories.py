"""The audit of packages: what is accepted has a reason, what is not fails, and no service is told as skipped."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer
from typing import Any

import pytest

from tests.advisories import ACCEPTED, Accepted, judged, main, read_accepted, tells_advisories

ROOT = Path(__file__).resolve().parents[2]
KNOWN = [Accepted("CVE-1", "diskcache", "because")]


def report(*packages: tuple[str, str, list[dict[str, Any]]]) -> dict[str, Any]:
    """What pip-audit prints."""
    return {"dependencies": [{"name": name, "version": version, "vulns": vulns} for name, version, vulns in packages]}


def test_what_is_not_accepted_is_told_with_what_mends_it() -> None:
    found = report(
        ("flask", "1.0", [{"id": "PYSEC-9", "aliases": ["CVE-9"], "fix_versions": ["1.1"]}]), ("dash", "4", [])
    )
    assert judged(found, []) == (["flask 1.0: PYSEC-9, mended in 1.1"], [])


@pytest.mark.parametrize("advisory", [{"id": "CVE-1"}, {"id": "GHSA-1", "aliases": ["CVE-1"]}])
def test_what_is_accepted_is_by_any_of_its_names_and_for_its_package_alone(advisory: dict[str, Any]) -> None:
    assert judged(report(("diskcache", "5", [advisory])), KNOWN) == ([], [])
    faults, stale = judged(report(("flask", "1", [advisory])), KNOWN)
    assert len(faults) == 1 and len(stale) == 1


def test_an_acceptance_that_nobody_needs_any_more_is_named() -> None:
    faults, stale = judged(report(("diskcache", "6", [])), KNOWN)
    assert faults == [] and "CVE-1: diskcache" in stale[0]


def test_every_accepted_advisory_has_its_reason_and_is_of_a_package_of_ours(tmp_path: Path) -> None:
    accepted = read_accepted(ROOT / ACCEPTED)
    pinned = (ROOT / "requirements.txt").read_text()
    assert accepted and all(f"\n{each.package}==" in pinned and len(each.reason) > 40 for each in accepted)
    (tmp_path / "none.toml").write_text('[[accepted]]\nid = "CVE-1"\npackage = "x"\nreason = " "\n')
    with pytest.raises(ValueError, match="CVE-1 has no reason"):
        read_accepted(tmp_path / "none.toml")


@contextmanager
def service(status: int, body: bytes) -> Iterator[str]:
    """A server that answers everything with this; its URL."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: Any) -> None:
            pass

    server = TCPServer(("127.0.0.1", 0), Answer)  # an HTTPServer would ask for the name of this machine
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def test_a_mirror_without_advisories_is_no_service() -> None:
    for status, body, tells in (
        (200, json.dumps({"vulnerabilities": []}).encode(), True),
        (200, b"{}", False),
        (200, b"<html>", False),
        (404, b"", False),
    ):
        with service(status, body) as url:
            assert tells_advisories(url) is tells


def test_without_the_service_it_is_skipped_by_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main("http://127.0.0.1:9/") == 0
    assert "pip-audit: SKIPPED" in capsys.readouterr().out
