"""The trail in plain language: what its actions, tables and columns are called."""

from registry.audit.schemas import Finding
from registry.core.errors import N_
from registry.texts import _, fill

SLICES = {
    "agreements": N_("Agreements"),
    "funders": N_("Funders"),
    "grants": N_("Grants"),
    "parties": N_("Parties"),
    "payments": N_("Payments"),
    "programmes": N_("Programmes"),
    "statements": N_("Statements"),
    "summaries": N_("Summaries"),
    "system": N_("System"),
    "users": N_("Users"),
}

ACTIONS = {
    "agreements:agreement:register": N_("Agreement registered"),
    "funders:funder:register": N_("Funder registered"),
    "funders:funder:change": N_("Funder changed"),
    "funders:year:close": N_("Year closed"),
    "grants:grant:decide": N_("Grant decided"),
    "grants:grant:amend": N_("Grant amended"),
    "grants:list:export": N_("List of grants exported"),
    "parties:party:register": N_("Party registered"),
    "parties:party:change": N_("Party changed"),
    "parties:party:merge": N_("Parties merged"),
    "parties:import": N_("Parties read from a file"),
    "parties:list:export": N_("List of parties exported"),
    "payments:list:export": N_("List of payments exported"),
    "payments:payment:register": N_("Payment registered"),
    "payments:payment:attest": N_("Payment attested"),
    "payments:payment:reverse": N_("Payment reversed"),
    "payments:repayment:register": N_("Repayment registered"),
    "programmes:programme:register": N_("Programme registered"),
    "programmes:programme:change": N_("Programme changed"),
    "programmes:list:export": N_("List of programmes exported"),
    "programmes:import": N_("Programmes read from a file"),
    "programmes:frame:set": N_("Budget frame set"),
    "statements:statement:issue": N_("Statement issued"),
    "summaries:summary:export": N_("Summary exported"),
    "system:demo:begin": N_("Demo data begun"),
    "system:demo:load": N_("Demo data loaded"),
    "system:registry:upgrade": N_("Registry upgraded"),
    "users:user:create": N_("User created"),
    "users:user:change": N_("User changed"),
    "users:password:set": N_("Password set"),
    "users:token:create": N_("API token created"),
}

TABLES = {
    "agreement": N_("Agreement"),
    "amendment": N_("Amendment"),
    "api_token": N_("API token"),
    "app_user": N_("User"),
    "attestation": N_("Attestation"),
    "budget_frame": N_("Budget frame"),
    "closed_year": N_("Closed year"),
    "funder": N_("Funder"),
    "funding_grant": N_("Grant"),
    "instalment": N_("Instalment"),
    "party": N_("Party"),
    "party_version": N_("Particulars of a party"),
    "payment": N_("Payment"),
    "priority_area": N_("Priority area"),
    "programme": N_("Programme"),
    "registry_state": N_("The registry"),
    "repayment": N_("Repayment"),
    "reversal": N_("Reversal"),
    "statement": N_("Statement"),
}

COLUMNS = {
    "accent": N_("Colour"),
    "account": N_("Account"),
    "address": N_("Address"),
    "agreement_id": N_("Agreement"),
    "amount_ore": N_("Amount"),
    "anchor": N_("Anchor"),
    "anchor_hash": N_("Hash of the anchor"),
    "anchor_seq": N_("Entry of the anchor"),
    "app_version": N_("Version of the application"),
    "attest": N_("Attestation"),
    "attest_from_ore": N_("Two must sign from"),
    "bankgiro": N_("Bankgiro"),
    "body_hash": N_("Hash of the request"),
    "closed_at": N_("Closed at"),
    "closed_by": N_("Closed by"),
    "code": N_("Code"),
    "conditions": N_("Conditions"),
    "contact": N_("Contact"),
    "control_total": N_("Control total"),
    "created_at": N_("Created at"),
    "decided_on": N_("Decided on"),
    "decider": N_("Decided by"),
    "delta_ore": N_("Change"),
    "demo": N_("Demo data"),
    "disabled": N_("Disabled"),
    "dnr": N_("Registration number"),
    "due_on": N_("Due on"),
    "email": N_("E-mail"),
    "expires_on": N_("Expires on"),
    "file": N_("File"),
    "file_sha256": N_("Hash of the file"),
    "figures_sha256": N_("Hash of the figures"),
    "format": N_("Format"),
    "funder_id": N_("Funder"),
    "grant_id": N_("Grant"),
    "id": N_("Number"),
    "inside_ksm": N_("Inside Kultursamverkansmodellen"),
    "instalment": N_("Instalment"),
    "issued_on": N_("Issued on"),
    "key": N_("Idempotency key"),
    "key_scope": N_("Whose key"),
    "kind": N_("Kind"),
    "language": N_("Language"),
    "merged_on": N_("Merged on"),
    "municipality": N_("Municipality"),
    "name": N_("Name"),
    "new": N_("After"),
    "number": N_("Number"),
    "old": N_("Before"),
    "org_number": N_("Organisation number"),
    "paid_on": N_("Paid on"),
    "paid_ore": N_("Paid"),
    "paragraph": N_("Paragraph"),
    "party_id": N_("Party"),
    "payment_id": N_("Payment"),
    "pdf_sha256": N_("Hash of the PDF"),
    "period_from": N_("Period from"),
    "period_to": N_("Period to"),
    "personal": N_("Digest of personal details"),
    "plan": N_("Plan"),
    "plusgiro": N_("Plusgiro"),
    "position": N_("Position"),
    "priority_area_id": N_("Priority area"),
    "programme_id": N_("Programme"),
    "protected": N_("Protected"),
    "purpose": N_("Purpose"),
    "question": N_("Question"),
    "reason": N_("Reason"),
    "recipient_id": N_("Recipient"),
    "recorded_at": N_("Recorded at"),
    "recorded_by": N_("Recorded by"),
    "reference": N_("Reference"),
    "repaid_on": N_("Repaid on"),
    "reversed_on": N_("Reversed on"),
    "revoked": N_("Revoked"),
    "role": N_("Role"),
    "row": N_("Row"),
    "rows": N_("Rows"),
    "sha256": N_("Hash of the file"),
    "sort_key": N_("Sort key"),
    "source": N_("Source"),
    "successor_id": N_("Successor"),
    "title": N_("Title"),
    "title_en": N_("Title in English"),
    "title_fi": N_("Title in Finnish"),
    "title_sv": N_("Title in Swedish"),
    "user_id": N_("User"),
    "valid_from": N_("Valid from"),
    "version": N_("Version"),
    "via_id": N_("Via"),
    "voucher": N_("Voucher"),
    "year": N_("Year"),
}


def action_title(action: str) -> str:
    """What an action is called; one that isn't known is shown as it stands."""
    return _(ACTIONS[action]) if action in ACTIONS else action


def table_title(table: str) -> str:
    """What a row of a table is called."""
    return _(TABLES[table]) if table in TABLES else table


def column_title(column: str) -> str:
    """What a column is called."""
    return _(COLUMNS[column]) if column in COLUMNS else column


def describe_finding(finding: Finding) -> str:
    """What a verification found, in the reader's language."""
    data = dict(finding.data)
    if "table" in data:
        data["table"] = table_title(data["table"])
    if "columns" in data:
        data["columns"] = ", ".join(column_title(column) for column in data["columns"].split(", "))
    return fill(finding.message, data)
