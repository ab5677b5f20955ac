import json
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.providers import PROVIDERS
from shared.providers.base import Reading
from shared.submission import AnswerType

FORM = {"form_id": "3f1a2b4", "form_name": "Contact"}


def simple(**fields: str) -> Reading:
    return PROVIDERS["elementor"].read(urlencode(fields).encode(), "application/x-www-form-urlencoded")


def advanced(**field: Any) -> Reading:
    body = {"form": {"id": "1"}, "fields": {"f1": field}, "meta": {"date": {"value": "today"}}}
    return PROVIDERS["elementor"].read(json.dumps(body).encode(), "application/json")


def said(reading: Reading) -> dict[str, Any]:
    return {answer.label: answer.value for answer in reading.answers}


VISIT = {
    "en": ("Page URL", "User Agent", "Remote IP", "Powered by"),
    "es": ("URL de la página", "Agente de usuario", "IP remota", "Desarrollado por"),
    "pt": ("URL da página", "Agente do usuário", "IP remoto", "Desenvolvido por"),
    "fr": ("URL de la page", "Agent utilisateur", "IP distante", "Propulsé par"),
    "de": ("Seiten-URL", "Benutzer-Agent", "Remote-IP", "Bereitgestellt von"),
    "it": ("URL della pagina", "User agent", "IP remoto", "Offerto da"),
    "nl": ("Pagina URL", "User-agent", "Externe IP", "Mogelijk gemaakt door"),
    "pl": ("Adres URL strony", "Agent użytkownika", "Zdalny adres IP", "Wspierane przez"),
    "sv": ("Sid-URL", "Användaragent", "Fjärr-IP", "Drivs av"),
    "tr": ("Sayfa URL'si", "Kullanıcı Aracısı", "Uzak IP", "Tarafından desteklenmektedir"),
    "ar": ("رابط الصفحة", "وكيل المستخدم", "عنوان IP البعيد", "مدعوم من"),
    "hi": ("पेज यूआरएल", "उपयोगकर्ता एजेंट", "रिमोट आईपी", "द्वारा संचालित"),
    "ja": ("ページ URL", "ユーザーエージェント", "リモート IP", "Powered by"),
    "zh": ("页面 URL", "用户代理", "远程 IP", "技术支持"),
}


@pytest.mark.parametrize("language", VISIT)
def test_what_elementor_adds_about_the_visit_is_known_in_many_languages(language: str) -> None:
    page, agent, ip, credit = VISIT[language]

    found = simple(
        Name="Ada",
        **{page: "https://example.com/", agent: "Mozilla/5.0 (X11)", ip: "203.0.113.9", credit: "Elementor"},
        **FORM,
    )
    assert [(answer.label, answer.type) for answer in found.answers] == [("Name", "text"), (page, "hidden")]


@pytest.mark.parametrize(
    "fields",
    [
        {"Remote IP": "203.0.113.9", **FORM},  # one alone: a question of somebody who mends computers
        {"Remote IP": "203.0.113.9", "Powered by": "Elementor"},  # nothing says that Elementor has written it
        {"Remote IP": "my router", "Powered by": "Wix", "User Agent": "007", "Page URL": "the first", **FORM},
        {"Date": "September 21, 2026", "Time": "9:14 am", "Page URL": "https://example.com/", **FORM},
    ],
)
def test_what_may_be_an_answer_is_kept(fields: dict[str, str]) -> None:
    expected = {label: value for label, value in fields.items() if label not in FORM}

    assert said(simple(**fields)) == expected


def test_date_and_time_are_kept_beside_the_visits_data_for_they_may_be_the_appointment() -> None:
    found = simple(Date="October 3", Time="10:00", **{"User Agent": "Mozilla/5.0", "Remote IP": "203.0.113.9"}, **FORM)

    assert said(found) == {"Date": "October 3", "Time": "10:00"}


def test_a_field_without_a_label_is_called_by_its_id_and_still_found_by_what_was_sent() -> None:
    [answer] = simple(**{"Kein Label field_9c1": "x"}).answers

    assert (answer.key, answer.label) == ("Kein Label field_9c1", "field_9c1")


TYPES: list[tuple[str, AnswerType]] = [
    ("email", "email"),
    ("tel", "phone"),
    ("textarea", "long_text"),
    ("acceptance", "consent"),
    ("hidden", "hidden"),
    ("upload", "file"),
    ("password", "text"),
]


@pytest.mark.parametrize(("theirs", "ours"), TYPES)
def test_advanced_data_tells_the_type(theirs: str, ours: AnswerType) -> None:
    [answer] = advanced(type=theirs, title="Q", value="x").answers

    assert (answer.key, answer.label, answer.type) == ("f1", "Q", ours)


def test_a_field_of_advanced_data_may_lack_everything_but_its_value() -> None:
    assert said(advanced(value="x")) == {"f1": "x"}
    assert said(advanced(title="Q", value="")) == {}
