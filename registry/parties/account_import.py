"""Accounts in an import of parties: another one than in force becomes a request, and the old one stays meanwhile."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from registry.imports import Source
from registry.parties.accounts import RequestWaitsError, insert_request
from registry.parties.schemas import AccountDetails, AccountSource, PartyDetails, request_number
from registry.texts import _
from registry.trail import Recording


class AccountImport:
    """The changes of account of one file."""

    def __init__(self, waiting: Mapping[int, asyncpg.Record], source: Source) -> None:
        self._waiting = waiting
        self._source = source
        self._wanted: list[tuple[int, Mapping[str, Any], tuple[str, str]]] = []

    def take(self, number: int, party: Mapping[str, Any], now: asyncpg.Record, details: PartyDetails) -> PartyDetails:
        """The details with the accounts in force; what the file says of them is kept for a request.

        Raises: RequestWaitsError when another request waits for the party.
        """
        old = (now["bankgiro"], now["plusgiro"])
        new = (details.bankgiro or old[0], details.plusgiro or old[1])
        if new != old:
            waiting = self._waiting.get(party["id"])
            if waiting is None:
                self._wanted.append((number, party, new))
            elif (waiting["bankgiro"], waiting["plusgiro"]) != new:
                raise RequestWaitsError(field="bankgiro", request=request_number(waiting["id"]))
        return details.model_copy(update={"bankgiro": old[0], "plusgiro": old[1]})

    async def write(self, unit: Recording) -> int:
        """Write the requests, each in an entry of its own. Returns how many there are."""
        for number, party, (bankgiro, plusgiro) in self._wanted:
            source = self._source
            entry = unit.enter("parties:account:request", file=source.name, sha256=source.sha256, row=number)
            details = AccountDetails(
                bankgiro=bankgiro,
                plusgiro=plusgiro,
                valid_from=unit.today,
                reason=_("Read from a file"),
                evidence=f"{source.name}:{number}"[:200],
            )
            await insert_request(unit, entry, party, details, AccountSource.IMPORT)
        return len(self._wanted)
