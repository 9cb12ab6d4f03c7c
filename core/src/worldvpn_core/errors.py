"""Errors WorldVPN raises, by who can act on them.

WorldVpnError
├── ProtectionError          traffic may be UNPROTECTED; never swallowed
│   ├── FirewallError
│   ├── RoutingError
│   └── DnsError
├── TransportError           the tunnel could not open, or fell
│   ├── HandshakeTimeoutError
│   ├── TunnelSilentError
│   ├── EngineError
│   └── AuthRejectedError
├── ConfigError              the profile or settings are wrong; nothing was touched
├── ResolutionError          a server's name has no address; nothing was touched
├── DeniedError              a gate or the rights table refused
├── BusyError                not possible in the present state
├── ShareError               the node has no protection or no network; the host's own stands
├── JournalError             what would be changed could not be recorded first
├── AgentError               worldvpn-agent is gone or does not answer
├── VaultError               the vault could not be read or written; what was in it still is
│   ├── VaultLockedError
│   ├── VaultKeyError
│   ├── VaultWaitError
│   └── VaultDamagedError
├── ReceiptsError            a receipt could not be kept, so it is not signed
├── CreditProofError         a ticket or receipt is malformed, or its signature is wrong
├── CentralError             the central server, as far as it concerns the caller
│   ├── CentralOfflineError
│   ├── CentralRefusedError
│   │   └── CentralBusyError
│   ├── SignedOutError
│   ├── OutOfCreditError
│   └── NoCreditProofError
├── CatalogueError           a directory of nodes is malformed, expired, or not signed by its key
└── PluginError              a plugin is missing, broken or breaks its contract
    └── ContractError        core checked what a plugin returned, and it lied
"""

from __future__ import annotations

from typing import ClassVar


class WorldVpnError(Exception):
    """Base of every error this project raises on purpose."""

    #: Stable identifier sent over the local API and matched by clients.
    code: ClassVar[str] = "internal"
    #: Whether trying the same thing again, unchanged, can succeed.
    retryable: ClassVar[bool] = False


class ProtectionError(WorldVpnError):
    """A protection could not be applied: traffic may be leaving unprotected."""

    code = "protection"


class FirewallError(ProtectionError):
    """The firewall refused or does not hold the rules; the previous ones still do."""

    code = "protection.firewall"


class RoutingError(ProtectionError):
    """Routes, rules or addresses could not be set; the previous ones still hold."""

    code = "protection.routing"


class DnsError(ProtectionError):
    """The host's resolver could not be pointed where the policy says."""

    code = "protection.dns"


class TransportError(WorldVpnError):
    """The tunnel could not be opened, or fell after opening."""

    code = "transport"
    retryable = True


class HandshakeTimeoutError(TransportError):
    """The remote did not answer within ``TunnelPlan.handshake_timeout_s``."""

    code = "transport.handshake_timeout"


class TunnelSilentError(TransportError):
    """The remote stopped answering after the tunnel had opened."""

    code = "transport.silent"


class EngineError(TransportError):
    """The program or kernel module that carries packets is missing, or died."""

    code = "transport.engine"


class AuthRejectedError(TransportError):
    """The remote refused our keys; retrying cannot help."""

    code = "transport.auth_rejected"
    retryable = False


class ConfigError(WorldVpnError):
    """The profile or settings are invalid; nothing was touched."""

    code = "config"


class ResolutionError(WorldVpnError):
    """A server's name could not be turned into an address; nothing was touched."""

    code = "resolution"
    retryable = True


class DeniedError(WorldVpnError):
    """The caller has no right to this, or a gate refused the session."""

    code = "denied"


class BusyError(WorldVpnError):
    """The request makes no sense in the present state."""

    code = "busy"


class ShareError(WorldVpnError):
    """The node could not be protected or connected; what protects the host stands."""

    code = "share"


class JournalError(WorldVpnError):
    """A change of the host could not be recorded first, so it was not made."""

    code = "journal"
    retryable = True


class AgentError(WorldVpnError):
    """worldvpn-agent is gone, or did not answer in time."""

    code = "agent"
    retryable = True


class VaultError(WorldVpnError):
    """The vault could not be read or written."""

    code = "vault"


class VaultLockedError(VaultError):
    """What was asked needs the vault open."""

    code = "vault.locked"


class VaultKeyError(VaultError):
    """The passphrase or key is not the one that opens the vault."""

    code = "vault.wrong_key"


class VaultWaitError(VaultError):
    """Too many wrong passphrases: the next is heard later."""

    code = "vault.wait"
    retryable = True


class VaultDamagedError(VaultError):
    """The vault's file is torn or altered, and so is the one before it."""

    code = "vault.damaged"


class ReceiptsError(WorldVpnError):
    """A receipt could not be kept on disk: it is not signed, and nothing that was kept is lost."""

    code = "receipts"
    retryable = True


class CreditProofError(WorldVpnError):
    """A ticket or receipt is malformed, or not signed by the key it needs."""

    code = "credit.proof"


class CentralError(WorldVpnError):
    """The central server could not do what was asked."""

    code = "central"


class CentralOfflineError(CentralError):
    """The central server could not be reached, or not trusted: its certificate is another's."""

    code = "central.offline"
    retryable = True


class CentralRefusedError(CentralError):
    """The central server refused; the message is its sentence."""

    code = "central.refused"


class CentralBusyError(CentralRefusedError):
    """It refused for now: no node has room, or it was asked too often. Later it may not."""

    code = "central.busy"
    retryable = True


class SignedOutError(CentralError):
    """Nobody is signed in on this device, or no more."""

    code = "central.signed_out"


class OutOfCreditError(CentralError):
    """Too little can be spent: share, or wait for what is held."""

    code = "out-of-credit"


class NoCreditProofError(CentralError):
    """No ticket is left, and the central server cannot be asked for one: it is tried again."""

    code = "no-credit-proof"
    retryable = True


class CatalogueError(WorldVpnError):
    """A directory of nodes is malformed, expired, or not signed by the key it needs."""

    code = "catalogue"


class PluginError(WorldVpnError):
    """A plugin is missing, fails to load, or breaks its contract."""

    code = "plugin"


class ContractError(PluginError):
    """A plugin returned something other than what was admitted."""

    code = "plugin.contract"
