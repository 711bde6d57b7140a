"""Old Word and WPS files and RTF, which only an office program can read: LibreOffice makes a .docx of them.

The file comes from a stranger. LibreOffice runs on a copy of it in a folder of its own with a profile of its own, runs
no macro, updates no link, loads nothing from the network, and is killed with all its processes when its time is up.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from nlp.documents import docx
from nlp.documents.forms import Extracted
from nlp.documents.limits import Limits
from nlp.errors import FanzhaError

_PROGRAMS = ("soffice", "libreoffice")
_PLACES = (
    "/usr/lib/libreoffice/program/soffice",
    "/opt/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.exe",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.exe",
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_STREAMS = (
    ("Workbook", "an old Excel file (.xls)"),
    ("Book", "an old Excel file (.xls)"),
    ("PowerPoint Document", "an old PowerPoint file (.ppt)"),
    ("__properties_version1.0", "an Outlook message (.msg)"),
)
_ENTRY = 128
_LOCKED = 0x0100
_NOWHERE = "127.0.0.1"
# Security first; the rest keeps it from asking, phoning home and leaving files about.
_SETTINGS: tuple[tuple[str, str, object], ...] = (
    ("/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", 3),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", True),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableActiveContent", True),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisablePythonRuntime", True),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", True),
    ("/org.openoffice.Office.Common/Save/Document", "CreateBackup", False),
    ("/org.openoffice.Office.Common/Misc", "FirstRun", False),
    ("/org.openoffice.Office.Common/Misc", "CrashReport", False),
    ("/org.openoffice.Office.Common/Misc", "CollectUsageInformation", False),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", 0),
    ("/org.openoffice.Office.Calc/Content/Update", "Link", 1),
    ("/org.openoffice.Inet/Settings", "ooInetProxyType", 2),  # a proxy that is not there
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyName", _NOWHERE),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyPort", 9),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyName", _NOWHERE),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyPort", 9),
    ("/org.openoffice.Inet/Settings", "ooInetNoProxy", ""),
)


_SHARE = 0.8
"""Of a letter's time: LibreOffice must have been ended, with all it started, before the process that runs it is."""


def extract(data: bytes, *, where: str | Path, limits: Limits) -> Extracted:
    """The text of an old Word or WPS file or of an RTF file, as `nlp.documents.docx` gives it.

    Args:
        data: the file's bytes.
        where: what faults name.
        limits: `seconds` for LibreOffice, then those of packed files.

    Raises:
        FanzhaError: where it is another kind of file, locked or damaged, and, `retryable`, where LibreOffice is missing
            or takes too long.
    """
    suffix, import_filter = _kind(data, where)
    program = find_libreoffice()
    if program is None:
        raise FanzhaError(
            "needs LibreOffice to be read, which is not installed",
            path=where,
            mend="install LibreOffice, or save the letter as .docx",
            retryable=True,
        )
    try:
        with tempfile.TemporaryDirectory(prefix="fanzha-office-", ignore_cleanup_errors=True) as folder:
            converted = _convert(data, suffix, import_filter, program, Path(folder), where, limits)
    except OSError as error:
        raise FanzhaError(
            f"cannot be given to LibreOffice: {error.strerror or error}",
            path=where,
            mend="check the room on the disk and the folder for temporary files",
            retryable=True,
        ) from None
    extracted = docx.extract(converted, where=where, limits=limits)
    return Extracted(extracted.text, "office", extracted.warnings)


def find_libreoffice() -> str | None:
    """The program, on the PATH or where installers put it; None where there is none."""
    found = (shutil.which(name) for name in _PROGRAMS)
    return next((path for path in found if path), None) or next((p for p in _PLACES if os.path.isfile(p)), None)


def _kind(data: bytes, where: str | Path) -> tuple[str, str | None]:
    """The suffix and the filter that LibreOffice shall read a file by, whatever its name."""
    if data.startswith(b"{\\rtf"):
        return ".rtf", "Rich Text Format"
    if not data.startswith(_OLE):
        raise FanzhaError("is damaged or cut off", path=where, mend="copy or download it anew")
    if _stream(data, "EncryptedPackage") is not None:  # how Word locks a .docx
        raise _is_locked(where)
    entry = _stream(data, "WordDocument")
    if entry is None:
        for stream, kind in _OTHER_STREAMS:
            if _stream(data, stream) is not None:
                raise FanzhaError(f"is {kind}, not a letter", path=where, mend="save it as PDF or Word first")
        return ".wps", None  # WPS of Microsoft Works, or what LibreOffice knows more of than this
    sector = int.from_bytes(data[entry + 116 : entry + 120], "little")
    head = (sector + 1) << min(int.from_bytes(data[30:32], "little"), 16)
    if int.from_bytes(data[head + 10 : head + 12], "little") & _LOCKED:
        raise _is_locked(where)
    return ".doc", "MS Word 97"


def _is_locked(where: str | Path) -> FanzhaError:
    return FanzhaError("is locked with a password", path=where, mend="save it without one")


def _stream(data: bytes, name: str) -> int | None:
    """Where the directory entry of an OLE stream stands in the file; entries are 128 bytes and begin with the name."""
    wanted = (name + "\0").encode("utf-16-le")
    at = data.find(wanted)
    while at >= 0:
        if at % _ENTRY == 0 and int.from_bytes(data[at + 64 : at + 66], "little") == len(wanted):
            return at
        at = data.find(wanted, at + 1)
    return None


def _convert(
    data: bytes, suffix: str, import_filter: str | None, program: str, folder: Path, where: str | Path, limits: Limits
) -> bytes:
    """The .docx that LibreOffice makes of a file."""
    letter, out = folder / f"letter{suffix}", folder / "out"
    letter.write_bytes(data)
    out.mkdir()
    _write_profile(folder / "profile")
    command = [
        program, "--headless", "--invisible", "--nologo", "--nodefault", "--norestore", "--nolockcheck",
        "--nofirststartwizard", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        *([f"--infilter={import_filter}"] if import_filter else []),
        "--convert-to", "docx:MS Word 2007 XML", "--outdir", str(out), str(letter),
    ]  # fmt: skip
    seconds = _SHARE * limits.seconds
    if not _run(command, folder, seconds):
        raise FanzhaError(
            f"took LibreOffice longer than {seconds:g} seconds",
            path=where,
            mend="save it as .docx, or raise --max-seconds",
            retryable=True,
        )
    made = out / "letter.docx"
    if not made.is_file():
        raise FanzhaError(
            "cannot be read by LibreOffice: it is damaged or locked",
            path=where,
            mend="save it as .docx from Word or WPS",
        )
    if made.stat().st_size > limits.unpacked_bytes:
        raise FanzhaError(
            f"is larger than {limits.unpacked_bytes / 1e6:g} MB as a .docx",
            path=where,
            mend="is it one letter? then raise --max-unpacked-megabytes",
        )
    return made.read_bytes()


def _write_profile(profile: Path) -> None:
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{escape(str(value).lower() if isinstance(value, bool) else str(value))}</value></prop></item>"
        for path, name, value in _SETTINGS
    )
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        f'xmlns:xs="http://www.w3.org/2001/XMLSchema">{items}</oor:items>\n',
        encoding="utf-8",
    )


def _run(command: list[str], folder: Path, seconds: float) -> bool:
    """Runs LibreOffice in `folder`, whatever it ends with; False where it had to be killed."""
    # Its temporary files and settings stay in the folder, and no display is looked for.
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"HOME": str(folder), "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(timeout=seconds)
        return True
    except subprocess.TimeoutExpired:
        return False
    finally:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all that it started, also what outlived it."""
    if sys.platform == "win32":
        if process.poll() is None:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
