"""Instapage: nobody has published what its webhook sends; it is said to be flat pairs with labels as keys."""

from functools import partial

from shared.providers.base import Provider
from shared.providers.flat_json import read_flat
from shared.providers.noise import CAPTCHAS

PROVIDER = Provider(
    name="instapage",
    title="Instapage",
    read=partial(read_flat, noise=CAPTCHAS),
    setup="In the page's form: Integrations > Webhook: paste {url} with a URL token.",
    recognised="`id` with the same answers, if it sends one; else the same answers within 10 minutes",
    retries="not known",
    quirks="said to be flat pairs with labels as keys",
    is_verified=False,
)
