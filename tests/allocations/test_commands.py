"""`registry allocations` from the frame to the grants and the appendix, by the real command."""

import csv
import io
import json
from pathlib import Path

from registry.core.access import CONSOLE
from registry.grants.queries import get_grant
from tests.allocations.prepared import register_2025
from tests.factories import World
from tests.importing import run_command
from tests.verapdf import broken_rules

DECISION = ("--dnr", "KUN 2026/0019", "--paragraph", "§ 14", "--decided-on", "2026-03-18", "--decider", "Nämnden")


async def test_a_frame_is_frozen_decided_and_told(connected: str, world: World, tmp_path: Path) -> None:
    await register_2025(world)
    frozen = ("allocations", "freeze", "--rule", "Rättvik", "--year", "2026", "--programme", "LK-STUD")
    done = await run_command(connected, *frozen, "--frame", "100000,01", "--decided-on", "2026-03-01")
    assert (done.status, done.out) == (0, "F-1\n"), done.err
    again = await run_command(connected, *frozen)
    assert (again.status, again.out) == (1, "")
    assert "already has draft decisions, in F-1" in again.err
    for wrong in (("--instalments", "2026-03-31=50"), ("--decided-on", "x"), ("--dnr", "")):
        done = await run_command(connected, "allocations", "decide", "F-1", *DECISION, *wrong)
        assert (done.status, done.out) == (2, ""), done
        assert "Traceback" not in done.err
    plan = ("--instalments", "2026-03-31:50|2026-09-30:50")
    done = await run_command(connected, "allocations", "decide", "F-1", *DECISION, *plan)
    assert (done.status, done.out) == (0, "B-3\nB-4\n"), done.err
    assert [(await get_grant(CONSOLE, number)).decided_ore for number in ("B-3", "B-4")] == [63_000_01, 37_000_00]
    told = json.loads((await run_command(connected, "allocations", "show", "F-1")).out)
    assert (told["state"], told["dnr"], told["frame"]) == ("decided", "KUN 2026/0019", "100000.01")
    assert [one["grant"] for one in told["grants"]] == ["B-3", "B-4"]
    listed = (await run_command(connected, "allocations", "list", "--state", "decided")).out
    rows = list(csv.DictReader(io.StringIO(listed.removeprefix("\ufeff")), delimiter=";"))
    assert [next(iter(row.values())) for row in rows if not next(iter(row.values())).startswith("#")] == ["F-1"]
    file = tmp_path / "bilaga.pdf"
    done = await run_command(connected, "allocations", "appendix", "F-1", "--output", str(file))
    assert done.status == 0, done.err
    assert broken_rules(file.read_bytes()) == []


async def test_what_is_refused_is_told(connected: str, world: World, tmp_path: Path) -> None:
    await register_2025(world)
    nowhere = str(tmp_path / "nowhere" / "a.pdf")
    for words, status in (
        (("freeze", "--rule", "Rättvik", "--year", "2026", "--programme", "LK-STUD", "--as", "nobody@x.se"), 1),
        (("freeze", "--rule", "Rättvik", "--year", "2026", "--programme", "LK-STUD", "--frame", "x"), 2),
        (("discard", "F-1", "--reason", "Nej"), 1),
        (("show", "F-1"), 1),
        (("appendix", "F-1", "--output", nowhere), 1),
        (("list", "--state", "nothing"), 1),
    ):
        done = await run_command(connected, "allocations", *words)
        assert (done.status, done.out) == (status, ""), (words, done)
        assert done.err
        assert "Traceback" not in done.err, done.err
