"""The Piccolo tables and nothing else. `TABLES` lists them in an order that a restore can follow."""

from piccolo.table import Table

from registry.tables import (
    accounts,
    activity,
    allocations,
    batches,
    fees,
    initiatives,
    recoveries,
    reminders,
    reports,
    statuses,
    stops,
)
from registry.tables.agreements import (
    Agreement,
    AgreementArea,
    AgreementParty,
    AgreementWithdrawal,
    PriorityArea,
)
from registry.tables.grants import Amendment, Grant, GrantBalance, GrantBenefit, Instalment
from registry.tables.parties import Funder, Party, PartyProtection, PartyVersion
from registry.tables.payments import Attestation, Payment, Repayment, Reversal
from registry.tables.programmes import BudgetFrame, ClosedYear, Programme
from registry.tables.statements import Statement
from registry.tables.trail import ChainHead, RegistryState, TrailEntry
from registry.tables.users import ApiToken, LoginAttempt, LoginSession, User, UserRight

TABLES: list[type[Table]] = [
    ChainHead,
    TrailEntry,
    RegistryState,
    Party,
    PartyVersion,
    Funder,
    User,
    LoginSession,
    ApiToken,
    LoginAttempt,
    UserRight,
    PartyProtection,
    Agreement,
    PriorityArea,
    AgreementParty,
    AgreementArea,
    AgreementWithdrawal,
    Programme,
    BudgetFrame,
    ClosedYear,
    Grant,
    GrantBalance,
    Amendment,
    Instalment,
    GrantBenefit,
    Payment,
    Attestation,
    Reversal,
    Repayment,
    Statement,
    *statuses.TABLES,
    *activity.TABLES,
    *fees.TABLES,
    *allocations.TABLES,
    *stops.TABLES,
    *reports.TABLES,
    *recoveries.TABLES,
    *accounts.TABLES,
    *reminders.TABLES,
    *initiatives.TABLES,
    *batches.TABLES,
]

__all__ = [
    "TABLES",
    "Agreement",
    "AgreementArea",
    "AgreementParty",
    "AgreementWithdrawal",
    "Amendment",
    "ApiToken",
    "Attestation",
    "BudgetFrame",
    "ChainHead",
    "ClosedYear",
    "Funder",
    "Grant",
    "GrantBalance",
    "GrantBenefit",
    "Instalment",
    "LoginAttempt",
    "LoginSession",
    "Party",
    "PartyProtection",
    "PartyVersion",
    "Payment",
    "PriorityArea",
    "Programme",
    "RegistryState",
    "Repayment",
    "Reversal",
    "Statement",
    "TrailEntry",
    "User",
    "UserRight",
]
