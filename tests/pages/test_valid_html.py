"""Every page is valid HTML, by the Nu Html Checker of the W3C: each as each role sees it, in each language."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from flattr.development.services import CHECKOUT
from tests.pages import walk
from tests.pages.world import ROLES, World

pytestmark = [pytest.mark.django_db, pytest.mark.processes, pytest.mark.walk]

FOLDER: Final = CHECKOUT / "tests" / "markup"
JAR: Final = FOLDER / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"

KNOWN: Final = (
    # Django's own list of apps has rows without the cell of their third column.
    r"^admin\..*A table row was 2 columns wide",
    # The snippet of the frame says so, since policies of the pages that it is for may forbid styles.
    r"^buttons\.builder-.*The “frameborder” attribute on the “iframe” element is obsolete",
    # SVG 2 gives circles the attribute that the checker knows of paths alone.
    r"^(landing|design)-.*Attribute “pathLength” not allowed on element “circle”",
    # A form with errors is shown to designers with what somebody might have typed.
    r"^design-.*Bad value “no address” for attribute “value”",
)
"""What the checker says that isn't mended; what it says no more is no longer in here."""


@pytest.fixture(scope="module")
def java() -> str:
    """Return the program that runs the checker; skip where either isn't there, except in CI, which has both."""
    found = shutil.which("java")
    if found is None or not JAR.exists():
        message = f"no Html Checker here; Java and `npm ci --ignore-scripts --prefix {FOLDER}` bring it"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


def faults(java: str, folder: Path) -> list[str]:
    """Return what the checker finds in the files of a folder, all of them looked at in one run."""
    command = [java, "-jar", str(JAR), "--stdout", "--exit-zero-always", "--format", "json", str(folder)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    messages: list[dict[str, Any]] = json.loads(told)["messages"]
    return sorted(
        f"{Path(each['url']).name}:{each.get('lastLine')}: {each['message']} {each.get('extract', '')!r}"
        for each in messages
    )


def test_the_checker_finds_what_is_wrong(java: str, tmp_path: Path) -> None:
    """It is told of a file by name, and of what a parser alone would let pass."""
    (tmp_path / "page.html").write_text(
        '<!doctype html><html lang="en"><title>A</title><ul><p>text</p></ul><input value=1 size=x></html>'
    )
    found = faults(java, tmp_path)

    assert any("page.html" in each and "not allowed as child of element “ul”" in each for each in found)
    assert any("Bad value “x” for attribute “size”" in each for each in found)


def test_every_page_is_valid(java: str, town: World, tmp_path: Path) -> None:
    """The checker has no error and no warning for any page, those of the admin and of allauth among them."""
    for language in walk.LANGUAGES:
        for role in ROLES:
            for page in walk.pages_of(town, role, language):
                (tmp_path / f"{page.title}.html").write_text(page.html)
    found = faults(java, tmp_path)

    assert len(list(tmp_path.iterdir())) > 300
    assert [each for each in found if not any(re.search(pattern, each) for pattern in KNOWN)] == []
    assert [pattern for pattern in KNOWN if not any(re.search(pattern, each) for each in found)] == []
