"""Downloads."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence

from django.core.serializers.json import DjangoJSONEncoder
from django.http import FileResponse, HttpResponse

# A text is cut at semicolons by spreadsheets of countries whose decimals have a comma, and each part is a cell there.
# The last four signs are the wide forms of the first, which some take for them.
_FORMULA = re.compile(r"(?:\A|(?<=[;\t\r\n]))(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")
_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?")


def csv_response(*, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Return rows as a CSV download in UTF-8.

    Texts that a spreadsheet would run as a formula, whole or cut, get an apostrophe in front, as OWASP advises
    ("CSV injection"), since titles come from strangers. A number below zero is none.
    """
    response = HttpResponse(_csv(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def pdf_response(*, name: str, file: bytes) -> HttpResponse:
    """Return a PDF file, which a browser may show or keep under its name."""
    response = HttpResponse(file, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def zip_response(*, name: str, tables: Mapping[str, Sequence[Mapping[str, object]]]) -> FileResponse:
    """Return tables as a download: `data.json` with all, and a CSV file in UTF-8 for each that has rows."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(tables, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        for table, rows in tables.items():
            if rows:
                values = ([_in_a_cell(value) for value in row.values()] for row in rows)
                archive.writestr(f"{table}.csv", _csv(list(rows[0]), values))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return text.getvalue()


def _in_a_cell(value: object) -> object:
    """Return lists and objects as JSON, and moments as in it, so that both files say the same."""
    if value is None or isinstance(value, str | int):
        return value
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False).strip('"')


def _plain(value: object) -> object:
    if not isinstance(value, str) or _NEGATIVE.fullmatch(value):
        return value
    return _FORMULA.sub("'", value)
