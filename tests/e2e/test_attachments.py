"""A file of a case in a browser: added by its form, read back, and refused with the note kept."""

from __future__ import annotations

from asyncio import to_thread
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.looks import faults_of, sideways_scroll
from tests.e2e.one_case import open_case, site

__all__ = ["site"]

PHOTO = bytes(range(256)) * 512


@pytest.mark.parametrize("width", [1440, 390])
async def test_a_file_is_added_and_comes_back(page: Page, site: str, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await open_case(page, site)
    await page.get_by_label("Add a file").set_input_files(
        {"name": "ຮູບພາບ ทดสอบ.jpg", "mimeType": "image/jpeg", "buffer": PHOTO}
    )
    await page.get_by_label("What it shows").fill("The broken hinge.")
    await page.get_by_role("button", name="Add the file").click()
    await expect(page.get_by_role("status")).to_have_text("The file is kept.")
    await expect(page.locator(".timeline")).to_contain_text("Mali Chan added a file")
    await expect(page.locator("#files")).to_contain_text("128 kB, by Mali Chan")
    async with page.expect_download() as waiting:
        await page.locator("#files").get_by_role("link").click()
    download = await waiting.value
    assert download.suggested_filename == "ຮູບພາບ ทดสอบ.jpg"
    assert (await to_thread(Path(await download.path()).read_bytes)) == PHOTO
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0


async def test_a_page_handed_over_as_a_file_is_no_page_of_ours(page: Page, site: str) -> None:
    await open_case(page, site)
    script = b"<script>document.title = 'taken over'</script>"
    await page.get_by_label("Add a file").set_input_files(
        {"name": "<img src=x onerror=alert(1)>.html", "mimeType": "text/html", "buffer": script}
    )
    await page.get_by_role("button", name="Add the file").click()
    link = page.locator("#files").get_by_role("link")
    await expect(link).to_have_text("<img src=x onerror=alert(1)>.html")
    async with page.expect_download():
        await page.evaluate(
            "address => { location.href = address }", await link.get_attribute("href")
        )
    assert "taken over" not in await page.title()


async def test_an_empty_file_is_refused_and_the_note_is_kept(page: Page, site: str) -> None:
    await open_case(page, site)
    await page.get_by_label("Add a file").set_input_files(
        {"name": "empty.pdf", "mimeType": "application/pdf", "buffer": b""}
    )
    await page.get_by_label("What it shows").fill("Their invoice.")
    await page.get_by_role("button", name="Add the file").click()
    await expect(page.get_by_role("alert")).to_contain_text("empty.pdf is empty")
    await expect(page.get_by_label("What it shows")).to_have_value("Their invoice.")
    assert await faults_of(page) == []
