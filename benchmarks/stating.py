"""One statement of forty payments, from its figures to the PDF, beside WeasyPrint alone with the same HTML."""

from datetime import UTC, date, datetime, time

import weasyprint

from benchmarks.ground import Ground, ground
from benchmarks.measure import by_turns
from benchmarks.report import Figure
from benchmarks.sizes import Sizes
from registry.core.access import CONSOLE
from registry.documents.engine import AssetFetcher
from registry.payments.service import attest_payment
from registry.statements.queries import read_figures
from registry.statements.render import render_statement, statement_html, statement_source
from registry.statements.schemas import StatementDocument
from tests import factories
from tests.statements.documents import make_envelope

YEAR = 2025
GRANTS = 4
PAYMENTS = 40


async def statement(server_dsn: str, sizes: Sizes) -> list[Figure]:
    """Read the figures, fill the template and set the PDF; the floor gets the finished HTML, with the same options."""
    async with ground(server_dsn) as place:
        party_id = await _make_payments(place)
        document = await _draw_up(party_id)
        assert sum(event.kind == "payment" for event in document.figures.events) == PAYMENTS
        html = statement_html(document)

        async def bare() -> None:
            weasyprint_alone(html, document)

        async def registry() -> None:
            render_statement(await _draw_up(party_id))

        floor, measured = await by_turns(bare, registry, rounds=sizes.statements)
    return [Figure(f"statement of {PAYMENTS} payments", floor, measured, "ratio", 0.7)]


async def _draw_up(party_id: int) -> StatementDocument:
    return StatementDocument(figures=await read_figures(CONSOLE, party_id, YEAR, "sv"), envelope=make_envelope())


def weasyprint_alone(html: str, document: StatementDocument) -> bytes:
    """The same document by WeasyPrint's own means: its parser, its style sheet, the same kind of PDF."""
    source = statement_source(document)
    moment = datetime.combine(source.issued_on, time(), UTC)
    attachments = [
        weasyprint.Attachment(
            string=one.content, name=one.name, description=one.description, created=moment, modified=moment
        )
        for one in source.attachments
    ]
    css = weasyprint.CSS(string=source.stylesheet, url_fetcher=AssetFetcher())
    page = weasyprint.HTML(string=html, url_fetcher=AssetFetcher())
    return bytes(page.write_pdf(stylesheets=[css], attachments=attachments, pdf_variant="pdf/a-3a"))


async def _make_payments(place: Ground) -> int:
    """A party with grants of both funders and forty payments; returns its id."""
    world = place.world
    party_id = await factories.make_party("Studieförbundet Fyrtio", bankgiro="5402-9681")
    grants = [
        await factories.make_grant(programme, party_id, decided_on=date(YEAR, 2, 3 + number))
        for number in range(GRANTS // 2)
        for programme in (world.programme, world.region_programme)
    ]
    region_officer = await world.scope("region_officer")
    for number in range(PAYMENTS):
        month = 3 + number * 10 // PAYMENTS
        payment = await factories.make_payment(
            grants[number % GRANTS], amount=900_000, paid_on=date(YEAR, month, 15), voucher=f"V{number}"
        )
        await attest_payment(place.officer if number % 2 == 0 else region_officer, payment)
    return party_id
