"""What the browser tests share: where they run, the screens, and a citizen at the page."""

import os
from pathlib import Path

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


def axe(page):
    """Violations as short lines: rule, impact and the place."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await window.axe.run(document)).violations")
    return [f"{v['id']} ({v['impact']}): {v['nodes'][0]['html'][:160]}" for v in found]


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
