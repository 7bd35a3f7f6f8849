"""Chromium against the built page: the fake server by default, a real one with XIAOZHENG_URL."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from fake_server import DIST, FakeServer

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
REAL_URL = os.environ.get("XIAOZHENG_URL", "").rstrip("/")
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 375, "height": 740}
SMALL_PHONE = {"width": 320, "height": 640}


@pytest.fixture(scope="session")
def server():
    if not (DIST / "index.html").is_file():
        pytest.exit("web/dist is missing: run `npm ci && npm run build` in web/", returncode=2)
    import threading

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


class Citizen:
    """A page and the few things that people do with it."""

    def __init__(self, page, url):
        self.page = page
        self.url = url
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self.on_console)

    def on_console(self, message):
        # the browser reports every 4xx and broken line by itself: those are played on purpose
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def open(self, path="/"):
        self.page.goto(self.url + path)
        self.page.wait_for_selector("main")
        return self

    @property
    def box(self):
        return self.page.get_by_role("textbox", name="您的问题")

    @property
    def last(self):
        return self.page.locator(".turn").last

    def type(self, question):
        self.box.fill(question)
        self.box.press("Enter")

    def ask(self, question):
        """Asks and waits for the whole answer."""
        count = self.page.locator(".turn").count()
        self.type(question)
        self.page.locator(".turn").nth(count).locator(".ai-label").first.wait_for()
        return self.last

    def said(self):
        """What a screen reader was told last."""
        return self.page.locator("p[role=status][aria-live=polite]").last.inner_text()


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
