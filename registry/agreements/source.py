"""The agreement that the registry starts from: who signed it, its areas, and what its text says of each.

Source: Överenskommelse mellan Ludvika kommun och Region Dalarna 2019-2022 (ludvika.se, regiondalarna.se). The facts are
the text's, the sentences of the file are ours: plain language for whoever hasn't read it. No amounts stand in it.
"""

import csv
from datetime import date
from importlib.resources import files

TITLE = "Överenskommelse mellan Ludvika kommun och Region Dalarna 2019-2022"
SOURCE = "ludvika.se, regiondalarna.se"
FIRST, LAST = date(2019, 1, 1), date(2022, 12, 31)
PARTIES = (("212000-2270", "Ludvika kommun"), ("232100-0180", "Region Dalarna"))
"""Organisation number and name of those who signed."""

TITLES = ("title_sv", "title_fi", "title_en")
SUMMARIES = ("summary_sv", "summary_fi", "summary_en")


def source_areas() -> list[dict[str, str]]:
    """The eleven areas in the agreement's order: `code`, and the columns of `TITLES` and `SUMMARIES`."""
    text = (files("registry.agreements") / "agreement-2019-2022.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter=";"))
