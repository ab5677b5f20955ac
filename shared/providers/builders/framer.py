"""Framer (https://www.framer.com/help/articles/framer-form-webhook-setup/)."""

from shared.providers.base import Provider, Reading
from shared.providers.flat import flat_answers
from shared.providers.flat_json import read_fields
from shared.providers.noise import CAPTCHAS
from shared.providers.signatures import SignatureScheme

ID_HEADER = "Framer-Webhook-Submission-Id"


def read(body: bytes, content_type: str) -> Reading:
    """Read the inputs of a form; a header names the submission, so that an input called `id` is an answer."""
    return Reading(answers=flat_answers(read_fields(body, content_type), CAPTCHAS))


PROVIDER = Provider(
    name="framer",
    title="Framer",
    read=read,
    setup="Select the form on the canvas: Send To > Add > Webhook: paste {url}, and the one in `secret` as its secret.",
    recognised=f"the header `{ID_HEADER}`",
    retries="up to 5 times",
    quirks="input names as keys",
    signature=SignatureScheme(header="Framer-Signature", prefix="sha256=", signed=f"{{body}}{{header:{ID_HEADER}}}"),
    carries=("secret", "url_token"),
    id_header=ID_HEADER,
)
