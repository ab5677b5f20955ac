"""Leadpages: its events are known by name only (form.submitted, lead.captured); read as flat or wrapped JSON."""

from functools import partial

from shared.providers.base import Provider
from shared.providers.flat_json import read_flat
from shared.providers.noise import CAPTCHAS

PROVIDER = Provider(
    name="leadpages",
    title="Leadpages",
    read=partial(read_flat, noise=CAPTCHAS | {"event", "event_type"}),
    setup="In the page's form: Integrations > Webhook: paste {url} with a URL token.",
    recognised="`id` with the same answers, if it sends one; else the same answers within 10 minutes",
    retries="not known",
    quirks="flat JSON, or wrapped in `data`",
    is_verified=False,
)
