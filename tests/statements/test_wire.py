"""The API's models are the statement's own."""

from typing import Any

import pytest

from registry.statements.schemas import Position, StatementFigures
from registry.statements.wire import wire_model
from tests.statements.documents import make_document, make_position, make_previous

MADE = [
    make_document(),
    make_document(grants=7, payments=40, reversals=1, amended=True),
    make_document(lines={"conditions": "Villkor", "benefit": "Nytta"}, figures={"previous": make_previous()}),
]


@pytest.mark.parametrize("document", MADE)
def test_every_statement_can_be_read_as_the_api_describes_it(document: Any) -> None:
    told = document.figures.wire()
    read = wire_model(StatementFigures).model_validate(told).model_dump(mode="json")
    assert {name: read[name] for name in told if name != "grants"} | {"grants": told["grants"]} == told
    for line, grant in zip(read["grants"], told["grants"], strict=True):
        assert {name: line[name] for name in grant} == grant
    position = make_position(document)
    assert wire_model(Position).model_validate(position.wire()).model_dump(mode="json") == position.wire()


def test_names_have_no_unit_and_a_list_is_a_list() -> None:
    schema = wire_model(StatementFigures).model_json_schema()
    assert "_ore" not in str(schema)
    assert schema["properties"]["funders"]["type"] == "array"
    assert schema["$defs"]["StatementFunderSection"]["properties"]["monthly"]["type"] == "array"
    assert wire_model(StatementFigures) is wire_model(StatementFigures)
