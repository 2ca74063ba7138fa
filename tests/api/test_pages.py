"""The pages for people, and how a browser is kept from doing more with them than it is meant to."""

import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from clearway_contracts.generate import ASYNCAPI
from clearway_platform.auth.principals import Role
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.server import Unavailable

from .served import Served

ROOT = Path(__file__).parents[2]
# As Chromium and Firefox ask for a page.
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}
PAGES = ["/about", "/docs", "/problems", "/problems/stale_revision"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_no_script_but_ours(path: str, anyone: httpx.Client) -> None:
    page = anyone.get(path, headers=BROWSER)
    assert page.status_code == 200
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|<style|\sstyle=", page.text)


def test_a_page_says_what_works_and_where_to_go(anyone: httpx.Client) -> None:
    text = anyone.get("/about").text
    assert "Does it work?" in text
    assert all(part in text for part in ("database incidents", "database keys", "workers", "broker"))
    assert "clearway keys create" in text
    assert all(role.value in text for role in Role)
    for link in set(re.findall(r'(?:href|src)="([^"]+)"', text)) - {"/"}:  # a service's page, which may not be built
        assert anyone.get(link).status_code == 200, link


def test_a_browser_that_meets_a_problem_sees_a_page(anyone: httpx.Client) -> None:
    for path, status in (("/v1/incidents", 401), ("/docs/nothing<b>", 404), ("/v1/incidents?x=<script>", 401)):
        page = anyone.get(path, headers=BROWSER)
        assert page.status_code == status
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["x-request-id"] in page.text
        assert "content-security-policy" in page.headers
        assert int(page.headers["content-length"]) == len(page.content)
        assert "<script" not in page.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/problem+json, text/html;q=0.5", ""])
def test_a_program_gets_the_problem_document(accept: str, anyone: httpx.Client) -> None:
    answer = anyone.get("/v1/incidents", headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "no_key"


def test_the_documentation_forgets_the_key(anyone: httpx.Client) -> None:
    assert "persistAuthorization: false" in anyone.get("/docs/docs.js").text


def test_the_events_are_described(anyone: httpx.Client) -> None:
    answer = anyone.get("/asyncapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.text.strip()
    assert answer.json() == httpx.Response(200, content=(ROOT / ASYNCAPI).read_bytes()).json()


@pytest.mark.timeout(120)
def test_the_documentation_is_drawn_under_its_policy(platform: Served, tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    with skipped_when_unavailable():
        if chromium is None:
            raise Unavailable("chromium is not installed")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    flags += ["--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path}", "--enable-logging=stderr"]
    # Of so many operations the page draws those that are in sight: the address leads to one.
    address = f"{platform.url}/docs#/Reporting%20incidents/incidents.report"
    command = [str(chromium), *flags, "--virtual-time-budget=20000", "--dump-dom", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    assert "incidents.report" in done.stdout or "Report an incident" in done.stdout
    assert "Content Security Policy" not in done.stderr
