import pytest
from pydantic import JsonValue

from shared.yes_no import said_yes


@pytest.mark.parametrize(
    "value", [True, "yes", " YES! ", "on", "1", 1, "Sí", "Ja, bitte", "d'accord", "J\u2019accepte", "sim"]
)
def test_a_yes_is_understood(value: JsonValue) -> None:
    assert said_yes(value) is True


@pytest.mark.parametrize("value", [False, "no", "No, thanks.", "off", 0, "Não", "nein danke", "non", "I don't agree"])
def test_a_no_is_understood(value: JsonValue) -> None:
    assert said_yes(value) is False


@pytest.mark.parametrize(
    "value", ["", "maybe", "yes and no", "Yes, text me at 5", None, 2, 1.0, [], ["yes"], {}, "y" * 99]
)
def test_anything_else_is_neither(value: JsonValue) -> None:
    assert said_yes(value) is None
