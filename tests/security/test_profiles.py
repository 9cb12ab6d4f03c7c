"""One profile is never written over by another."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from worldvpn_core.errors import ConfigError
from worldvpn_core.profiles import ProfileStore
from worldvpn_core.testing.samples import profile


def test_profile_of_another_name_is_not_replaced_though_both_have_one_id(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    store.load()
    store.save(profile("home"), replace=False)

    with pytest.raises(ConfigError, match="already as 'home'"):
        store.save(attrs.evolve(profile("home"), name="Home!"), replace=True)

    assert store.get("home").name == "home"
