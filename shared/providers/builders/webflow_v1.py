"""Webflow with webhooks of its old API v1."""

from shared.providers.base import Provider
from shared.providers.webflow import SIGNATURE, read

PROVIDER = Provider(
    name="webflow_v1",
    title="Webflow (API v1)",
    read=read,
    setup="Site settings > Apps & integrations > Webhooks > Form submission (API v1): paste {url} with a URL token. "
    "Only webhooks made through the API are signed.",
    recognised="the submission's `_id`",
    retries="3 times, 10 minutes apart",
    quirks="labels as keys, the captcha's field; what API v2 sends is read as well",
    signature=SIGNATURE,
    carries=("secret", "url_token"),
)
