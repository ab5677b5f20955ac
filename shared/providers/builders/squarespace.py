"""Squarespace, whose forms have no webhook: a relay such as Zapier or Make posts what they were answered."""

from functools import partial

from shared.providers.base import Provider
from shared.providers.flat_json import read_flat
from shared.providers.noise import CAPTCHAS

PROVIDER = Provider(
    name="squarespace",
    title="Squarespace (by a relay)",
    read=partial(read_flat, noise=CAPTCHAS),
    setup="Squarespace forms send no webhook. In Zapier or Make: trigger Squarespace > New form submission, action "
    "Webhooks > POST as JSON to {url} with the form's fields, and an Authorization header for `bearer`.",
    recognised="`id` with the same answers, if the relay sends one; else the same answers within 10 minutes",
    retries="as the relay does",
    quirks="flat JSON or form fields, as the relay is set up",
    carries=("header_token", "bearer", "basic", "url_token"),
)
