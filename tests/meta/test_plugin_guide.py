"""docs/plugins.md is the plugin author's page: it must say exactly what the code says."""

from __future__ import annotations

import re

import pytest

from tests.meta.signatures import (
    GUIDE,
    broken_blocks,
    contracts,
    documented_classes,
    documented_functions,
    hooks,
    names_of_tests,
)
from tests.meta.tree import ROOT

MOST_METHODS = 5


def _name(signature: str) -> str:
    found = re.search(r"def (\w+)", signature)
    assert found
    return found[1]


def test_plugin_guide_exists_and_its_python_is_python() -> None:
    assert GUIDE.is_file(), "docs/plugins.md is missing"
    assert broken_blocks() == ()


@pytest.mark.parametrize("signature", hooks(), ids=_name)
def test_hook_is_documented_with_its_exact_signature(signature: str) -> None:
    assert signature in documented_functions(), (
        f"no ```python block of docs/plugins.md has, at its top level: {signature}: ..."
    )


@pytest.mark.parametrize("signature", hooks(), ids=_name)
def test_hook_has_a_test_named_after_it(signature: str) -> None:
    hook = _name(signature)
    tests = [name for name in names_of_tests(ROOT / "tests") if hook in name]
    assert tests, f"no test has {hook} in its name: write def test_{hook}_…() under tests/"


@pytest.mark.parametrize("contract", contracts())
def test_contract_is_documented_with_its_exact_methods(contract: str) -> None:
    shown = documented_classes().get(contract, frozenset())
    missing = sorted(contracts()[contract] - shown)
    stale = sorted(shown - contracts()[contract])
    assert (missing, stale) == ([], []), (
        f"the ```python block with `class {contract}` in docs/plugins.md lacks {missing}"
        f" and has {stale}, which the contract does not"
    )


@pytest.mark.parametrize("contract", contracts())
def test_contract_is_small(contract: str) -> None:
    assert len(contracts()[contract]) <= MOST_METHODS
