"""Every builder's deliveries are read and mapped as they should be."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from shared.config import Form
from shared.mapping import map_answers
from shared.providers import PROVIDERS
from shared.submission import Answer
from tests.samples import SAMPLES, Sample, load
from tests.shared.mapping.factories import US

# Real-shaped deliveries that are kept beside the repository; a clone without them has only its own.
BESIDE = [load(path) for path in sorted((Path(__file__).parents[4] / "shared" / "samples").glob("*.json"))]
CASES = {f"{place}-{one.name}": one for place, some in (("ours", SAMPLES), ("beside", BESIDE)) for one in some}
WHOLE = {name: sample for name, sample in CASES.items() if sample.events == 1 and not sample.fetched}


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_every_builder_has_a_sample(provider: str) -> None:
    assert provider in {sample.provider for sample in SAMPLES}


@pytest.mark.parametrize("name", WHOLE)
def test_a_delivery_is_read_and_mapped(name: str) -> None:
    sample = WHOLE[name]

    reading = PROVIDERS[sample.provider].read(sample.body, sample.content_type)

    expected = sample.expect
    assert bool(reading.ignored) == (expected.action == "ignored")
    assert reading.is_partial == (expected.action == "partial")
    if not reading.ignored:
        assert (reading.submission_id or id_in_headers(sample)) == (expected.submission_id or "")
        by_key, by_label = ({getattr(one, name): one.value for one in reading.answers} for name in ("key", "label"))
        assert expected.answers.items() <= {**by_key, **by_label}.items()
        check_contact(sample, reading.answers)


def check_contact(sample: Sample, answers: Sequence[Answer]) -> None:
    expected = sample.expect
    contact = map_answers(answers, Form.model_validate(sample.table()), US).contact
    found = (contact.email, contact.first_name, contact.last_name)
    assert found == (expected.email, expected.first_name, expected.last_name)
    assert digits(contact.phone or "").endswith(digits(expected.phone or "").lstrip("0"))
    assert bool(contact.phone) == bool(expected.phone)
    assert expected.contact.items() <= contact.body().items()


def id_in_headers(sample: Sample) -> str:
    headers = {name.lower(): value for name, value in sample.headers.items()}
    return headers.get(PROVIDERS[sample.provider].id_header.lower(), "")


def digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())
