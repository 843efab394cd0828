"""A real browser, and apps served to it over a real socket."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.support.serving import served

_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

Serve = Callable[[FastAPI], str]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Give a headless Chromium; without one the test fails and says what to install."""
    found = next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)
    if found is None:
        pytest.fail("The browser tests need Chromium: apt-get install chromium", pytrace=False)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        yield running
        await running.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Give a window of a desk's size with cookies of its own."""
    window = await browser.new_context(viewport={"width": 1280, "height": 800})
    window.set_default_timeout(15_000)
    yield window
    await window.close()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    """Give an empty page."""
    return await context.new_page()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Give a function that serves an app until the test ends and returns its address."""
    with ExitStack() as running:
        yield lambda app: running.enter_context(served(app))
