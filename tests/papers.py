"""What a PDF file says, read back from it."""

import io
from typing import Any

from pypdf import PdfReader


def read(file: bytes) -> Any:
    """Return the file as pypdf has it, which has to be a whole one."""
    return PdfReader(io.BytesIO(file), strict=True)


def lines_of(response: Any) -> list[str]:
    """Return what a download's pages say, line by line, with single spaces."""
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/pdf"
    return lines(read(response.content))


def lines(paper: Any) -> list[str]:
    """Return what all pages say, line by line, with single spaces."""
    return [
        " ".join(line.split()) for page in paper.pages for line in page.extract_text().splitlines() if line.strip()
    ]
