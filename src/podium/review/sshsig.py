"""The SSHSIG structure: between ssh-keygen's armoured file and the one line that an envelope keeps."""

from __future__ import annotations

import base64
import binascii
import hashlib

from podium.kernel.errors import PodiumError
from podium.review.model import Signature

_BEGIN = "-----BEGIN SSH SIGNATURE-----"
_END = "-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_WIDTH = 70


def from_armour(text: str) -> Signature:
    """The signature in a file that `ssh-keygen -Y sign` wrote. Raises PodiumError for anything else."""
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(lines) < 3 or lines[0] != _BEGIN or lines[-1] != _END:
        raise PodiumError("this is no SSH signature")
    blob = "".join(lines[1:-1])
    return Signature(keyid=fingerprint(blob), blob=blob)


def to_armour(signature: Signature) -> str:
    """The file that `ssh-keygen -Y verify -s` reads."""
    blob = signature.blob
    return "\n".join([_BEGIN, *(blob[at : at + _WIDTH] for at in range(0, len(blob), _WIDTH)), _END, ""])


def fingerprint(blob: str) -> str:
    """The fingerprint of the key that signed, as `ssh-keygen -l` prints it. Raises PodiumError for what is no SSHSIG.

    PROTOCOL.sshsig: the magic, a version (uint32), then the public key as a string with its length before it.
    """
    try:
        data = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PodiumError(f"this is no SSH signature: {error}") from error
    start = len(_MAGIC) + 8
    length = int.from_bytes(data[len(_MAGIC) + 4 : start], "big")
    key = data[start : start + length]
    if not data.startswith(_MAGIC) or not length or len(key) != length:
        raise PodiumError("this is no SSH signature")
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
