"""Text that went through the wrong code page -> the text that stood there.

Names of artists and files come through archives and tables that took UTF-8 for another encoding,
some of them twice, or wrote `#U00e9` for what they could not name.
"""

import re

# UTF-8 that was read in another code page, then put into small letters: the way back
_CODE_PAGES = ("cp437", "cp866")
_RAISED = str.maketrans("âã", "ÂÃ")
_ESCAPE = re.compile(r"#U([0-9a-fA-F]{4,5})")  # what unzip writes


def mend_text(text: str) -> str:
    """Return the text that stood there, such as `böcklin` for `bã¶cklin`; what is right stays."""
    mended = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    for page in _CODE_PAGES:
        mended = _reread(mended, page)
    if mended.endswith("â"):
        mended += "\N{NO-BREAK SPACE}"  # its second byte was taken for white space and cut off
    return _reread(mended.translate(_RAISED), "latin-1", otherwise=mended)


def decode_path(path: str) -> str:
    """Return a path that can be written as UTF-8, with the letters of its own code page.

    Bytes that are no UTF-8 reach Python as lone surrogates, which no file can hold; they are read
    as Latin-1.
    """
    data = path.encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _reread(text: str, page: str, *, otherwise: str | None = None) -> str:
    try:
        return text.encode(page).decode("utf-8")
    except UnicodeError:
        return text if otherwise is None else otherwise
