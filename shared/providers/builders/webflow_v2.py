"""Webflow with webhooks of its Data API v2, which is what sites of today have."""

from shared.providers.base import Provider
from shared.providers.webflow import SIGNATURE, read

PROVIDER = Provider(
    name="webflow_v2",
    title="Webflow",
    read=read,
    setup="Site settings > Apps & integrations > Webhooks > Form submission (API v2): paste {url} with a URL token. "
    "Only webhooks made through the API are signed: with the client secret of the app, or the secretKey shown once.",
    recognised="the submission's `payload.id`",
    retries="3 times, 10 minutes apart",
    quirks="labels as keys, phone numbers sent as numbers, the captcha's field; other events are ignored",
    signature=SIGNATURE,
    carries=("secret", "url_token"),
)
