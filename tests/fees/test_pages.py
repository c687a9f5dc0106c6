"""The pages of engagements and schedules, as an officer and an auditor use them."""

import re
from datetime import date

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.fees.queries import EngagementFilter, get_engagement, list_engagements
from registry.fees.schemas import EngagementKind
from tests.browsing import browser, csv_rows, held, shown, wrong_fields, xlsx_rows
from tests.conftest import Clients
from tests.factories import World, make_creator, make_engagement, make_grant
from tests.fees.levels import WRITERS, kronor

LEVEL = f"appearance-120@{WRITERS}"
FORM = {
    "level": LEVEL, "booking_date": "2025-02-01", "event_date": "2025-05-01", "quantity": "1",
    "agreed_fee": "7 500", "tax": "F",
}  # fmt: skip


async def test_the_check_is_shown_before_anything_is_saved(clients: Clients, world: World) -> None:
    creator = await make_creator("Åsa Skapare")
    grant = await make_grant(world.programme, creator)
    client = await browser(clients, world.officer)
    form = {**FORM, "creator": "åsa skapare", "grant": grant, "idempotency_key": "k1", "action": "check"}
    page = await client.submit("/fees/new", **form)
    assert page.status_code == 200
    assert "The fee is 1,000.00 kr (11.76 %) below the level" in shown(page)
    assert "8,500.00 kr − 7,500.00 kr = 1,000.00 kr" in shown(page)
    assert "Write a motive below" in shown(page)
    assert held(page, "agreed_fee") == "7 500"
    assert await fetch_value("SELECT count(*) FROM engagement") == 0
    unseen = await client.submit("/fees/new", **{**form, "action": "save", "checked": "", "agreed_fee": "8000"})
    assert "500.00 kr (5.88 %) below" in shown(unseen), "what was changed is checked anew before it is saved"
    assert "something that the check reads was changed" in shown(unseen)
    assert await fetch_value("SELECT count(*) FROM engagement") == 0
    for _twice in range(2):
        done = await client.submit(
            "/fees/new", **{**form, "action": "save", "checked": held(page, "checked"), "motive": "Kort insats"}
        )
        assert (done.status_code, done.headers["location"]) == (303, "/fees/engagements/E-1")
    saved = await get_engagement(CONSOLE, "E-1")
    assert (saved.creator_id, saved.grant_id, saved.agreed_fee_ore) == (creator, int(grant[2:]), kronor(7500))
    assert saved.motive == "Kort insats", "a motive written after the check needs no other check"
    card = shown(await client.get("/fees/engagements/E-1"))
    assert "How it was reckoned" in card
    assert "nobody has written why" not in card


async def test_what_cant_be_read_comes_back_with_what_was_typed(clients: Clients, world: World) -> None:
    await make_creator("Åsa Skapare")
    client = await browser(clients, world.officer)
    wrong = {"creator": "Ingen Alls", "quantity": "två", "agreed_fee": "mycket", "event_date": "2025-02-30",
             "vat_rate": "250", "grant": "B-77", "tax": "F"}  # fmt: skip
    page = await client.submit("/fees/new", **wrong)
    assert page.status_code == 400
    assert wrong_fields(page) == {"creator", "quantity", "agreed_fee", "event_date", "vat_rate"}
    assert [held(page, name) for name in ("creator", "quantity", "agreed_fee")] == ["Ingen Alls", "två", "mycket"]
    unknown = await client.submit("/fees/new", **{**FORM, "creator": "Åsa Skapare", "grant": "B-77"})
    assert wrong_fields(unknown) == {"grant"}
    undated = await client.submit("/fees/new", creator="Åsa Skapare", action="check")
    assert undated.status_code == 200
    assert "incomplete" in shown(undated)
    saved = await client.submit("/fees/new", creator="Åsa Skapare", action="save", checked=held(undated, "checked"))
    assert (saved.status_code, wrong_fields(saved)) == (409, {"event_date"})


async def test_a_correction_with_its_reason_and_a_cancellation(clients: Clients, world: World) -> None:
    number = await make_engagement(await make_creator("Åsa Skapare"), world.kommun, fee=750_000, title="Läsning")
    client = await browser(clients, world.officer)
    page = await client.get(f"/fees/engagements/{number}/correct")
    names = ("creator", "commissioner", "agreed_fee", "quantity", "booking_date", "title", "version")
    form = {name: held(page, name) for name in names} | {"level": LEVEL, "tax": "F"}
    assert form["agreed_fee"] == "7500"
    without = await client.submit(f"/fees/engagements/{number}/correct", **form)
    assert wrong_fields(without) == {"reason"}
    form |= {"motive": "Avtalat före beslutet", "reason": "Motivering tillagd"}
    checked = await client.submit(f"/fees/engagements/{number}/correct", **form)
    assert await fetch_value("SELECT count(*) FROM engagement") == 1
    form |= {"checked": held(checked, "checked"), "action": "save"}
    assert (await client.submit(f"/fees/engagements/{number}/correct", **form)).status_code == 303
    late = await client.submit(f"/fees/engagements/{number}/correct", **form, idempotency_key="other")
    assert late.status_code == 409
    assert "Somebody has corrected this engagement meanwhile" in shown(late)
    card = shown(await client.get(f"/fees/engagements/{number}"))
    assert "Avtalat före beslutet" in card
    assert "Motivering tillagd" in card
    silent = await client.submit(f"/fees/engagements/{number}/cancel", reason=" ")
    assert silent.status_code == 400
    assert (await client.submit(f"/fees/engagements/{number}/cancel", reason="Inställt")).status_code == 303
    assert (await get_engagement(CONSOLE, number)).kind is EngagementKind.CANCELLED
    assert "The engagement is cancelled" in shown(await client.get(f"/fees/engagements/{number}"))
    again = await client.submit(f"/fees/engagements/{number}/cancel", reason="Igen")
    assert again.status_code == 409


async def test_lists_and_files_hold_the_same_filtered_and_sorted(clients: Clients, world: World) -> None:
    creator = await make_creator("Åsa Skapare")
    for fee in (850_000, 700_000, 800_000):
        await make_engagement(creator, world.kommun, fee=fee, title=f"Uppdrag {fee}")
    await make_engagement(await make_creator("=Bo()"), world.region, issuer="Danscentrum", code="dag")
    client = await browser(clients, world.officer)
    query = "?outcome=below&sort=gap"
    page = await client.get(f"/fees{query}")
    assert re.findall(r"engagements/(E-\d+)", page.text) == ["E-3", "E-2"]
    assert "Framträdande högst 2 timmar" in shown(page)
    assert "appearance-120" not in shown(page)
    rows = csv_rows((await client.get(f"/fees.csv{query}")).content)
    assert [(row["engagement"], row["gap"], row["gap_percent"]) for row in rows] == [
        ("E-3", "500.00", "5.88"), ("E-2", "1500.00", "17.65"),
    ]  # fmt: skip
    assert rows[0]["creator_name"] == "Åsa Skapare"
    [_header, *cells, total] = xlsx_rows((await client.get(f"/fees.xlsx{query}")).content)
    assert [row[0] for row in cells] == ["E-3", "E-2"]
    assert 2000 in total
    [bo] = csv_rows((await client.get("/fees.csv?issuer=Danscentrum")).content)
    assert bo["creator_name"] == "'=Bo()", "a name is text, never a formula"
    named = await client.get(f"/fees?creator=P-{creator}&unmotivated=1")
    assert "2 engagements" in shown(named)
    assert f'<option value="P-{creator}" selected>Åsa Skapare</option>' in named.text
    assert f'href="/fees/new?creator=P-{creator}"' in named.text
    assert "Below the level without a motive" in shown(named)
    odd = ("outcome=odd", "creator=skapare", "creator=P-999", "commissioner=640312-9817", "grant=12", "from=2025-02-30")
    for wrong in odd:
        assert (await client.get(f"/fees?{wrong}")).status_code == 400
        assert (await client.get(f"/fees.csv?{wrong}")).status_code == 400


async def test_an_auditor_sees_numbers_instead_of_names(clients: Clients, world: World) -> None:
    creator = await make_creator("Åsa Skapare")
    number = await make_engagement(creator, world.kommun)
    client = await browser(clients, world.auditor)
    for address in ("/fees", f"/fees/engagements/{number}", "/fees.csv", f"/fees?creator=P-{creator}"):
        answer = await client.get(address)
        assert answer.status_code == 200
        assert "Skapare" not in answer.text, address
        assert f"P-{creator}" in answer.text, address
    assert "Skapare" not in str(xlsx_rows((await client.get("/fees.xlsx")).content))
    refused = await client.get("/fees?creator=skapare")
    assert refused.status_code == 400
    assert "Name a creator by the registry's number" in shown(refused)
    assert "Register an engagement" not in shown(await client.get("/fees"))


async def test_another_funder_s_engagement_is_read_and_not_changed(clients: Clients, world: World) -> None:
    number = await make_engagement(await make_creator(), world.region)
    client = await browser(clients, world.officer)
    card = await client.get(f"/fees/engagements/{number}")
    assert card.status_code == 200
    assert "/correct" not in card.text
    assert (await client.get(f"/fees/engagements/{number}/correct")).status_code == 403


async def test_a_new_version_of_a_schedule_beside_the_old(clients: Clients, world: World) -> None:
    client = await browser(clients, world.officer)
    page = await client.get("/fees/schedules/new?from=T-3")
    assert held(page, "issuer") == "Konstnärernas Riksorganisation"
    assert held(page, "amount_1") == "975"
    form = {
        "issuer": held(page, "issuer"), "discipline": "visual_arts", "applies_by": "contract_date", "code_1": "hour",
        "title_1": "Per timme", "unit_1": "hour", "amount_1": "1 200", "basis_1": "f_tax",
    }  # fmt: skip
    more = await client.submit("/fees/schedules/new", **form, action="rows", rows="4")
    assert held(more, "rows") == "8"
    wrong = await client.submit(
        "/fees/schedules/new", **{**form, "amount_1": "noll", "code_2": "day"}, url="kro.se", action="save"
    )
    assert wrong_fields(wrong) == {"title", "source", "amount_1", "title_2", "unit_2", "basis_2", "amount_2"}
    whole = {**form, "title": "Timarvode 2027", "source": "prov", "valid_from": "2027-01-01"}
    bad_url = await client.submit("/fees/schedules/new", **whole, url="kro.se", action="save")
    assert wrong_fields(bad_url) == {"url"}
    for name, most in (("code_1", 40), ("title_1", 200)):
        too_long = await client.submit("/fees/schedules/new", **{**whole, name: "x" * (most + 1)}, action="save")
        assert (too_long.status_code, wrong_fields(too_long)) == (400, {name})
    done = await client.submit("/fees/schedules/new", **whole, action="save")
    assert done.headers["location"] == "/fees/schedules/T-8"
    card = shown(await client.get("/fees/schedules/T-8"))
    assert "1,200.00 kr 1,130.00 kr +70.00 kr +6.19 %" in card
    older = shown(await client.get("/fees/schedules/T-8?with=T-3"))
    assert "1,200.00 kr 975.00 kr +225.00 kr +23.08 %" in older
    assert (await client.get("/fees/schedules/T-8?with=T-99")).status_code == 404
    twice = await client.submit("/fees/schedules/new", **whole, action="save")
    assert (twice.status_code, wrong_fields(twice)) == (409, {"reason"})
    listed = shown(await client.get("/fees/schedules?issuer=Konstnärernas+Riksorganisation&year=2027"))
    assert "2 schedules" in listed


async def test_the_list_of_schedules_is_sorted_and_says_which_apply(clients: Clients, world: World) -> None:
    client = await browser(clients, world.officer)
    form = {
        "issuer": "Konstnärernas Riksorganisation", "title": "Timarvode 2025", "discipline": "visual_arts",
        "applies_by": "contract_date", "valid_from": "2025-01-01", "source": "prov", "code_1": "hour",
        "title_1": "Per timme", "unit_1": "hour", "amount_1": "1 200", "basis_1": "f_tax",
    }  # fmt: skip
    assert (await client.submit("/fees/schedules/new", **form, action="save")).status_code == 303
    listed = await client.get("/fees/schedules?issuer=Konstnärernas+Riksorganisation&sort=from")
    assert re.findall(r">(Timarvode \d+)</a>", listed.text) == ["Timarvode 2019", "Timarvode 2024", "Timarvode 2025"]
    states = re.findall(r"(not in force|replaced|in force)", shown(listed).partition("Timarvode 2019")[2])
    assert states[:3] == ["not in force", "replaced", "in force"], "2024 has no end of its own"
    assert "replaced" in shown(await client.get("/fees/schedules/T-4"))
    rows = csv_rows((await client.get("/fees/schedules.csv?discipline=visual_arts&sort=-from")).content)
    assert [row["schedule"] for row in rows] == ["Timarvode 2025", "Timarvode 2024", "Timarvode 2019"]


async def test_schedules_as_a_file_can_be_read_in_again(clients: Clients, world: World) -> None:
    client = await browser(clients, world.auditor)
    rows = csv_rows((await client.get("/fees/schedules.csv?issuer=Scen+%26+Film")).content)
    assert [(row["schedule"], row["amount_sek"], row["unit"], row["basis"]) for row in rows][:2] == [
        ("Professionell fri scen 2026", "1349.00", "day", "salary"),
        ("Professionell fri scen 2026", "1491.00", "day", "salary"),
    ]
    assert len(xlsx_rows((await client.get("/fees/schedules.xlsx")).content)) == 27
    assert (await client.get("/fees/schedules.csv?issuer=Okänd")).status_code == 400


async def test_percentages_are_registered_with_source(clients: Clients, world: World) -> None:
    client = await browser(clients, world.officer)
    page = await client.get("/fees/rates/new")
    assert held(page, "employer") == "31,42"
    wrong = await client.submit("/fees/rates/new", year_from="27", employer="130", holiday="", vat="25")
    assert wrong_fields(wrong) == {"year_from", "employer", "holiday", "source"}
    done = await client.submit(
        "/fees/rates/new", year_from="2027", employer="30,5", holiday="12", vat="25", source="Skatteverket"
    )
    assert done.status_code == 303
    assert "2027– 30.5 % 12 % 25 % Skatteverket" in shown(await client.get("/fees/schedules"))


async def test_empty_lists_say_what_to_do(clients: Clients, world: World) -> None:
    officer, auditor = await browser(clients, world.officer), await browser(clients, world.auditor)
    assert "registry fees engagements import FILE" in shown(await officer.get("/fees"))
    assert "They appear here as soon as an officer registers one" in shown(await auditor.get("/fees"))
    assert (await list_engagements(CONSOLE, EngagementFilter(first=date(2020, 1, 1)))).total == 0


async def test_what_lacks_a_motive_is_a_task_and_the_grant_s_card_shows_it(clients: Clients, world: World) -> None:
    creator = await make_creator("Åsa Skapare")
    grant = await make_grant(world.programme, creator)
    number = await make_engagement(creator, world.kommun, fee=750_000, grant_id=int(grant[2:]), title="Läsning")
    officer, other = await browser(clients, world.officer), await browser(clients, world.region_officer)
    home = shown(await officer.get("/"))
    assert "Motive to write: Åsa Skapare" in home
    assert f"{number} is below the recommended fee: write why" in home
    assert "Motive to write" not in shown(await other.get("/"))
    card = await officer.get(f"/grants/{grant}")
    assert f'href="/fees/engagements/{number}"' in card.text
    assert f'href="/fees?grant={grant}"' in card.text
    assert f'href="/fees/new?creator=P-{creator}&amp;grant={grant}"' in card.text
    auditor = await browser(clients, world.auditor)
    assert "Läsning" in shown(await auditor.get(f"/grants/{grant}"))
    trail = await auditor.get(f"/audit?record={number}")
    assert "Engagement registered" in shown(trail)
    [href] = set(re.findall(r'href="(/audit/[0-9]+)"', trail.text))
    entry = await auditor.get(href)
    assert f'href="/fees/engagements/{number}"' in entry.text
    assert "Skapare" not in entry.text
