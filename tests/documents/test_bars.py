"""Divided bars: drawn to one scale, and nothing where there is nothing."""

import re
from xml.etree import ElementTree as ET

from registry.documents.bars import AMOUNT, WIDTH, Bar, Part, divided_bars

PARTS = (Part("Paid", "#111111"), Part("Left", "#222222"))


def widths(svg: str, colour: str) -> list[float]:
    """The widths of the bars of a colour, the legend's square left out."""
    return [float(width) for width in re.findall(rf'fill="{colour}" d="M[\d. ]+h([\d.]+)v11', svg)]


def draw(*bars: Bar) -> str | None:
    svg = divided_bars(PARTS, bars, title="What <it> says", amount=str)
    return None if svg is None else str(svg)


def test_the_bars_have_one_scale_and_a_title() -> None:
    svg = draw(Bar("A & B", (50, 50)), Bar("C", (25, 0)))
    assert svg is not None
    room = WIDTH - AMOUNT
    assert widths(svg, "#111111") == [room / 2, room / 4]
    assert widths(svg, "#222222") == [room / 2]
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "What <it> says"
    assert "A &amp; B" in svg


def test_what_is_negative_or_nothing_is_not_drawn() -> None:
    assert draw() is None
    assert draw(Bar("A", (0, 0))) is None
    svg = draw(Bar("A", (10, -5)))
    assert svg is not None
    assert widths(svg, "#222222") == []
    assert ">10<" in svg


def test_a_long_name_is_cut() -> None:
    svg = draw(Bar("x" * 200, (1, 0)))
    assert svg is not None
    assert "x" * 69 + "…" in svg


def test_a_long_legend_takes_more_rows_and_pushes_the_bars_down() -> None:
    parts = [Part(f"Participants of the kind number {place}", f"#{place:06x}") for place in range(7)]
    svg = divided_bars(parts, [Bar("A", (1, *[0] * 6))], title="T", amount=str)
    assert svg is not None
    marks = re.findall(r'fill="#00000\d" d="M([\d.]+) (\d+)h10v10', svg)
    assert len(marks) == len(parts)
    assert len({y for _x, y in marks}) > 1
    assert all(float(x) + 15 + 5.5 * len(part.name) <= WIDTH for (x, _y), part in zip(marks, parts, strict=True))
    names = re.findall(r'y="([\d.]+)" text-anchor="start">A<', svg)
    assert float(names[0]) > max(int(y) + 10 for _x, y in marks)
