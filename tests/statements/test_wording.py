"""What a statement says in words."""

from datetime import date
from xml.etree import ElementTree as ET

from registry.core.money import Money
from registry.statements.schemas import Position, Sums
from registry.statements.wording import (
    chart_text,
    compare_years,
    period_text,
    statement_chart,
    statement_notes,
    statement_sentence,
)
from tests.statements.documents import make_document, make_grant

SVG = "{http://www.w3.org/2000/svg}"


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_the_sentence_tells_the_year_and_what_was_taken_back() -> None:
    figures = make_document().figures
    assert "1 200 000,00 kr" in plain(statement_sentence(figures))
    assert "återfördes" not in statement_sentence(figures)
    assert "160 000,00 kr återfördes" in plain(statement_sentence(make_document(reversals=1).figures))


def test_what_did_not_happen_is_said_in_words_and_not_as_a_zero() -> None:
    figures = make_document(grants=1, payments=0).figures
    assert "Ingenting betalades ut. Den 31 december återstod 400 000,00 kr" in plain(statement_sentence(figures))
    nothing = Sums(**dict.fromkeys(Sums.model_fields, Money(0)))
    empty = figures.model_copy(update={"totals": nothing})
    assert plain(statement_sentence(empty)) == (
        "År 2025 beslutades ingenting, och ingenting betalades ut. Den 31 december återstod ingenting att betala ut."
    )
    paid = make_document().figures
    only_paid = paid.model_copy(update={"totals": paid.totals.model_copy(update={"decided_ore": Money(0)})})
    assert "betalade Region Dalarna och Ludvika kommun ut 960 000,00 kr i 6\u00a0utbetalningar." in statement_sentence(
        only_paid
    ).replace("\u00a0kr", " kr").replace("960\u00a0000", "960 000")
    assert "0,00" not in statement_sentence(empty)


def test_a_running_year_is_told_as_it_stands_now() -> None:
    figures = make_document().figures.model_copy(update={"is_running": True})
    assert plain(statement_sentence(figures)).endswith("240 000,00 kr återstår att betala ut.")
    none = make_document(grants=1, payments=0).figures.model_copy(update={"is_running": True})
    assert "Ingenting har betalats ut." in statement_sentence(none)


def test_the_chart_says_every_bar_in_words() -> None:
    figures = make_document(payments=12).figures
    for small in (True, False):
        title = ET.fromstring(statement_chart(figures, small=small)).findtext(f"{SVG}title")  # noqa: S314 - our own output
        assert title is not None
        assert "2025" in title
        paid = [funder.monthly_ore for funder in figures.funders]
        for months in zip(*paid, strict=True):
            assert f"{sum(months) // 100:,}".replace(",", " ") in plain(title)
    assert "Mest i" in chart_text(figures)


def test_a_whole_year_is_told_by_its_number() -> None:
    assert period_text(make_grant(0)) == "avser 2025"
    assert period_text(make_grant(0, period_to=date(2026, 12, 31))) == "avser 2025–2026"
    assert period_text(make_grant(0, period_to=date(2026, 6, 30))) == "avser 2025-01-01–2026-06-30"


def test_the_year_stands_beside_the_one_before_and_what_came_after() -> None:
    figures = make_document().figures
    assert [row.amounts[0] for row in compare_years(figures, None)] == [None] * 3
    ore = {"opening_ore": 1, "decided_ore": 50, "paid_ore": 30, "reversed_ore": 9, "repaid_ore": 0, "remaining_ore": 30}
    before = Sums(**{name: Money(amount) for name, amount in ore.items()})
    after = Position(
        on=date(2026, 2, 16), decided_ore=Money(0), paid_ore=Money(80), repaid_ore=Money(0), remaining_ore=Money(20)
    )
    rows = compare_years(figures.model_copy(update={"previous": before}), after)
    totals = figures.totals
    assert [row.amounts for row in rows] == [
        (50, totals.decided_ore, 0),
        (21, totals.net_ore, 80),
        (30, totals.remaining_ore, 20),
    ]


def test_only_what_the_statement_tells_is_explained() -> None:
    terms = [note.term for note in statement_notes(make_document().figures)]
    assert "Återföring:" not in terms
    assert "Återföring:" in [note.term for note in statement_notes(make_document(reversals=1).figures)]
