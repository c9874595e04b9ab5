"""The house's own rules."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from flattr.development.services import CHECKOUT


def test_the_import_contracts_hold() -> None:
    """Apps point one way, rooms too, and only operations post to the ledger."""
    lint = Path(sys.executable).parent / "lint-imports"
    ended = subprocess.run([lint, "--no-cache"], cwd=CHECKOUT, check=False, capture_output=True, text=True)

    assert ended.returncode == 0, ended.stdout


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    """The models say what the tables are."""
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


def test_files_stay_small() -> None:
    """A file of more than 400 lines is split by meaning."""
    folders = [CHECKOUT / name for name in ("flattr", "accounts", "buttons", "payouts", "benchmarks", "tests")]
    files = [path for folder in folders for path in folder.rglob("*.py") if "migrations" not in path.parts]

    assert [path for path in files if len(path.read_text().splitlines()) > 400] == []
