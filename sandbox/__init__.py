"""
A local HighLevel to run and test against.

It is written from HighLevel's public documents and knows nothing of the client that calls it, so that the two
can disagree. Start it with `python -m sandbox`, or mount `sandbox.app.create_app()` behind `httpx.WSGITransport`.
"""
