"""Entry point of the accounting plugin: what it offers, nothing else."""

from __future__ import annotations

from worldvpn_accounting.files import Files
from worldvpn_accounting.kept import KeptAccounting
from worldvpn_core.contracts import Accounting, Services
from worldvpn_core.hookspecs import hookimpl


@hookimpl
def worldvpn_accounting(services: Services) -> Accounting | None:
    """Offer to count, in one file that lasts and one that ends with the boot."""
    files = Files(
        lasting=services.state_dir / "traffic.json", fleeting=services.run_dir / "traffic.json"
    )
    return KeptAccounting(files)
