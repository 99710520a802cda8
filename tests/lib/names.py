"""Ids and addresses as text, made without asking the program under test."""

import base64
import hashlib
import os

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58btc(data):
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def stranger_peer_id():
    """A well-formed Ed25519 peer id that nobody has the key of."""
    return base58btc(bytes.fromhex("002408011220") + os.urandom(32))


def cid_of(data):
    """The CIDv1 (raw, sha2-256, base32) of some bytes."""
    binary = bytes([0x01, 0x55, 0x12, 0x20]) + hashlib.sha256(data).digest()
    return "b" + base64.b32encode(binary).decode().lower().rstrip("=")


def without_peer(addr):
    """The address without its /p2p/ part."""
    return addr.split("/p2p/")[0]


def with_peer(addr, peer):
    return f"{without_peer(addr)}/p2p/{peer}"
