"""Check the import contracts of pyproject.toml with import-linter, as `lint-imports` does."""

import sys

from importlinter.cli import lint_imports

if __name__ == "__main__":
    sys.exit(lint_imports(no_logo=True))
