"""A kind of import contract that import-linter lacks: modules that need those of a list, and nothing else."""

from __future__ import annotations

import sys
from typing import ClassVar, cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules
from importlinter.domain.imports import ModuleExpression


class StandsOnContract(Contract):
    """Everything that `source_modules` need, directly or through other modules, is among `allowed_modules`.

    The standard library always is. A forbidden library that nobody thought of cannot slip through, as it can where a
    contract lists what is forbidden.
    """

    type_name: ClassVar[str] = "stands_on"

    source_modules = fields.ListField(subfield=fields.ModuleExpressionField())
    allowed_modules = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        named = cast("list[ModuleExpression]", self.source_modules)
        sources = sorted(module.name for module in module_expressions_to_modules(graph, named, as_packages=False))
        allowed = [*sources, *cast("list[str]", self.allowed_modules)]
        chains: set[tuple[str, ...]] = set()
        for source in sources:
            for module in graph.find_upstream_modules(source, as_package=True):
                if not _is_allowed(module, allowed):
                    chains |= graph.find_shortest_chains(source, module)
        return ContractCheck(kept=not chains, metadata={"chains": sorted(chains)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for chain in check.metadata["chains"]:
            output.print_error(" -> ".join(chain))


def _is_allowed(module: str, packages: list[str]) -> bool:
    standard = module.partition(".")[0] in sys.stdlib_module_names
    return standard or any(module == package or module.startswith(f"{package}.") for package in packages)
