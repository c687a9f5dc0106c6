"""The judge itself: a check that can't fail would be none."""

import weasyprint

from registry.documents.pdf import render_pdf
from tests.documents.test_pdf import make_source
from tests.verapdf import broken_rules


def test_the_judge_tells_an_archivable_file_from_others() -> None:
    good = render_pdf(make_source())
    assert broken_rules(good) == []
    plain = broken_rules(weasyprint.HTML(string="<p>x").write_pdf())
    assert any(line.startswith("3a 6.7.3.3-1") for line in plain)
    assert any(line.startswith("ua1 7.1-11") for line in plain)
    assert broken_rules(good.replace(b'pdfuaid:part="1"', b'pdfuaid:part="2"'))[0].startswith("ua1 5-")
    assert broken_rules(b"no PDF at all")
