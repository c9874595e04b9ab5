"""The letters of pictures and papers: DejaVu Sans (see `LICENSE` beside it), as bare machines have no fonts."""

from pathlib import Path
from typing import Final

REGULAR: Final = Path(__file__).with_name("DejaVuSans.ttf")
BOLD: Final = Path(__file__).with_name("DejaVuSans-Bold.ttf")
