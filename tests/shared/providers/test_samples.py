"""Real-shaped deliveries, kept beside the repository; where they are absent there is nothing to compare."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.mapping import map_answers
from shared.providers import PROVIDERS
from tests.shared.mapping.factories import US, a_form

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_a_sample_is_read_and_mapped_as_expected(provider: str) -> None:
    path = SAMPLES / f"{provider}.json"
    if not path.exists():
        pytest.skip(f"no sample of {provider}")
    sample: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    expected = sample["expect"]

    reading = PROVIDERS[provider].read(sample["body_text"].encode(), sample["headers"]["Content-Type"])
    contact = map_answers(reading.answers, a_form(), US).contact

    assert reading.submission_id == (expected["submission_id"] or "")
    assert expected["answers"].items() <= {answer.label: answer.value for answer in reading.answers}.items()
    assert (contact.email, contact.first_name, contact.last_name) == (
        expected["email"],
        expected["first_name"],
        expected["last_name"],
    )
    assert digits(contact.phone or "").endswith(digits(expected["phone"] or ""))


def digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())
