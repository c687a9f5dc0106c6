"""The main job in a real browser, as the demo's people do it, with no fault in console, CSP or accessibility."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pypdf
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from registry.demo.loader import DEMO_PASSWORD
from tests.server import Server

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
WIDTHS = (1280, 390)
OFFICER, COLLEAGUE = "karin.kommun@example.se", "lars.kommun@example.se"
ASSOCIATION, AUDITOR, ADMIN, FINN = "abf@example.se", "revisor@example.se", "admin@example.se", "suomi@example.se"
PAGES = {
    OFFICER: ("/", "/grants", "/grants/B-1", "/grants/new", "/payments", "/payments/U-1", "/payments/attest",
              "/payments/new", "/parties", "/parties/new", "/programmes", "/programmes/new", "/funders", "/statements",
              "/fees", "/fees/engagements/E-31", "/fees/new", "/fees/schedules/T-1", "/fees/schedules/new",
              "/fees/followup?year=2025", "/parties/P-20", "/allocations/F-1", "/allocations/F-3/decide",
              "/allocations/simulate?rule=Lidköping&programme=212000-2270:LK-STUD&year=2026&frame=700000",
              "/allocations/simulate?rule=FR-1&programme=212000-2270:LK-STUD&year=2026&beside=FR-3",
              "/allocations/rules/new", "/activity", "/activity/V-1", "/activity/new"),
    AUDITOR: ("/", "/summaries", "/summaries?by=recipient,funder&year=2024", "/summaries/events?year=2024",
              "/audit", "/audit/1", "/audit/verify", "/audit/sample"),
    ASSOCIATION: ("/", "/grants", "/payments", "/statements", "/statements/2024", "/allocations/F-1"),
    ADMIN: ("/", "/users", "/users/new", "/users/3/rights"),
    FINN: ("/", "/statements"),
}  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or CHROMIUM=/path/to/it"),
]


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        opened = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        await opened.close()


@dataclass
class Visit:
    """Somebody at their screen, and all that the browser complained of."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        """Open a page of ours that must answer well."""
        answer = await self.page.goto(path)
        assert answer is not None, path
        assert answer.status == 200, f"{path}: {answer.status}"

    async def text(self) -> str:
        """What the page says."""
        return await self.page.inner_text("body")


@asynccontextmanager
async def visiting(browser: Browser, demo: Server, email: str, *, width: int = 1280) -> AsyncIterator[Visit]:
    """Log in and hand over the page; whatever went wrong in the browser fails the test."""
    context = await browser.new_context(
        base_url=demo.url, viewport={"width": width, "height": 900}, locale="sv-SE", accept_downloads=True
    )
    page = await context.new_page()
    visit = Visit(page, context)
    page.on(
        "console",
        lambda message: (
            visit.complaints.append(f"{page.url}: {message.text}") if message.type in ("error", "warning") else None
        ),
    )
    page.on("pageerror", lambda error: visit.complaints.append(f"{page.url}: {error}"))
    page.on(
        "requestfailed",
        lambda request: (
            visit.complaints.append(f"{request.url}: {request.failure}")
            if "ABORTED" not in str(request.failure)
            else None
        ),
    )
    await page.goto("/login")
    await page.fill("input[name=email]", email)
    await page.fill("input[name=password]", DEMO_PASSWORD)
    await page.click("main button[type=submit], form[action='/login'] button[type=submit]")
    await page.wait_for_url(f"{demo.url}/")
    yield visit
    await context.close()
    assert visit.complaints == []


def amounts(text: str) -> Iterator[int]:
    """The amounts of a text in öre."""
    for whole, part in re.findall(r"(−?\d{1,3}(?:[\u00a0\u202f ]\d{3})*),(\d{2})", text):
        yield int(re.sub(r"\D", "", whole) + part) * (-1 if whole.startswith("−") else 1)


async def test_a_payment_from_the_officer_to_the_auditor(browser: Browser, demo: Server, tmp_path: Path) -> None:
    """An officer registers, a colleague attests, the association reads and prints, the auditor follows it down."""
    await asyncio.to_thread(decide_grant, demo, tmp_path)
    async with visiting(browser, demo, OFFICER) as officer:
        page = officer.page
        await officer.go("/grants?programme=212000-2270:BROWSER")
        grant = await page.locator("main a[href^='/grants/B-']").first.inner_text()
        await officer.go(f"/payments/new?grant={grant}")
        await page.fill("input[name=amount]", "12,34")
        await page.fill("input[name=voucher]", "BROWSER-1")
        await page.locator("form[action='/payments/new'] button[type=submit]").click()
        await page.wait_for_url(re.compile(r"/payments/U-\d+$"))
        number = page.url.rpartition("/")[2]
        assert 1234 in amounts(await officer.text())
        await officer.go("/payments/attest")
        assert await page.locator(f"form[action='/payments/{number}/attest']").count() == 0, "one's own payment"
    async with visiting(browser, demo, COLLEAGUE) as colleague:
        page = colleague.page
        await colleague.go(f"/payments/{number}")
        await page.locator(f"form[action='/payments/{number}/attest'] button[type=submit]").first.click()
        await page.wait_for_load_state()
        assert number in await colleague.text()
    async with visiting(browser, demo, ASSOCIATION) as association:
        page = association.page
        await association.go(f"/payments/{number}")
        assert 1234 in amounts(await association.text())
        year = await page.evaluate("new Date().getFullYear()")
        await association.go(f"/statements/{year}")
        link = page.locator(f"a[href*='/statements/{year}.pdf']").first
        async with page.expect_download() as waiting:
            await link.evaluate("link => { link.setAttribute('download', ''); link.click() }")
        file = tmp_path / "statement.pdf"
        await (await waiting.value).save_as(file)
        text = "".join(part.extract_text() for part in pypdf.PdfReader(file).pages)
        assert number in text
        assert 1234 in amounts(text)
    async with visiting(browser, demo, AUDITOR) as auditor:
        page = auditor.page
        await auditor.go(f"/payments?grant={grant}&voucher=BROWSER-1")
        await page.locator(f"a[href='/payments/{number}']").first.click()
        await page.wait_for_url(f"{demo.url}/payments/{number}")
        await page.locator("a[href^='/audit/']").first.click()
        await page.wait_for_url(re.compile(r"/audit/\d+$"))
        assert "payments:payment:" in await page.content()


PROGRAMME = """code;title;kind;funder;priority_area;year;frame
BROWSER;Prov;general;212000-2270;youth;2026;1000
"""
DECISION = """funder;programme;recipient;dnr;decided_on;decider;amount;period_from;period_to;purpose;instalments
212000-2270;BROWSER;809901-0103;BROWSER 1;2026-01-07;Nämnden;1000;2026-01-01;2026-12-31;Prov;
"""


def decide_grant(demo: Server, folder: Path) -> None:
    """A grant of the kommun to ABF that nothing is paid on; all of the demo's own are."""
    for kind, text in (("programmes", PROGRAMME), ("grants", DECISION)):
        (folder / kind).with_suffix(".csv").write_text(text, encoding="utf-8")
        done = demo.run(kind, "import", str(folder / f"{kind}.csv"))
        assert done.returncode == 0, done.stderr


async def test_the_auditor_follows_a_total_down_to_its_payments(browser: Browser, demo: Server) -> None:
    """The paid sum of a line of the summary is the sum of the payments behind its link."""
    async with visiting(browser, demo, AUDITOR) as auditor:
        page = auditor.page
        await auditor.go("/summaries?year=2023&by=funder,programme")
        link = page.locator("main table a[href^='/payments?']").first
        row = await link.evaluate("link => link.closest('tr').innerText")
        await link.click()
        await page.wait_for_url(re.compile(r"/payments\?"))
        below = set(amounts(await auditor.text()))
        assert set(amounts(row)) & below, "the line's figures don't come back below"
        await page.locator("main a[href^='/payments/U-']").first.click()
        await page.wait_for_url(re.compile(r"/payments/U-\d+$"))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("email", PAGES)
async def test_pages_are_open_to_everyone_who_reads(browser: Browser, demo: Server, email: str, width: int) -> None:
    """Axe finds nothing on the main pages of each role, on a desk and on a phone, and nothing runs off the side."""
    wrong = []
    async with visiting(browser, demo, email, width=width) as visit:
        for path in PAGES[email]:
            await visit.go(path)
            found = await Axe().run(visit.page)
            wrong += [
                f"{path} at {width}: {violation['id']}: {violation['nodes'][0]['html'][:200]}"
                for violation in found.response["violations"]
            ]
            if await visit.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wrong.append(f"{path} at {width}: wider than the screen")
    assert not wrong, "\n".join(wrong)


async def test_the_log_in_page_and_the_check_of_a_code_need_nobody(browser: Browser, demo: Server) -> None:
    for width in WIDTHS:
        context = await browser.new_context(base_url=demo.url, viewport={"width": width, "height": 900})
        page = await context.new_page()
        for path in ("/login", "/verify", "/nowhere"):
            await page.goto(path)
            found = await Axe().run(page)
            assert found.response["violations"] == [], f"{path} at {width}: {found.generate_report()}"
        await context.close()
