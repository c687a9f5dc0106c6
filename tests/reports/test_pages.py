"""Reports in the browser: the list and its files, demanding, and each step; what an association sees."""

from datetime import date, timedelta

from registry import trail
from registry.database import fetch_value
from registry.grants.stops import stop_grant
from registry.reports.schemas import ReportEvent
from tests.browsing import browser, csv_rows, held, shown, wrong_fields, xlsx_rows
from tests.conftest import Clients
from tests.factories import World, make_demand, make_grant, make_payment, take_step

PAST, FUTURE = date(2026, 2, 28), trail.today() + timedelta(days=30)


async def test_a_report_is_demanded_and_followed_to_its_approval(clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    officer = await browser(clients, world.officer)
    form = await officer.get(f"/grants/{grant}/report")
    assert "Demand a report" in shown(form)
    fields = {"kind": "final", "due_on": FUTURE.isoformat(), "demanded_on": trail.today().isoformat()}
    answer = await officer.submit(f"/grants/{grant}/report", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/grants/{grant}#reports")
    card = await officer.get("/reports/D-1")
    assert "Final report" in shown(card)
    assert "It has come" in shown(card)
    assert "Approve it" not in shown(card)
    today = trail.today().isoformat()
    for step in ({"event": "received", "reference": "KUN 2026/77"}, {"event": "approved"}):
        answer = await officer.submit("/reports/D-1/step", happened_on=today, **step)
        assert answer.status_code == 303
    approved = shown(await officer.get("/reports/D-1"))
    assert "approved" in approved
    assert "KUN 2026/77" in approved
    history = shown(await officer.get(f"/grants/{grant}"))
    for text in ("D-1 Final report: demanded", "D-1 Final report: received", "D-1 Final report: approved"):
        assert text in history


async def test_what_was_typed_comes_back_with_what_is_wrong(clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    report = await make_demand(grant, due_on=PAST)
    officer = await browser(clients, world.officer)
    answer = await officer.submit(f"/grants/{grant}/report", kind="other", due_on="31 maj", title="", demanded_on="")
    assert (answer.status_code, wrong_fields(answer)) == (400, {"due_on", "demanded_on"})
    assert held(answer, "due_on") == "31 maj"
    await take_step(report, ReportEvent.RECEIVED, PAST)
    fields = {"event": "returned", "happened_on": "2026-03-01", "reason": "", "reference": "Dnr 7"}
    answer = await officer.submit(f"/reports/{report}/step", **fields)
    assert (answer.status_code, wrong_fields(answer)) == (409, {"reason", "due_on"})
    assert held(answer, "reference") == "Dnr 7"
    answer = await officer.submit(f"/reports/{report}/step", event="extended", happened_on="2026-03-01")
    assert answer.status_code == 409
    assert "received" in shown(answer)
    answer = await officer.submit(f"/reports/{report}/step", happened_on="2026-03-01")
    assert (answer.status_code, "Choose one of the alternatives." in shown(answer)) == (400, True)


async def test_the_list_and_its_files_say_the_same(clients: Clients, world: World) -> None:
    mine, other = await make_grant(world.programme, world.abf), await make_grant(world.region_programme, world.bilda)
    late = await make_demand(mine, due_on=PAST)
    await make_demand(other, due_on=FUTURE)
    officer = await browser(clients, world.officer)
    page = shown(await officer.get("/reports"))
    assert "2 reports, 1 overdue" in page
    query = "?status=overdue&sort=-due_on"
    assert "1 report, 1 overdue" in shown(await officer.get(f"/reports{query}"))
    rows = csv_rows((await officer.get(f"/reports.csv{query}")).content)
    assert [(row["report"], row["grant"], row["status"]) for row in rows] == [(late, mine, "overdue")]
    sheet = xlsx_rows((await officer.get(f"/reports.xlsx{query}")).content)
    assert sheet[1][0] == late
    assert "No report fits the filter" in shown(await officer.get("/reports?status=waived"))
    assert (await officer.get("/reports?status=nothing")).status_code == 400
    assert (await officer.get("/reports.csv?from=soon")).status_code == 400


async def test_an_association_sees_what_to_send_to_whom(clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    report = await make_demand(grant, due_on=PAST, scope=await world.scope("officer"))
    await stop_grant(await world.scope("officer"), grant, reason="Vi väntar på er revisor.")
    name = await fetch_value("SELECT name FROM app_user WHERE id = $1", world.officer)
    abf = await browser(clients, world.abf_user)
    card = shown(await abf.get(f"/reports/{report}"))
    assert "Where to send it" in card
    assert "Next step" not in card
    assert f"by {name}" not in card
    own = shown(await abf.get(f"/grants/{grant}"))
    assert "Payments are stopped since" in own
    assert "Vi väntar på er revisor." in own
    assert "Ask the funder" in own
    assert f"by {name}" not in own
    assert report in shown(await abf.get("/reports"))
    bilda = await browser(clients, world.bilda_user)
    assert "No reports yet" in shown(await bilda.get("/reports"))


async def test_the_payment_form_shows_the_stop_before_anything_is_typed(clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    report = await make_demand(grant, due_on=PAST)
    officer = await browser(clients, world.officer)
    form = await officer.get(f"/payments/new?grant={grant}")
    assert "An overdue report stops this payment" in shown(form)
    assert f"/reports/{report}" in form.text
    fields = {"grant": grant, "amount": "100", "paid_on": "2025-03-01", "reference": "Del 1"}
    answer = await officer.submit("/payments/new", **fields, idempotency_key="k1")
    assert (answer.status_code, wrong_fields(answer)) == (409, {"override_reason"})
    assert held(answer, "reference") == "Del 1"
    answer = await officer.submit("/payments/new", **fields, idempotency_key="k1", override_reason="Brådskar")
    assert answer.status_code == 303
    payment = shown(await officer.get(answer.headers["location"]))
    assert "Paid although a report was overdue" in payment
    assert "Brådskar" in payment
    assert f"despite {report}" in shown(await officer.get(f"/grants/{grant}"))
    [row] = csv_rows((await officer.get("/payments.csv")).content)
    assert row["override_reason"] == f"{report}: Brådskar"


async def test_a_stop_is_made_and_released_in_the_browser(clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    waiting = await make_payment(grant, scope=await world.scope("officer"))
    officer = await browser(clients, world.officer)
    answer = await officer.submit(f"/grants/{grant}/stop", reason="", stopped_on="i går")
    assert (answer.status_code, wrong_fields(answer)) == (400, {"reason", "stopped_on"})
    today = trail.today().isoformat()
    answer = await officer.submit(f"/grants/{grant}/stop", reason="Utredning pågår", stopped_on=today)
    assert answer.status_code == 303
    card = shown(await officer.get(f"/grants/{grant}"))
    assert "Utredning pågår" in card
    assert "Release the stop" in card
    assert "Register payment" not in card
    assert "stopped" in shown(await officer.get("/grants?stopped=1"))
    form = await officer.get(f"/payments/new?grant={grant}")
    assert 'name="amount"' not in form.text
    answer = await officer.submit("/payments/new", grant=grant, amount="100", paid_on=today, idempotency_key="k1")
    assert answer.status_code == 409
    assert "Utredning pågår" in shown(answer)
    assert held(answer, "amount") == "100"
    colleague = await browser(clients, world.colleague)
    assert "It can't be attested" in shown(await colleague.get(f"/payments/{waiting}"))
    answer = await colleague.submit(f"/payments/{waiting}/attest")
    assert answer.status_code == 409
    answer = await officer.submit(f"/grants/{grant}/release", reason="Utrett", released_on=today)
    assert answer.status_code == 303
    assert (await colleague.submit(f"/payments/{waiting}/attest")).status_code == 303


async def test_a_decision_demands_what_is_usual_or_what_is_typed(clients: Clients, world: World) -> None:
    officer = await browser(clients, world.officer)
    fields = {"programme": f"{world.programme}:2025", "plan": "once", "decided_on": "2025-02-03"}
    answer = await officer.submit("/grants/new", **fields, action="suggest")
    assert answer.status_code == 200
    assert held(answer, "report_due_1") == "2026-05-15"
    assert held(answer, "report_due_3") == ""
    answer = await officer.submit("/grants/new", action="suggest")
    assert (answer.status_code, wrong_fields(answer)) == (400, {"programme"})
    fields |= {"recipient": f"P-{world.abf}", "dnr": "KUN 2025/9", "decider": "Nämnden", "amount": "100"}
    wrong = {"report_kind_1": "final", "report_due_1": "", "report_kind_2": "", "report_title_2": "Bilder"}
    answer = await officer.submit("/grants/new", **fields, **wrong, action="save")
    assert (answer.status_code, wrong_fields(answer)) == (400, {"report_due_1", "report_kind_2", "report_due_2"})
    right = {"report_kind_1": "final", "report_due_1": "2026-02-28"}
    answer = await officer.submit("/grants/new", **fields, **right, action="save")
    assert answer.status_code == 303
    assert "Final report" in shown(await officer.get(answer.headers["location"]))
