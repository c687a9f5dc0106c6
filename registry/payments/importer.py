"""Importing payments: the same rules as one by one, over a whole file, all or nothing, written by COPY."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from registry.core.access import Permission, Scope
from registry.core.errors import N_, RegistryError
from registry.core.money import Money
from registry.core.numbers import mask_org_number
from registry.database import copy_rows, fetch
from registry.documents.sheet import SheetErrors
from registry.grants.schemas import grant_number
from registry.imports import Imported, Source, importing, refuse
from registry.parties.queries import UnknownPartyError
from registry.parties.service import demand
from registry.payments.registrar import COLUMNS
from registry.payments.rules import GrantState, KeyReusedError, attest_of, body_hash, check_payment
from registry.payments.schemas import Attest, PaymentDetails, payment_number
from registry.payments.states import read_states
from registry.trail import Recording

CHUNK = 5_000
"""Rows decided before they are written."""


class NoGrantError(RegistryError):
    """No decision with that number for that recipient."""

    code = "unknown-grant"
    status = 400
    message = N_("There is no decision %(dnr)s of this funder for this recipient. Register the decision first.")


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A row of an import file, read and checked for form."""

    payment_id: str
    funder: str
    dnr: str
    recipient: str
    amount: Money
    paid_on: date
    voucher: str
    reference: str


class _Known:
    """What the file's rows are about: parties, grants and payments that are there already."""

    def __init__(self) -> None:
        self.parties: dict[str, int] = {}
        self.grants: dict[tuple[int, str, int], int] = {}
        self.states: dict[int, GrantState] = {}
        self.keys: dict[tuple[str, str], tuple[int, bytes]] = {}

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
        self.states = await read_states(grant_ids, plans_of=(), vouchers_of=grant_ids)
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            for row in await fetch(
                "SELECT p.id, p.key_scope, p.key, p.body_hash FROM payment p"
                " JOIN unnest($1::text[], $2::text[]) AS k (key_scope, key)"
                " ON k.key_scope = p.key_scope AND k.key = p.key",
                [scope_of(row.funder) for _number, row in part],
                [row.payment_id for _number, row in part],
            ):
                self.keys[(row["key_scope"], row["key"])] = (row["id"], row["body_hash"])

    def party(self, org_number: str, column: str) -> int:
        """A party's id. Raises: UnknownPartyError."""
        found = self.parties.get(org_number)
        if found is None:
            raise UnknownPartyError(field=column, party=mask_org_number(org_number))
        return found

    def state_of(self, row: PaymentRow) -> GrantState:
        """The state of the grant that a row pays. Raises: UnknownPartyError, NoGrantError."""
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
    done = Imported()
    async with importing(scope, dry_run=dry_run) as unit:
        known = _Known()
        await known.read(rows)
        first = await unit.next_id("payment", count=0)
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            written = [
                taken
                for number, row in part
                if (taken := _take(unit, known, number, row, source, errors, done, first)) is not None
            ]
            if written and not len(errors):
                await unit.close()
                await copy_rows("payment", COLUMNS, written)
            unit.forget()
            advance(len(part))
        refuse(errors)
    return done


def _take(
    unit: Recording,
    known: _Known,
    number: int,
    row: PaymentRow,
    source: Source,
    errors: SheetErrors,
    done: Imported,
    first: int,
) -> tuple[object, ...] | None:
    """Decide one row; its row for COPY, or None when there is nothing to write."""
    key_scope = scope_of(row.funder)
    try:
        state = known.state_of(row)
        digest = body_hash(
            {
                "grant": state.id,
                "amount": int(row.amount),
                "paid_on": row.paid_on,
                "voucher": row.voucher,
                "reference": row.reference,
            }
        )
        before = known.keys.get((key_scope, row.payment_id))
        if before is not None:
            if before[1] != digest:
                raise KeyReusedError(field="payment_id", key=row.payment_id)
            done.unchanged += 1
            return None
        details = PaymentDetails.model_construct(
            grant=grant_number(state.id), amount_ore=row.amount, paid_on=row.paid_on, voucher=row.voucher,
            reference=row.reference, instalment=None,
        )  # fmt: skip
        check_payment(details, state, unit.scope, today=unit.today)
    except RegistryError as error:
        if error.field == "grant":
            error.field = "funder"
        errors.add_refusal(number, "payment_id", error)
        return None
    payment_id = first + done.new
    done.new += 1
    state.take(details, payment_number(payment_id))
    known.keys[(key_scope, row.payment_id)] = (payment_id, digest)
    if len(errors):
        return None
    attest = Attest.LEDGER if row.voucher else attest_of(details, state)
    entry = unit.enter("payments:payment:register", file=source.name, sha256=source.sha256, row=number)
    taken = (
        payment_id, state.id, None, int(row.amount), row.paid_on, row.voucher, row.reference, attest.value, key_scope,
        row.payment_id, digest, unit.now, unit.scope.user_id, entry.seq,
    )  # fmt: skip
    entry.add("payment", dict(zip(COLUMNS, taken, strict=True)))
    return taken
