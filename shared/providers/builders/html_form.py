"""A plain HTML form, posted by the browser or by a script of the page."""

from shared.providers.base import Provider, Reading
from shared.providers.bodies import is_json, read_form, read_json
from shared.providers.flat import flat_answers
from shared.providers.flat_json import read_object
from shared.providers.noise import CAPTCHAS

# Fields that the page or its framework adds. An empty `_gotcha` vanishes with all empty fields; a filled one stays
# visible, so that `honeypot = "_gotcha"` can see it.
NOISE = frozenset(
    {"_charset_", "utf8", "submit", "_submit", "_next", "_subject", "_redirect", "_template", "_captcha", "_method"}
    | {"_csrf", "_csrf_token", "csrf_token", "csrf", "csrfmiddlewaretoken", "authenticity_token", "_token"}
    | {"__requestverificationtoken", "_wpnonce", "_wp_http_referer"}
    | CAPTCHAS
)


def read(body: bytes, content_type: str) -> Reading:
    """Read the fields of a form; a browser sends no id, so the submission has none."""
    if is_json(body, content_type):
        return read_object(read_json(body, content_type), NOISE)
    return Reading(answers=flat_answers(read_form(body, content_type), NOISE))


PROVIDER = Provider(
    name="html_form",
    title="HTML form",
    read=read,
    setup='Write <form method="post" action="{url}"> into the page.',
    recognised="the same answers within 10 minutes",
    retries="no: the visitor sees the answer and may press again",
    limited_status=429,
    quirks="repeated and bracketed names, uploads, honeypot, the fields that frameworks add",
    by_browser=True,
)
