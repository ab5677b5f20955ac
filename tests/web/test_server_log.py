"""No token of a URL in a log line."""

import pytest

from web.server_log import without_tokens


@pytest.mark.parametrize(
    ("line", "blotted"),
    [
        ("POST /hooks/contact/s3cret HTTP/1.1", "POST /hooks/contact/[removed] HTTP/1.1"),
        ("POST /hooks/contact/s3cret/more?x=y HTTP/1.1", "POST /hooks/contact/[removed]?[removed] HTTP/1.1"),
        ("POST /hooks/contact?token=s3cret&a=b HTTP/1.1", "POST /hooks/contact?[removed] HTTP/1.1"),
        ("Error handling request '/hooks/contact/s3cret'", "Error handling request '/hooks/contact/[removed]'"),
        ("token=s3cret", "[removed]"),
        ("POST /hooks/contact HTTP/1.1", "POST /hooks/contact HTTP/1.1"),
        ("GET /healthz HTTP/1.1", "GET /healthz HTTP/1.1"),
        ("Booting worker with pid: 7", "Booting worker with pid: 7"),
    ],
)
def test_tokens_are_blotted_out_and_nothing_else(line: str, blotted: str) -> None:
    assert without_tokens(line) == blotted
