"""What to say when the database itself refuses: one message for each of its constraints."""

from registry.core.errors import N_, ConflictError

MESSAGES: dict[str, tuple[str, str, str]] = {
    "append_only": ("append-only", "", N_("What is registered is never changed. Register a correction instead.")),
    "year_is_open": (
        "year-closed",
        "",
        N_("The funder has closed that year. Register the correction with a date in an open year."),
    ),
    "grant_balance_not_overspent": (
        "payment-exceeds-grant",
        "amount",
        N_("The payments would be more than what is granted. Lower the amount or amend the decision first."),
    ),
    "grant_balance_not_negative": (
        "below-zero",
        "amount",
        N_("More would be taken back than has been registered."),
    ),
    "grant_balance_repaid": (
        "repaid-exceeds-paid",
        "amount",
        N_("More would be repaid than has been paid out on the grant."),
    ),
    "budget_frame_not_exceeded": (
        "frame-exceeded",
        "amount",
        N_("The decisions would be more than the programme's frame for the year. Raise the frame first."),
    ),
    "budget_frame_not_negative": ("below-zero", "amount", N_("A frame can't be less than 0.")),
    "budget_frame_once": ("frame-exists", "year", N_("The programme already has a frame for that year.")),
    "funding_grant_frame": (
        "frame-missing",
        "programme",
        N_("The programme has no frame for that year. Register the frame first."),
    ),
    "funding_grant_programme_of_funder": (
        "other-funder",
        "programme",
        N_("The programme belongs to another funder. Choose one of your own programmes."),
    ),
    "funding_grant_once": (
        "grant-exists",
        "dnr",
        N_("This recipient already has a decision with that registration number. Amend it instead."),
    ),
    "funding_grant_amount": ("invalid-amount", "amount", N_("The amount must be more than 0.")),
    "funding_grant_period": ("invalid-period", "period_to", N_("The period must end on or after the day it starts.")),
    "funding_grant_via_other": ("invalid-via", "via", N_("The intermediary must be another than the recipient.")),
    "instalments_add_up": (
        "instalments-differ",
        "instalments",
        N_("The instalments must add up to the amount of the decision."),
    ),
    "instalment_position": ("instalments-differ", "instalments", N_("Two instalments have the same position.")),
    "instalment_amount": ("invalid-amount", "instalments", N_("An instalment can't be less than 0.")),
    "amendment_after_decision": (
        "before-decision",
        "decided_on",
        N_("An amendment can't be dated before the decision that it amends."),
    ),
    "amendment_key": ("key-reused", "", N_("The same form has already been used for something else. Start again.")),
    "amendment_sign": ("invalid-amount", "amount", N_("An increase raises and a decrease lowers the grant.")),
    "amendment_reason": ("reason-missing", "reason", N_("Write the reason.")),
    "payment_after_decision": (
        "before-decision",
        "paid_on",
        N_("A payment can't be dated before the decision. Check the date."),
    ),
    "payment_key": (
        "idempotency-key-reused",
        "",
        N_("The key has been used for another payment. Use a new key for a new payment."),
    ),
    "payment_amount": ("invalid-amount", "amount", N_("The amount must be more than 0.")),
    "payment_attest": ("invalid-attest", "", N_("The payment says nothing that is known of its attest.")),
    "attestation_pkey": ("already-attested", "", N_("The payment is already attested.")),
    "attestation_four_eyes": (
        "own-payment",
        "",
        N_("The one who registered a payment can't attest it. Ask a colleague."),
    ),
    "attestation_not_reversed": ("already-reversed", "", N_("The payment is reversed and can't be attested.")),
    "reversal_pkey": ("already-reversed", "", N_("The payment is already reversed.")),
    "reversal_after_payment": (
        "before-payment",
        "reversed_on",
        N_("A reversal can't be dated before the payment."),
    ),
    "reversal_reason": ("reason-missing", "reason", N_("Write the reason.")),
    "repayment_key": ("key-reused", "", N_("The same form has already been used for something else. Start again.")),
    "repayment_amount": ("invalid-amount", "amount", N_("The amount must be more than 0.")),
    "repayment_reason": ("reason-missing", "reason", N_("Write the reason.")),
    "party_org_number_key": (
        "party-exists",
        "org_number",
        N_("A party with that organisation number is already registered."),
    ),
    "party_language": ("invalid-language", "language", N_("Choose Swedish, Finnish or English.")),
    "party_not_own_successor": ("invalid-successor", "successor", N_("A party can't be its own successor.")),
    "party_merger_is_whole": ("invalid-successor", "merged_on", N_("A merger needs both a successor and a date.")),
    "funder_party": ("party-missing", "", N_("The funder is not registered as a party.")),
    "funder_attest_from_not_negative": ("invalid-amount", "attest_from", N_("The amount can't be less than 0.")),
    "programme_code": ("programme-exists", "code", N_("The funder already has a programme with that code.")),
    "programme_kind": ("invalid-kind", "kind", N_("Choose one of the kinds.")),
    "programme_of_funder": ("programme-exists", "code", N_("The funder already has a programme with that code.")),
    "closed_year_once": ("year-closed", "year", N_("The year is already closed.")),
    "app_user_email_key": ("user-exists", "email", N_("There is already a user with that e-mail address.")),
    "app_user_role": ("invalid-role", "role", N_("Choose one of the roles.")),
    "app_user_officer_has_funder": ("funder-missing", "funder", N_("An officer, and no one else, has a funder.")),
    "app_user_association_has_party": (
        "party-missing",
        "party",
        N_("An association's user, and no one else, has a party."),
    ),
    "app_user_email_is_lower": ("invalid-email", "email", N_("Write the e-mail address in small letters.")),
    "api_token_token_hash_key": ("token-exists", "", N_("The token already exists. Make a new one.")),
    "agreement_period": ("invalid-period", "period_to", N_("The period must end on or after the day it starts.")),
    "priority_area_position": ("area-exists", "position", N_("Two areas have the same position.")),
    "priority_area_code_key": ("area-exists", "code", N_("There is already an area with that code.")),
    "statement_version": ("statement-exists", "", N_("That version of the statement is already issued.")),
    "statement_number": ("statement-exists", "", N_("That number is already used by another statement.")),
    "statement_code_key": ("statement-exists", "", N_("That code is already used by another statement.")),
    "fee_schedule_period": ("invalid-period", "valid_to", N_("The period must end on or after the day it starts.")),
    "fee_schedule_applies_by": ("invalid-date", "applies_by", N_("Choose the booking date or the contract date.")),
    "fee_level_code": ("level-exists", "levels", N_("A code stands twice. Each level has a code of its own.")),
    "fee_level_position": ("level-exists", "levels", N_("Two levels have the same position.")),
    "fee_level_amount": ("invalid-amount", "levels", N_("The amount must be more than 0.")),
    "fee_level_basis": ("invalid-basis", "levels", N_("A level is stated as F-tax without VAT or as a salary.")),
    "fee_level_unit": ("invalid-unit", "levels", N_("Choose one of the units.")),
    "fee_rates_years": ("invalid-period", "year_to", N_("The last year must be the first one or a later one.")),
    "fee_rates_percent": ("invalid-percent", "", N_("A percentage lies between 0 and 100.")),
    "engagement_key": ("key-reused", "", N_("The same form has already been used for something else. Start again.")),
    "engagement_replaced_once": (
        "already-replaced",
        "",
        N_("Somebody has corrected this engagement meanwhile. Open it again and start from what it says now."),
    ),
    "engagement_of_chain": ("already-replaced", "", N_("The engagement already has that row.")),
    "engagement_same_chain": ("invalid-correction", "", N_("A correction belongs to the engagement that it corrects.")),
    "engagement_kind": ("invalid-correction", "", N_("A correction belongs to the engagement that it corrects.")),
    "engagement_not_cancelled": ("engagement-cancelled", "", N_("A cancelled engagement can't be taken up again.")),
    "engagement_same_funder": (
        "other-funder",
        "funder",
        N_("An engagement stays with the funder that registered it. Cancel it and register another."),
    ),
    "engagement_grant_of_funder": (
        "other-funder",
        "grant",
        N_("The grant is another funder's. Choose one of the funder that registers the engagement."),
    ),
    "engagement_reason": ("reason-missing", "reason", N_("Write the reason.")),
    "engagement_dated": (
        "date-missing",
        "event_date",
        N_("Write the day of the event, of the contract or of the booking, so that the engagement belongs to a year."),
    ),
    "engagement_amounts": ("invalid-amount", "agreed_fee", N_("The amount can't be less than 0.")),
    "engagement_quantity": ("invalid-quantity", "quantity", N_("The quantity must be more than 0.")),
    "engagement_tax": ("invalid-tax", "tax", N_("Choose F-tax or A-tax.")),
    "engagement_vat": ("invalid-percent", "vat_rate", N_("A percentage lies between 0 and 100.")),
    "party_protection_reason": ("reason-missing", "reason", N_("Write the reason.")),
    "user_right_permission": ("invalid-right", "permission", N_("There is no such right to give.")),
    "user_right_reason": ("reason-missing", "reason", N_("Write the reason.")),
    "chain_head_is_one": ("chain", "", N_("The trail has one head only.")),
    "registry_state_is_one": ("state", "", N_("The registry has one state only.")),
}
"""Constraint → code, field and message."""


def conflict(constraint: str) -> ConflictError:
    """The error to raise when `constraint` refused a write."""
    code, field, message = MESSAGES.get(constraint, ("conflict", "", ConflictError.message))
    error = ConflictError(field=field, message=message, constraint=constraint)
    error.code = code
    return error
