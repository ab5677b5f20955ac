"""Visitors who fill in the demo's three forms: real-shaped deliveries with correct signatures."""

import base64
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

PEOPLE = (
    ("Ada", "Okafor"), ("Priya", "Raman"), ("Malik", "Johansen"), ("Ruth", "Delacroix"), ("Elif", "Kaya"),
    ("Oliver", "Brandt"), ("Noor", "Haddad"), ("Samir", "Patel"), ("Ines", "Carvalho"), ("Grace", "Lindqvist"),
    ("Tomas", "Novak"), ("Yuki", "Tanaka"), ("Lena", "Fischer"), ("Diego", "Morales"), ("Amara", "Diallo"),
    ("Hugo", "Lefebvre"), ("Mei", "Chen"), ("Jonas", "Berg"), ("Sofia", "Russo"), ("Owen", "Gallagher"),
    ("Zara", "Ahmed"), ("Pavel", "Orlov"), ("Nadia", "Haas"), ("Femi", "Adeyemi"),
)  # fmt: skip
PLANS = ("Starter", "Growth", "Studio")
MISTYPED_END, RIGHT_END = ".c", ".com"  # HighLevel takes no domain that ends in one letter


@dataclass(frozen=True)
class Secrets:
    """What the builders and Hookline share."""

    typeform: str
    quote: str
    newsletter_token: str


@dataclass(frozen=True)
class Delivery:
    """One webhook, as its builder would send it."""

    path: str
    headers: dict[str, str]
    body: bytes
    email: str
    name: str


def deliveries(secrets: Secrets) -> Iterator[Delivery]:
    """Yield one delivery for each person: Typeform, flat JSON and HTML forms; one has mistyped an email."""
    for number, (first, last) in enumerate(PEOPLE):
        match number % 4:
            case 0 | 2:
                yield _typeform(number, first, last, secrets)
            case 1:
                email = _email(first, last)
                yield _quote(number, first, last, _mistyped(email) if number == 5 else email, secrets)
            case _:
                yield _newsletter(first, last, secrets)


def _typeform(number: int, first: str, last: str, secrets: Secrets) -> Delivery:
    questions: list[tuple[str, str, str, str, Any]] = [
        ("q1", "short_text", "What is your first name?", "text", first),
        ("q2", "short_text", "And your last name?", "text", last),
        ("q3", "email", "Where can we email you?", "email", _email(first, last)),
        ("q4", "phone_number", "Best phone number?", "phone_number", f"+1415555{number:04}"),
        ("q5", "multiple_choice", "Which plan interests you?", "choice", {"label": PLANS[number % 3]}),
        ("q6", "number", "How many people are on your team?", "number", number + 1),
    ]
    body = {
        "event_id": f"event-{number}",
        "event_type": "form_response",
        "form_response": {
            "form_id": "demo",
            "token": f"demo-response-{number}",
            "submitted_at": "2026-09-21T13:13:20Z",
            "hidden": {"utm_source": "newsletter"},
            "definition": {
                "fields": [
                    {"id": key, "ref": key, "type": kind, "title": title} for key, kind, title, _, _ in questions
                ]
            },
            "answers": [
                {"type": form, form: value, "field": {"id": key, "ref": key, "type": kind}}
                for key, kind, _, form, value in questions
            ],
        },
    }
    raw = json.dumps(body).encode()
    digest = base64.b64encode(hmac.new(secrets.typeform.encode(), raw, sha256).digest()).decode()
    headers = {"Content-Type": "application/json", "Typeform-Signature": f"sha256={digest}"}
    return Delivery("/hooks/contact-us", headers, raw, _email(first, last), f"{first} {last}")


def _quote(number: int, first: str, last: str, email: str, secrets: Secrets) -> Delivery:
    body = {
        "id": f"lead-{number}",
        "name": f"{first} {last}",
        "email": email,
        "phone": f"(206) 555-{number:04}",
        "company": f"{last} & Co.",
        "date_of_birth": f"19{70 + number}-0{1 + number % 9}-15",
        "budget": 500 * number,
    }
    raw = json.dumps(body).encode()
    digest = hmac.new(secrets.quote.encode(), raw, sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Signature-256": f"sha256={digest}"}
    return Delivery("/hooks/quote", headers, raw, _email(first, last), f"{first} {last}")


def _newsletter(first: str, last: str, secrets: Secrets) -> Delivery:
    pairs = [("first_name", first), ("last_name", last), ("email", _email(first, last)), ("interest", "Pottery")]
    raw = urlencode([*pairs, ("interest", "Weaving"), ("consent", "on"), ("submit", "Send")]).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    path = f"/hooks/newsletter/{secrets.newsletter_token}"
    return Delivery(path, headers, raw, _email(first, last), f"{first} {last}")


def _mistyped(email: str) -> str:
    return email.removesuffix(RIGHT_END) + MISTYPED_END


def _email(first: str, last: str) -> str:
    return f"{first}.{last}@example.com".lower()
