"""What WeasyPrint leaves undone in a PDF that is PDF/A-3a and PDF/UA-1 at once: its claims, and repairs of its tags."""

from collections import defaultdict
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape

import pydyf
from weasyprint import VERSION
from weasyprint.document import Document

PT_PER_PX = 0.75

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="3" pdfaid:conformance="A"/>
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/">
<dc:format>application/pdf</dc:format>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
{address}<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq>{authors}</rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{description}</rdf:li></rdf:Alt></dc:description>
<pdf:Producer>WeasyPrint {version}</pdf:Producer>
<xmp:CreateDate>{created}</xmp:CreateDate><xmp:ModifyDate>{modified}</xmp:ModifyDate>
<xmp:MetadataDate>{modified}</xmp:MetadataDate><xmpMM:DocumentID>uuid:{uuid}</xmpMM:DocumentID>
</rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


class Finisher:
    """Finishes one PDF between layout and writing; `identifier` gives it an id that is the same in every run.

    `address`, where the document can be checked, stands in the metadata in clear: whoever has the file finds it there.

    Sources: ISO 19005-3 annex and ISO 14289-1 clause 5 (identification), ISO 32000-1 14.8.5.4 and 14.8.5.7 (tags).
    """

    def __init__(self, identifier: str, address: str = "") -> None:
        self.uuid = uuid5(NAMESPACE_URL, identifier)
        self.address = address

    def __call__(self, document: Document, pdf: pydyf.PDF) -> None:
        """Write the metadata, mend the tags."""
        self._write_metadata(document, pdf)
        if "AF" in pdf.catalog:
            pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
        heads = defaultdict(list)
        for element in pdf.objects:
            if isinstance(element, pydyf.Dictionary) and element.get("Type") == "/StructElem":
                if element["S"] == "/TH":
                    heads[element["P"]].append(element)
                elif element["S"] == "/Figure":
                    _turn_box(element, pdf)
        for row, cells in heads.items():
            group = _follow(_follow(row, pdf)["P"], pdf)["S"]
            for cell in cells:
                cell["A"]["Scope"] = "/Column" if group == "/THead" else "/Row"

    def _write_metadata(self, document: Document, pdf: pydyf.PDF) -> None:
        """Claim both standards in one packet, with the schema that PDF/A wants for the claim that it doesn't know."""
        about = document.metadata
        packet = _XMP.format(
            language=escape(about.lang or ""),
            address=f"<dc:identifier>{escape(self.address)}</dc:identifier>\n" if self.address else "",
            title=escape(about.title or ""),
            authors="".join(f"<rdf:li>{escape(author)}</rdf:li>" for author in about.authors),
            description=escape(about.description or ""),
            version=VERSION,
            created=about.created,
            modified=about.modified,
            uuid=self.uuid,
        )
        stream = _follow(pdf.catalog["Metadata"], pdf)
        stream.stream = [packet.encode()]
        stream.compress = False


def _follow(reference: bytes, pdf: pydyf.PDF) -> pydyf.Dictionary:
    return pdf.objects[int(reference.split()[0])]


def _turn_box(figure: pydyf.Dictionary, pdf: pydyf.PDF) -> None:
    """WeasyPrint gives a figure's box in CSS pixels from the top left; PDF reads points from the bottom left."""
    box = figure.get("A", {}).get("BBox")
    if box is not None:
        left, top, right, bottom = (PT_PER_PX * edge for edge in box)
        height = _follow(figure["Pg"], pdf)["MediaBox"][3]
        figure["A"]["BBox"] = pydyf.Array([round(edge, 3) for edge in (left, height - bottom, right, height - top)])
