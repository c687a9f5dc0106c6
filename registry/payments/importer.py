"""Importing payments: the same rules as one by one, over a whole file, all or nothing, written by COPY.

The rows are decided while the database takes them in: COPY draws them from a generator.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from registry.core.access import Permission, Scope
from registry.core.errors import N_, RegistryError
from registry.core.money import Money
from registry.core.numbers import mask_org_number
from registry.database import copy_rows, fetch
from registry.documents.sheet import SheetErrors
from registry.imports import Flag, Imported, Source, importing, refuse
from registry.parties.queries import UnknownPartyError
from registry.parties.service import demand
from registry.payments.registrar import COLUMNS, OVERRIDE_COLUMNS, override_rows
from registry.payments.rules import (
    GrantState,
    KeyReusedError,
    ReportOverdueError,
    attest_of,
    check_holds,
    check_payment,
    find_oddities,
)
from registry.payments.schemas import Attest, OverrideKind, payment_number
from registry.payments.states import read_states
from registry.trail import Entry, Recording

STEP = 1_000
"""Rows between two tellings of progress."""


COLUMN_OF = {"other-funder": "funder", "grant-stopped": "dnr", "report-overdue": "override_reason"}
"""The column that says what a refusal is about, where it isn't named as the field."""

LEFT_ALREADY = N_(
    "%(report)s, %(title)s, was due on %(day)s and has not come, but the money has left. See to the report."
)
"""What is said of a report that was overdue when a file told of a payment that had left."""


class NoGrantError(RegistryError):
    """No decision with that number for that recipient."""

    code = "unknown-grant"
    status = 400
    message = N_("There is no decision %(dnr)s of this funder for this recipient. Register the decision first.")


class PaymentRow(NamedTuple):
    """A row of an import file, checked for form. `override_reason` says why it is paid although a report is late."""

    payment_id: str
    funder: str
    dnr: str
    recipient: str
    amount_ore: Money
    paid_on: date
    voucher: str
    reference: str
    override_reason: str = ""

    @property
    def instalment(self) -> None:
        """A file pays freely, on no instalment of the plan."""
        return


class _Known:
    """What the file's rows are about: parties, grants and payments that are there already."""

    def __init__(self) -> None:
        self.parties: dict[str, int] = {}
        self.grants: dict[tuple[int, str, int], int] = {}
        self.states: dict[int, GrantState] = {}
        self.keys: dict[tuple[str, str], bytes] = {}
        self._named: dict[tuple[str, str, str], GrantState] = {}

    async def read(self, rows: Sequence[tuple[int, PaymentRow]]) -> None:
        """Read it all at once; cost grows with the file, not with the database."""
        self.parties = {row["org_number"]: row["id"] for row in await fetch("SELECT id, org_number FROM party")}
        dnrs = list({row.dnr for _number, row in rows})
        self.grants = {
            (row["funder_id"], row["dnr"], row["recipient_id"]): row["id"]
            for row in await fetch(
                "SELECT id, funder_id, dnr, recipient_id FROM funding_grant WHERE dnr = ANY($1::text[])", dnrs
            )
        }
        grant_ids = list(self.grants.values())
        self.states = await read_states(grant_ids)
        for funder in {row.funder for _number, row in rows}:
            keys = [row.payment_id for _number, row in rows if row.funder == funder]
            for found in await fetch(
                "SELECT p.key, p.body_hash FROM payment p WHERE p.key_scope = $1 AND p.key = ANY($2::text[])",
                scope_of(funder),
                keys,
            ):
                self.keys[(funder, found["key"])] = found["body_hash"]

    def party(self, org_number: str, column: str) -> int:
        """A party's id. Raises: UnknownPartyError."""
        found = self.parties.get(org_number)
        if found is None:
            raise UnknownPartyError(field=column, party=mask_org_number(org_number))
        return found

    def state_of(self, row: PaymentRow) -> GrantState:
        """The state of the grant that a row pays. Raises: UnknownPartyError, NoGrantError."""
        name = (row.funder, row.dnr, row.recipient)
        state = self._named.get(name)
        if state is None:
            state = self._named[name] = self._find(row)
        return state

    def _find(self, row: PaymentRow) -> GrantState:
        funder_id, recipient_id = self.party(row.funder, "funder"), self.party(row.recipient, "recipient")
        grant_id = self.grants.get((funder_id, row.dnr, recipient_id))
        if grant_id is None:
            raise NoGrantError(field="dnr", dnr=row.dnr)
        return self.states[grant_id]


def scope_of(funder: str) -> str:
    """Whose ids a file's `payment_id` are: the funder's, whoever imports."""
    return f"import:{funder}"


async def import_payments(
    scope: Scope,
    rows: Sequence[tuple[int, PaymentRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
    advance: Callable[[int], None] = lambda _count: None,
) -> Imported:
    """Register the payments of a file, all or none; one that is already there with the same facts is left alone.

    A row with a voucher was attested in the accounting system and counts as paid at once. `advance` is told how many
    rows are done. Raises: RefusedRowsError.
    """
    demand(scope, Permission.PAYMENTS_REGISTER)
    work = _Work(scope, source, errors)
    async with importing(scope, dry_run=dry_run) as unit:
        await work.known.read(rows)
        first = await unit.next_id("payment", count=0)
        work.last_override = await unit.next_id("report_override", count=0) - 1
        await copy_rows("payment", COLUMNS, work.decide(unit, rows, first, advance))
        refuse(errors)
        if work.overrides:
            await copy_rows("report_override", OVERRIDE_COLUMNS, work.overrides)
    return work.done


class _Work:
    """The import of one file."""

    def __init__(self, scope: Scope, source: Source, errors: SheetErrors) -> None:
        self.known = _Known()
        self.done = Imported()
        self.last_override = 0
        self.overrides: list[tuple[object, ...]] = []
        self._scope = scope
        self._source = source
        self._errors = errors

    def decide(
        self, unit: Recording, rows: Sequence[tuple[int, PaymentRow]], first: int, advance: Callable[[int], None]
    ) -> Iterator[tuple[object, ...]]:
        """The rows to write, as COPY asks for them; from the first error on there are none, but all are checked."""
        errors, done, source = self._errors, self.done, self._source
        for place, (number, row) in enumerate(rows):
            if place % STEP == 0:
                unit.seal()
                advance(min(STEP, len(rows) - place))
            try:
                decided = self._decide(unit, number, row, first + done.new)
            except RegistryError as error:
                error.field = COLUMN_OF.get(error.code, error.field)
                errors.add_refusal(number, "payment_id", error)
                if errors.full:
                    return
                continue
            if decided is None:
                done.unchanged += 1
                continue
            done.new += 1
            if not len(errors):
                entry = unit.enter("payments:payment:register", file=source.name, sha256=source.sha256, row=number)
                written = (*decided, entry.seq)
                entry.add("payment", dict(zip(COLUMNS, written, strict=True)))
                self._tell_overdue(entry, row, first + done.new - 1)
                yield written

    def _tell_overdue(self, entry: Entry, row: PaymentRow, payment_id: int) -> None:
        """A payment although a report was overdue says so for good: why somebody decided it, or that it had left."""
        state = self.known.state_of(row)
        if state.holds is not None and state.holds.overdue:
            kind = OverrideKind.OVERRIDE if row.override_reason else OverrideKind.BOOKED
            self.overrides += override_rows(
                entry, state, payment_id, kind=kind, reason=row.override_reason,
                last=self.last_override + len(self.overrides),
            )  # fmt: skip

    def _decide(self, unit: Recording, number: int, row: PaymentRow, payment_id: int) -> tuple[object, ...] | None:
        """Decide one row: its values but for `seq`, or None when it is there already. Raises: RegistryError.

        What has a voucher has left already: what is odd about it is told, and it is taken.
        """
        known = self.known
        state = known.state_of(row)
        facts = f"{state.id}\x1f{int(row.amount_ore)}\x1f{row.paid_on}\x1f{row.voucher}\x1f{row.reference}"
        if row.override_reason:
            facts += f"\x1f{row.override_reason}"
        digest = hashlib.sha256(facts.encode()).digest()
        key = row.funder, row.payment_id
        before = known.keys.get(key)
        if before is not None:
            if before != digest:
                raise KeyReusedError(field="payment_id", key=row.payment_id)
            return None
        check_payment(row, state, self._scope, today=unit.today)
        if state.holds is not None:
            why = row.override_reason
            if not row.voucher:
                check_holds(row, state, override=why)
            self.done.flags += [Flag(number, _told(odd)) for odd in find_oddities(row, state, override=why)]
        state.take(row, payment_number(payment_id))
        known.keys[key] = digest
        attest = Attest.LEDGER if row.voucher else attest_of(row, state)
        return (
            payment_id, state.id, None, int(row.amount_ore), row.paid_on, row.voucher, row.reference, attest.value,
            scope_of(row.funder), row.payment_id, digest, unit.now, self._scope.user_id,
        )  # fmt: skip


def _told(odd: RegistryError) -> RegistryError:
    """What is odd about money that has left, without asking anybody to write why it should."""
    if isinstance(odd, ReportOverdueError):
        odd.message = LEFT_ALREADY
    return odd
