"""Chromium against the built page: the fake server by default, a real one with XIAOZHENG_URL."""

import threading

import pytest
from playwright.sync_api import sync_playwright

from fake_server import DIST, FakeServer
from web_kit import CHROMIUM, DESKTOP, FLAGS, REAL_URL, Citizen


@pytest.fixture(scope="session")
def server():
    if not (DIST / "index.html").is_file():
        pytest.exit("web/dist is missing: run `npm ci && npm run build` in web/", returncode=2)
    fake = FakeServer()
    threading.Thread(target=fake.serve_forever, daemon=True).start()
    yield fake
    fake.shutdown()


@pytest.fixture
def fake(server):
    """The fake server with a clean script; its tests have no meaning on a real one."""
    if REAL_URL:
        pytest.skip("needs scripted answers")
    server.script.reset()
    yield server
    if server.script.gate:
        server.script.gate[1].set()


@pytest.fixture
def url(request):
    """The address under test: real or fake."""
    if REAL_URL:
        return REAL_URL
    return request.getfixturevalue("fake").url


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, url):
    """Makes citizens; afterwards none of their pages may have had an error."""
    contexts, citizens = [], []

    def make(viewport=None, **options):
        context = browser.new_context(
            viewport=viewport or DESKTOP, locale="zh-CN", reduced_motion="reduce", **options
        )
        context.set_default_timeout(8000)
        contexts.append(context)
        citizens.append(Citizen(context.new_page(), url))
        return citizens[-1]

    yield make
    errors = [error for citizen in citizens for error in citizen.errors]
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def citizen(visit):
    return visit()
