"""The chart and the QR code, read back as drawings."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.documents.charts import Series, monthly_bars
from registry.documents.qr import qr_svg

SVG = "{http://www.w3.org/2000/svg}"
MONTHS = [f"m{month}" for month in range(1, 13)]
amounts = st.lists(st.integers(-(10**14), 10**14), min_size=12, max_size=12).map(tuple)


def draw(*values: tuple[int, ...]) -> ET.Element:
    series = [Series(f"Funder {index}", f"#00000{index}", each) for index, each in enumerate(values)]
    return ET.fromstring(monthly_bars(series, labels=MONTHS, title="What it shows", number=str))  # noqa: S314 - our own output


def bars(drawing: ET.Element) -> list[tuple[str, float, float, float]]:
    """Colour, left, top and height of every bar."""
    found = []
    for path in drawing.iter(f"{SVG}path"):
        if path.get("fill"):
            start, _, rest = path.attrib["d"].removeprefix("M").partition("h")
            left, top = map(float, start.split())
            found.append((path.attrib["fill"], left, top, float(rest.partition("v")[2].partition("h")[0])))
    return found


def texts(drawing: ET.Element) -> list[str]:
    return [element.text or "" for element in drawing.iter(f"{SVG}text")]


def test_it_says_in_words_what_it_shows() -> None:
    drawing = draw((100_00,) * 12)
    assert drawing.findtext(f"{SVG}title") == "What it shows"
    assert drawing.get("role") == "img"
    assert texts(drawing)[-12:] == MONTHS


def test_bars_are_as_high_as_their_amounts_and_stand_on_each_other() -> None:
    drawing = draw((100_000_00,) + (0,) * 11, (50_000_00, 150_000_00) + (0,) * 10)
    first, second, third = bars(drawing)
    assert first[3] == pytest.approx(2 * second[3], abs=0.2)
    assert third[3] == pytest.approx(3 * second[3], abs=0.3)
    assert second[2] + second[3] == pytest.approx(first[2], abs=0.1)
    assert texts(drawing)[:4] == ["0", "50000", "100000", "150000"]


def test_a_month_of_more_reversals_than_payments_hangs_below_the_line() -> None:
    drawing = draw((100_00, -50_00) + (0,) * 10)
    up, down = bars(drawing)
    assert up[2] + up[3] == pytest.approx(down[2], abs=0.1)
    assert "-50" in texts(drawing) or "-60" in texts(drawing)


@given(amounts, amounts)
def test_any_amounts_stay_inside_the_drawing(one: tuple[int, ...], two: tuple[int, ...]) -> None:
    drawing = draw(one, two)
    assert len(texts(drawing)) <= 12 + 9
    for _, left, top, height in bars(drawing):
        assert 0 <= left <= 680
        assert top >= 0
        assert top + height <= 130


def test_a_name_can_not_break_out() -> None:
    series = [Series("x", '"/><script>', (100,) * 12)]
    drawing = monthly_bars(series, labels=["<b>"] * 12, title="</title><script>", number=str)
    assert "<script>" not in drawing
    ET.fromstring(drawing)  # noqa: S314 - our own output


def test_a_qr_code_has_its_quiet_zone_and_title() -> None:
    drawing = ET.fromstring(qr_svg("https://bidrag.example.se/verify/A-B", title="Till kontrollen & mer"))  # noqa: S314 - our own output
    assert drawing.findtext(f"{SVG}title") == "Till kontrollen & mer"
    side = int(drawing.attrib["viewBox"].split()[2])
    assert (side - 8 - 17) % 4 == 0
    path = drawing.find(f"{SVG}path")
    assert path is not None
    assert path.attrib["d"].startswith("M4 4h7v")
