"""One sealed server for all that is done to copies of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drill.hosts.process import ProcessPremises
from tests.sabotage.copies import Vault, vault_of


@pytest.fixture(scope="package")
def vault(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with vault_of(embedded_premises, tmp_path_factory.mktemp("vault")) as vault:
        yield vault
