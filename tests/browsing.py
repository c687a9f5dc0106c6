"""What the tests of pages share: a browser that reads English, and what a page and its files say."""

import csv
import io
import re
from html import unescape

from httpx import Response
from openpyxl import load_workbook

from tests.conftest import Client, Clients


async def browser(clients: Clients, user_id: int | None = None) -> Client:
    """A browser that reads English, whose texts are the ones in the code."""
    client = await clients.open(user_id)
    client.cookies.set("language", "en")
    return client


def shown(answer: Response) -> str:
    """A page's text, with plain spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).replace("\u00a0", " ").split())


def held(answer: Response, name: str) -> str:
    """What an input or text area of the page holds."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', answer.text) or re.search(
        rf'<textarea[^>]*name="{name}"[^>]*>\n?([^<]*)</textarea>', answer.text
    )
    assert found is not None, name
    return unescape(found[1])


def wrong_fields(answer: Response) -> set[str]:
    """The names of the fields that the page marks as wrong."""
    return set(re.findall(r'id="f-(\w+)-error"', answer.text))


def csv_rows(data: bytes) -> list[dict[str, str]]:
    """The data rows of a CSV file, without its closing lines."""
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    return [row for row in rows if not next(iter(row.values())).startswith("# ")]


def xlsx_rows(data: bytes) -> list[list[object]]:
    """The rows of a workbook's first sheet, header and total included."""
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]
