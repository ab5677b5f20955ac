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


IN_LANGUAGES = [
    ("yes, I agree", "I do not agree"),
    ("Sí, acepto", "No, gracias"),
    ("Aceito", "Não aceito"),
    ("Oui, j'accepte", "Non merci"),
    ("Ich stimme zu", "Nein, danke"),
    ("Acconsento", "Non acconsento"),
    ("Akkoord", "Niet akkoord"),
    ("Tak, wyrażam zgodę", "Nie wyrażam zgody"),
    ("Ano", "Nesouhlasím"),
    ("Áno", "Nie"),
    ("Igen", "Nem"),
    ("Da, sunt de acord", "Nu"),
    ("Slažem se", "Ne"),
    ("Съгласен съм", "Не"),
    ("Да, согласен", "Нет"),
    ("Так", "Ні"),
    ("Ναι", "Όχι"),
    ("Evet, onaylıyorum", "HAYIR"),
    ("Ja tack", "Nej"),
    ("Ja takk", "Nei takk"),
    ("Kyllä", "Ei kiitos"),
    ("نعم، أوافق", "لا"),
    ("כן", "לא"),
    ("हाँ", "नहीं"),
    ("はい", "いいえ"),
    ("同意します", "同意しません"),
    ("我同意", "不同意"),
    ("願意", "不願意"),
    ("예", "아니요"),
    ("ยินยอม", "ไม่ยินยอม"),
    ("Đồng ý", "Không đồng ý"),
    ("Setuju", "Tidak"),
]


@pytest.mark.parametrize(("yes", "no"), IN_LANGUAGES)
def test_yes_and_no_are_understood_in_many_languages(yes: str, no: str) -> None:
    assert (said_yes(yes), said_yes(f" {yes.upper()}! ")) == (True, True)
    assert (said_yes(no), said_yes(f"{no}.")) == (False, False)
