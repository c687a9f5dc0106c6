"""The drawing of streams: as wide as their sums, memo lines apart, well-formed, and said in words."""

import re
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from registry.documents.flows import LARGEST, TALLEST, Stream, draw_flows

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*streams: Stream, recipient: str = "Ekomuseet") -> ET.Element:
    """A drawing as a browser reads it."""
    text = draw_flows(
        streams, recipient, title="Pengarnas väg", description="Allt i ord", amount=str, memo_label="Upplysning"
    )
    assert text is not None
    return ET.fromstring(text)  # noqa: S314 - our own text


def heights(drawing: ET.Element, colour: str) -> list[float]:
    """The heights of the streams of a colour at the recipient's end."""
    paths = [path.get("d", "") for path in drawing.iter(f"{SVG}path") if path.get("fill") == colour]
    return [float(found[1]) for path in paths if (found := re.search(r"C.*?v([\d.]+)C", path))]


def texts(drawing: ET.Element) -> list[str]:
    """What is written in it."""
    return ["".join(text.itertext()) for text in drawing.iter(f"{SVG}text")]


def test_a_stream_is_as_wide_as_its_sum_and_its_full_colour_is_what_is_paid() -> None:
    drawing = drawn(Stream("Ludvika", "", 3000, 1500, "#a4622a"), Stream("Region", "Museet", 1000, 1000, "#1b3a5c"))
    assert heights(drawing, "#a4622a") == [round(LARGEST * 0.75 / 2, 1)]
    assert heights(drawing, "#1b3a5c") == [LARGEST / 4]
    assert texts(drawing) == ["Museet", "Ludvika", "3000", "Region", "1000", "Ekomuseet"]


def test_it_has_a_title_and_says_in_words_what_it_shows() -> None:
    drawing = drawn(Stream("Ludvika", "", 1, 0, "#a4622a"))
    assert (drawing.get("role"), drawing.findtext(f"{SVG}title")) == ("img", "Pengarnas väg")
    assert drawing.findtext(f"{SVG}desc") == "Allt i ord"


def test_memo_lines_lie_below_under_their_heading_without_colour() -> None:
    drawing = drawn(Stream("Fagersta", "", 4000, 0, "#ff0000", is_memo=True), Stream("Ludvika", "", 1000, 0, "#a4622a"))
    assert len(texts(drawing)) == 6
    places = {"".join(text.itertext()): float(text.get("y", "0")) for text in drawing.iter(f"{SVG}text")}
    assert places["Ludvika"] < places["Upplysning"] < places["Fagersta"]
    assert heights(drawing, "#ff0000") == []
    dashed = [path for path in drawing.iter(f"{SVG}path") if path.get("stroke-dasharray")]
    assert len(dashed) == 3, "its stream, its own bar and the recipient's"


def test_what_people_wrote_is_text_and_nothing_else() -> None:
    drawing = drawn(
        Stream("<script>&", 'Mu"seet', 1, 1, "#a4622a"), recipient="Stiftelsen för bevarandet av allt & litet till"
    )
    assert "<script>&" in texts(drawing)
    assert [text for text in texts(drawing) if text.startswith(("Stiftelsen", "bevarandet", "litet"))]


def test_nothing_is_drawn_of_nothing_and_a_line_of_zero() -> None:
    assert draw_flows([], "X", title="", description="", amount=str, memo_label="") is None
    assert heights(drawn(Stream("Ludvika", "", 0, 0, "#a4622a")), "#a4622a") == []


amounts = st.integers(0, 10**12)


@given(st.lists(st.tuples(amounts, amounts, st.booleans()), min_size=1, max_size=24))
def test_any_sums_make_a_drawing_that_holds_its_streams(sums: list[tuple[int, int, bool]]) -> None:
    streams = [
        Stream(f"F{place}", "Via" if paid % 3 == 0 else "", amount, paid, "#123456", is_memo=memo)
        for place, (amount, paid, memo) in enumerate(sums)
    ]
    text = draw_flows(streams, "X", title="T", description="D", amount=str, memo_label="M")
    assert isinstance(text, Markup)
    drawing = ET.fromstring(text)  # noqa: S314 - our own text
    height = float(drawing.get("height", "0"))
    assert height < 60 * (len(sums) + 2) + TALLEST * 2
    for path in drawing.iter(f"{SVG}path"):
        assert "-" not in path.get("d", "").replace("h-7z", ""), "nothing lies outside"
    for line in drawing.iter(f"{SVG}text"):
        assert 0 < float(line.get("y", "0")) < height
