"""Completion of commands, in a real bash."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.programs import cannot_run

DRAFTCAST = Path(sys.executable).with_name("draftcast")
ASK = """
eval "$(draftcast --show-completion bash)"
COMP_WORDS=({words}) COMP_CWORD={at}
_draftcast_completion draftcast
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(folder: Path, *words: str) -> set[str]:
    """What bash offers in place of the last word."""
    if shutil.which("bash") is None:
        cannot_run("bash is not installed")
    quoted = " ".join(f"'{word}'" for word in words)
    environment = {"PATH": f"{DRAFTCAST.parent}:{os.environ['PATH']}", "HOME": str(folder)}
    script = ASK.format(words=quoted, at=len(words) - 1)
    command = ["bash", "--norc", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("draftcast", "re"), {"render", "report", "retry"}),
        (("draftcast", "keys", "r"), {"revoke", "rotate"}),
        (("draftcast", "tasks", "--st"), {"--status"}),
        (("draftcast", "tasks", "--status", "p"), {"pending", "processing"}),
    ],
)
def test_bash_completes_commands_options_and_values(tmp_path: Path, words: tuple[str, ...], offered: set[str]) -> None:
    assert completed(tmp_path, *words) == offered


def test_completion_is_installed_for_bash(tmp_path: Path) -> None:
    command = ["bash", "-c", f"'{DRAFTCAST}' --install-completion; exit $?"]  # the shell that starts it is looked for
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    ended = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 0, ended
    assert "_draftcast_completion" in (tmp_path / ".bash_completions" / "draftcast.sh").read_text()
    assert ".bash_completions/draftcast.sh" in (tmp_path / ".bashrc").read_text()
