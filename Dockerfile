FROM python:3.13-slim

# Log lines leave at once.
ENV PYTHONUNBUFFERED=1

WORKDIR /app

# Before the code, so that a change of the code does not install everything again.
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes \
    -r requirements.txt

COPY shared ./shared
COPY web ./web
COPY worker ./worker
COPY cli ./cli
COPY sandbox ./sandbox
# The sample: mount your own over it, or name another with HOOKLINE_CONFIG.
COPY hookline.toml ./

# The user below may not write here, so Python could not keep what it compiles.
RUN python -m compileall -q . && useradd --system --no-create-home --uid 10001 hookline
USER hookline

EXPOSE 8000

# For web only; a worker shows that it lives in the journal (docker-compose.yml switches this off for it).
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ.get('PORT', '8000') + '/healthz', timeout=3)"]

CMD ["python", "-m", "gunicorn", "--config", "python:web.server", "web.app:create_app()"]
