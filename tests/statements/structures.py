"""Reading a PDF's structure tree back, as a screen reader would: headings, tables, figures, in their order."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf


@dataclass(frozen=True, slots=True)
class Node:
    """An element of the structure tree."""

    kind: str
    element: Any
    file: Any
    """Keeps the file open as long as somebody looks at its elements."""

    @property
    def children(self) -> list["Node"]:
        """Its elements, without the marked content."""
        kids = self.element.get("/K")
        found = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
        return [
            Node(str(kid["/S"]).removeprefix("/"), kid, self.file)
            for kid in found
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid
        ]

    def walk(self) -> Iterator["Node"]:
        """It and everything under it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def span(self, name: str) -> int:
        """How many columns or rows a cell takes."""
        attributes = self.element.get("/A")
        found = attributes if isinstance(attributes, pikepdf.Array) else [attributes]
        spans = [int(one[name]) for one in found if isinstance(one, pikepdf.Dictionary) and name in one]
        return spans[0] if spans else 1

    @property
    def scope(self) -> str:
        """What a heading cell heads."""
        return str(self.element["/A"]["/Scope"]).removeprefix("/")


class Structure:
    """A PDF's structure tree, and what its catalogue says of the document."""

    def __init__(self, pdf: bytes) -> None:
        self.file = pikepdf.open(io.BytesIO(pdf))
        root = self.file.Root.StructTreeRoot
        self.nodes = list(Node("Root", root, self.file).walk())

    def of(self, *kinds: str) -> list[Node]:
        """The elements of some kinds, in reading order."""
        return [node for node in self.nodes if node.kind in kinds]

    def outline(self) -> list[str]:
        """The bookmarks, in their order, whatever their depth."""
        with self.file.open_outline() as outline:
            return [str(item.title) for item in _items(outline.root)]

    def font_names(self) -> set[str]:
        """The names of the embedded fonts, without the mark of a subset."""
        names = set()
        for item in self.file.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor":
                assert {"/FontFile2", "/FontFile3"} & set(item.keys()), "a font isn't embedded"
                names.add(str(item["/FontName"]).removeprefix("/").partition("+")[2])
        return names


def _items(items: Any) -> Iterator[Any]:
    for item in items:
        yield item
        yield from _items(item.children)
