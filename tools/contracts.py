"""A contract for import-linter: who may import a module or a library directly."""

import sys
from collections.abc import Collection
from dataclasses import dataclass

import grimp
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.contract import InvalidContractOptions


def is_within(name: str, packages: Collection[str]) -> bool:
    """Whether a module is one of some packages or lies inside one."""
    return any(name == package or name.startswith(package + ".") for package in packages)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """The options of one contract, as values."""

    modules: frozenset[str]
    third_party: bool
    exact: bool
    only_in: frozenset[str] | None
    not_in: frozenset[str]

    def forbids(self, importer: str, imported: str, *, root: str) -> bool:
        """Whether one module of the project may not import another, or a library."""
        welcome = (
            is_within(importer, self.only_in) if self.only_in is not None else not is_within(importer, self.not_in)
        )
        if welcome:
            return False
        if self.third_party:
            return not is_within(imported, (root,)) and imported.partition(".")[0] not in sys.stdlib_module_names
        if self.exact:
            return imported in self.modules
        return any(is_within(imported, (name,)) and not is_within(importer, (name,)) for name in self.modules)


class DirectUse(Contract):
    """Some modules are imported directly only in some packages, or not in some packages.

    Options: `modules`, names of modules or libraries, with all they contain unless `exact`; or `third_party`, every
    library outside the standard one. Either `only_in` or `not_in`: the packages that alone may, or may not, import
    them. Names that do not exist yet match nothing.
    """

    type_name = "direct_use"

    modules = fields.SetField(subfield=fields.StringField(), required=False)
    third_party = fields.BooleanField(required=False, default=False)
    exact = fields.BooleanField(required=False, default=False)
    only_in = fields.SetField(subfield=fields.StringField(), required=False)
    not_in = fields.SetField(subfield=fields.StringField(), required=False)

    def validate(self) -> None:
        """Refuse a contract that does not say whom it binds: with `not_in` alone and empty it would bind nobody."""
        options = vars(self)
        if (options["only_in"] is None) == (not options["not_in"]):
            raise InvalidContractOptions({"only_in": "Name only_in, which may be empty, or not_in, which may not."})

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every import of every module of the project."""
        options = vars(self)
        rule = Rule(
            modules=frozenset(options["modules"] or ()),
            third_party=options["third_party"],
            exact=options["exact"],
            only_in=None if options["only_in"] is None else frozenset(options["only_in"]),
            not_in=frozenset(options["not_in"] or ()),
        )
        root = self.session_options["root_packages"][0]
        found = [
            f"{importer} -> {imported} (l.{detail['line_number']})"
            for importer in sorted(graph.modules)
            if is_within(importer, (root,))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if rule.forbids(importer, imported, root=root)
            for detail in graph.get_import_details(importer=importer, imported=imported)
        ]
        output.verbose_print(verbose, f"{len(found)} imports where they may not be.")
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that breaks the contract."""
        for line in check.metadata["found"]:
            output.print_error(f"- {line}", bold=False)
        output.new_line()
