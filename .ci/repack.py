"""Pack a source archive again so that the same files are the same bytes.

    python .ci/repack.py EPOCH ARCHIVE.tar.gz…

Setuptools writes the time of the build, and who built it, into it; wheels have neither.
"""

from __future__ import annotations

import gzip
import io
import sys
import tarfile
from pathlib import Path


def repack(archive: Path, epoch: int) -> None:
    """Sort the members, and give all of them one time and no owner; replaces the archive."""
    plain = io.BytesIO()
    with tarfile.open(archive) as old, tarfile.open(fileobj=plain, mode="w") as new:
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            member.mtime, member.uid, member.gid = epoch, 0, 0
            member.uname = member.gname = ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=epoch) as file:
        file.write(plain.getvalue())
    archive.write_bytes(packed.getvalue())


if __name__ == "__main__":
    for name in sys.argv[2:]:
        repack(Path(name), int(sys.argv[1]))
