"""Row 26: from inside the sandbox only those system calls are had that a render makes, and none that reaches others."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from services.drafts.sample import SAMPLE_DIR, sample_files
from services.sandbox.process_sandbox import sandbox_here
from tests.support.drafts import DraftBuilder
from tests.support.render import ROOT, SECONDS, render, request, run_program
from tests.support.servers import DraftServer

pytestmark = pytest.mark.skipif(
    not sandbox_here().network or platform.machine() != "x86_64", reason="the numbers here are those of x86-64"
)
S = 1_000_000
REFUSED = {1, 13, 38}
"""EPERM, EACCES, ENOSYS."""
MAY_BE_MADE = {
    *range(32),
    32,
    33,
    35,
    36,
    37,
    38,
    39,
    40,
    45,
    56,
    57,
    58,
    59,
    60,
    61,
    62,
    63,
    72,
    73,
    74,
    75,
    77,
    78,
    79,
    80,
    81,
    82,
    83,
    84,
    87,
    89,
    95,
    96,
    97,
    98,
    99,
    100,
    102,
    104,
    107,
    108,
    110,
    111,
    115,
    118,
    120,
    121,
    124,
    125,
    127,
    128,
    130,
    131,
    137,
    138,
    140,
    149,
    150,
    157,
    158,
    160,
    186,
    187,
    200,
    201,
    202,
    204,
    213,
    217,
    218,
    219,
    221,
    228,
    229,
    230,
    231,
    232,
    233,
    234,
    247,
    257,
    258,
    262,
    263,
    264,
    267,
    269,
    270,
    271,
    273,
    274,
    275,
    277,
    280,
    281,
    283,
    284,
    285,
    286,
    287,
    290,
    291,
    292,
    293,
    295,
    296,
    302,
    309,
    316,
    318,
    319,
    324,
    326,
    327,
    328,
    332,
    334,
    34,
    53,
    44,
    141,
    439,
    436,
    441,
} - {29, 30, 31}
"""Calls of x86-64 that reach nobody outside, or do so with some arguments only; not those of shared memory."""
OF_PROBES = {335, 336}
"""uretprobe and uprobe: the kernel lets them past all filters, and kills whoever makes them without a probe."""
PROBE = """#!{python} -I
import ctypes, os, signal, socket, struct, sys
if sys.argv[1] == "-version":
    print("ffmpeg version 9.0 Copyright --enable-libx264")
    raise SystemExit
libc = ctypes.CDLL(None, use_errno=True)
def call(name, number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(*(ctypes.c_long(each) if type(each) is int else each for each in (number, *arguments)))
    print(name, ctypes.get_errno() if result < 0 else "done", file=sys.stderr, flush=True)
{calls}
raise SystemExit(3)
"""


def asked(folder: Path, calls: str) -> dict[str, str]:
    """What became of calls from inside: the number of an error, or "done"."""
    program = folder / "ffmpeg"
    program.write_text(PROBE.format(python=sys.executable, calls=calls))
    program.chmod(0o755)
    rendered = render(folder, DraftBuilder(64, 36).text("x", 0, S), run_program, ffmpeg=str(program))
    assert rendered.error["code"] == "RENDER_FAILED"
    lines = [line.split(" ") for line in rendered.log.splitlines() if line.count(" ") == 1]
    return dict(lines)


def test_every_call_that_a_render_does_not_need_is_refused(tmp_path: Path) -> None:
    tried = sorted(set(range(470)) - MAY_BE_MADE - OF_PROBES)
    found = asked(tmp_path, f"for number in {tried!r}: call(f'n{{number}}', number, -1, -1, -1, -1, -1, -1)")
    assert len(found) == len(tried)
    assert {name: answer for name, answer in found.items() if answer not in {str(each) for each in REFUSED}} == {}


def test_calls_of_other_tables_are_refused(tmp_path: Path) -> None:
    """That of x32: getpid, kill and socket by its numbers."""
    calls = "for number in (39, 62, 41): call(f'x{number}', 0x40000000 + number, 1, 0, 0)"
    assert asked(tmp_path, calls) == {"x39": "38", "x62": "38", "x41": "38"}


def test_calls_that_may_be_made_reach_nobody_else(tmp_path: Path) -> None:
    mine, outside = os.getpid(), tmp_path.parent / "outside"
    outside.write_text("x")
    calls = f"""
new = struct.pack("QQ", 1, 1)
call("prlimit", 302, {mine}, 0, new, 0)
call("setpriority", 141, 0, {mine}, 19)
call("affinity", 203, {mine}, 8, b"\\1" + bytes(7))
call("kill", 62, {mine}, 0)
call("kill-all", 62, -1, 0)
call("kill-group", 62, 0, 0)
call("tgkill", 234, {mine}, {mine}, 0)
call("tkill", 200, {mine}, 0)
call("datagrams", 53, 1, 2, 0, ctypes.create_string_buffer(8))
call("stream", 53, 1, 1, 0, ctypes.create_string_buffer(8))
call("inet-pair", 53, 2, 1, 0, ctypes.create_string_buffer(8))
call("send-to", 44, 1, b"x", 1, 0, b"x" * 16, 16)
for name, flags in dict(user=0x10000000, mount=0x20000, net=0x40000000, pid=0x20000000, ipc=0x8000000).items():
    call(f"clone-{{name}}", 56, flags | 17, 0, 0, 0, 0)
call("clone3", 435, 0, 0)
call("type", 16, 1, 0x5412, b"x")
call("signal-owner", 72, 0, 8, {mine})
call("signal-number", 72, 0, 10, 9)
call("mode", 90, {os.fsencode(outside)!r}, 0)
call("dates", 280, -100, {os.fsencode(outside)!r}, 0, 0)
call("truncate", 76, {os.fsencode(outside)!r}, 0)
call("open-truncate", 257, -100, {os.fsencode(os.path.realpath(os.__file__))!r}, 0o1000, 0)
call("link", 88, b"/etc/passwd", b"link")
call("pipe-file", 133, b"pipe", 0o10600, 0)
call("own-kill", 62, os.getpid(), 0)
call("own-limit", 302, 0, 7, 0, ctypes.create_string_buffer(16))
"""
    found = asked(tmp_path, calls)
    had = {name for name, answer in found.items() if answer == "done"}
    assert len(found) == 29
    assert had == {"stream", "own-kill", "own-limit"}
    assert outside.read_text() == "x"
    assert outside.stat().st_mode & 0o777


STRICT = """
import sys
from services.sandbox import seccomp
seccomp.UNKNOWN = seccomp.WRONG = 0x80000000  # a refused call kills the process that makes it
from services.render.__main__ import main
sys.exit(main())
"""


def test_a_render_of_all_kinds_of_clips_that_are_fetched_makes_no_other_calls(tmp_path: Path) -> None:
    with DraftServer() as drafts:
        files: dict[str, bytes | Path] = {
            name: SAMPLE_DIR / name for name in sample_files() if name != "draft_content.json"
        }
        drafts.add_draft("sample", (SAMPLE_DIR / "draft_content.json").read_bytes(), files)
        asked = request(tmp_path, draft_url=drafts.draft_url("sample"), allow_hosts=[drafts.host])
        ended = subprocess.run(
            [sys.executable, "-c", STRICT], cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
    last = json.loads(ended.stdout.splitlines()[-1])
    assert ended.returncode == 0, (last, ended.stderr)
    assert last["result"]["has_sound"]
    assert drafts.requests
