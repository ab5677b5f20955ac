"""A self-signed certificate, as Heroku's Redis has one, and whether the Redis here can show it."""

import shlex
import shutil
import subprocess
from pathlib import Path

from shared.local_redis import server_binary

# A file, since not every openssl takes -addext.
CONFIG = """
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = localhost
[extensions]
subjectAltName = IP:127.0.0.1, DNS:localhost
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyCertSign
subjectKeyIdentifier = hash
"""
COMMAND = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -config openssl.cnf -keyout key.pem -out certificate.pem"


def missing() -> str:
    """Return what is missing for Redis over TLS, and the way out; nothing when all is there."""
    if not shutil.which("openssl"):
        return "there is no openssl, which makes the certificate: install it"
    if not _knows_tls(server_binary()):
        return "the Redis here does not know TLS: install redis-server"
    return ""


def _knows_tls(binary: str) -> bool:
    # Only a server that was built with TLS misses the key of a certificate.
    command = [binary, "--port", "0", "--tls-port", "1", "--tls-cert-file", "none"]
    return "Failed to configure TLS" in subprocess.run(command, capture_output=True, text=True, timeout=10).stdout


def a_certificate(folder: Path) -> Path:
    """Make a self-signed certificate for 127.0.0.1; its key stands beside it, as `key.pem`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "openssl.cnf").write_text(CONFIG)
    subprocess.run(shlex.split(COMMAND), cwd=folder, capture_output=True, check=True)
    return folder / "certificate.pem"
