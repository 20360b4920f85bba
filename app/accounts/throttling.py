"""What tries are counted by: the account, the address, and both together."""

from __future__ import annotations

import hashlib
from ipaddress import IPv6Address, ip_address

from app.accounts.models import normalised_email

# Tries in an hour before waiting begins. One person's slips stay below the first; a whole office behind one
# address below the second; the third slows down guessing at one account from many addresses.
FREE_TOGETHER, FREE_ADDRESS, FREE_ACCOUNT = 5, 30, 50


def network_of(address: str | None) -> str:
    """The network that one subscriber has: an IPv4 address, the /64 of an IPv6 one."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return str(parsed)


def keys_of(purpose: str, email: str, address: str | None) -> dict[str, int]:
    """Keys with their free tries, the narrowest first. An account is counted whether it exists or not."""
    account = hashlib.sha256(normalised_email(email).encode()).hexdigest()[:32]
    network = network_of(address)
    return {
        f"{purpose}:{account}|{network}": FREE_TOGETHER,
        f"{purpose}:@{network}": FREE_ADDRESS,
        f"{purpose}:{account}": FREE_ACCOUNT,
    }
