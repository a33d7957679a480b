"""Closed, broken and full streams, and signals at any time: no traceback, and an exit code that says what happened."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from semeval_emo.cli import app as application
from semeval_emo.cli.app import main
from semeval_emo.data.sample import sample_folder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="left out: streams and signals of Unix")

EMO = f"{sys.executable} -m semeval_emo"
GOOD = sample_folder() / "predictions" / "strong" / "track_a" / "pred_eng.csv"
BAD = sample_folder() / "predictions" / "mistakes" / "pred_eng_a.csv"
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="left out: needs /dev/full")


def shell(line: str, folder: Path) -> tuple[int, str, str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SEMEVAL_EMO")}
    done = subprocess.run(
        ["bash", "-c", line.replace("EMO", EMO)], cwd=folder, capture_output=True, text=True, env=environment,
        timeout=120, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr and "a bug in" not in done.stderr
    return done.returncode, done.stdout, done.stderr


# --- streams ----------------------------------------------------------------------------------------------------------

COMMANDS = {
    f"validate {GOOD}": 0,
    f"validate {BAD}": 1,
    f"score {GOOD} --gold sample": 0,
    f"fix {BAD} -o out.csv": 0,
    f"pack {GOOD} -o out.zip": 0,
    f"report {GOOD} --gold sample": 0,
    "leaderboard show -t a -l eng --task sample": 0,
    "data stats sample": 0,
    "zoo list": 0,
    "nonsense": 2,
    "--version": 0,
    "--help": 0,
}


# An interpreter that starts with the streams of its parent, and runs each command in a fork: its start costs more CPU
# than all commands. It writes the exit codes at the end, because a file that is opened takes a free number of a stream.
EACH_IN_A_FORK = """
import os, shlex, sys
import semeval_emo.report.html, semeval_emo.zoo.inference.overview
from semeval_emo.cli import app, start
codes = []
for line in sys.argv[2:]:
    child = os.fork()
    if not child:
        sys.argv = ["semeval-emo", *shlex.split(line)]
        start.run()
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
with open(sys.argv[1], "w") as file:
    print(*codes, file=file)
"""


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_do_not_change_the_exit_code(closed: str, tmp_path: Path):
    words = shlex.join([sys.executable, "-c", EACH_IN_A_FORK, "codes", *COMMANDS])
    shell(f"{words} {closed}", tmp_path)
    codes = map(int, (tmp_path / "codes").read_text().split())
    assert dict(zip(COMMANDS, codes, strict=True)) == COMMANDS


def test_what_is_printed_does_not_get_into_a_file_that_is_written(tmp_path: Path):
    """A file that is opened takes the number of a closed stream."""
    assert shell(f"EMO fix {BAD} -o want.csv", tmp_path)[0] == 0
    for closed in (">&-", "2>&-", ">&- 2>&-", ">&- 2>&- <&-"):
        assert shell(f"EMO fix {BAD} -o out.csv --force {closed}", tmp_path)[0] == 0
        assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "want.csv").read_bytes()
        (tmp_path / "out.csv").unlink()


@pytest.mark.parametrize(("path", "code"), [(GOOD, 0), (BAD, 1)], ids=["valid", "not valid"])
def test_a_closed_pipe_keeps_the_exit_code_of_the_result(path: Path, code: int, tmp_path: Path):
    assert shell(f"EMO validate {path} | true; exit ${{PIPESTATUS[0]}}", tmp_path) == (code, "", "")


def test_a_closed_pipe_ends_a_command_that_reads_on(tmp_path: Path):
    """`yes | zoo predict | head` would never end."""
    assert shell("EMO zoo train constant-all --data sample -q", tmp_path)[0] == 0
    line = "yes a | timeout 100 EMO zoo predict runs/sample/constant-all/eng -q --input lines | head -2"
    code, out, err = shell(f"set -o pipefail; {line}; exit ${{PIPESTATUS[1]}}", tmp_path)
    assert (code, out.count("\n"), err) == (0, 2, "")


def test_a_broken_stderr_does_not_stop_a_command(tmp_path: Path):
    code, out, _ = shell(
        f"{{ EMO score {GOOD} --gold sample 2>&3 | wc -l; exit ${{PIPESTATUS[0]}}; }} 3> >(true)", tmp_path
    )
    assert code == 0 and int(out) > 5


@FULL
@pytest.mark.parametrize("words", ["--help", "--version", "validate --help"])
def test_a_full_stdout_is_named_where_help_is_printed(words: str, tmp_path: Path):
    assert shell(f"EMO {words} > /dev/full", tmp_path) == (
        3, "", "error: stdout cannot be written: No space left on device.\n  fix: redirect it to another place\n",
    )  # fmt: skip


@FULL
def test_a_full_stdout_is_an_error_and_a_full_stderr_is_not(tmp_path: Path):
    assert shell(f"EMO validate {GOOD} > /dev/full", tmp_path) == (
        3, "", "error: stdout cannot be written: No space left on device.\n  fix: redirect it to another place\n",
    )  # fmt: skip
    assert shell("EMO --help > /dev/full", tmp_path)[0] == 3
    assert shell(f"EMO score {GOOD} --gold sample 2> /dev/full", tmp_path)[0] == 0
    assert shell("EMO nonsense 2> /dev/full", tmp_path)[0] == 2


def test_output_to_stdout_appends_to_the_file_of_the_shell(tmp_path: Path):
    code, out, _ = shell(
        f"echo before > log; EMO validate {GOOD} -f json -o /dev/stdout >> log; echo after >> log; cat log", tmp_path
    )
    assert code == 0
    lines = out.splitlines()
    assert (lines[0], lines[1], lines[-2], lines[-1]) == ("before", "{", "}", "after")


def test_fix_and_pack_write_to_a_device_a_fifo_and_stdout(tmp_path: Path):
    assert shell(f"EMO fix {BAD} -o want.csv", tmp_path)[0] == 0
    want = (tmp_path / "want.csv").read_text()
    assert shell(f"EMO fix {BAD} -o /dev/stdout --save-report report.txt", tmp_path)[:2] == (0, want)
    os.mkfifo(tmp_path / "fifo")
    assert shell(f"cat fifo & EMO fix {BAD} -o fifo --save-report report.txt; wait", tmp_path)[:2] == (0, want)
    os.mkfifo(tmp_path / "fifo.zip")
    code, out, _ = shell(
        f"cat fifo.zip | wc -c & EMO pack {GOOD} -o fifo.zip -q --save-report report.txt; wait", tmp_path
    )
    assert code == 0 and int(out) > 1000


# --- signals ----------------------------------------------------------------------------------------------------------

# Sends a signal to this process when a module is imported, when the command runs, or when the process ends.
MOMENTS = {
    "first import": "import semeval_emo.cli.start as start, importlib; real = importlib.import_module\n"
    "def hit(name): send(); return real(name)\n"
    "importlib.import_module = hit",
    "import of a command": "import semeval_emo.cli.start as start\n"
    "class Finder:\n"
    "    def find_spec(self, name, path=None, target=None):\n"
    "        if name == 'semeval_emo.submission': send()\n"
    "sys.meta_path.insert(0, Finder())",
    "command": "import semeval_emo.cli.start as start, semeval_emo.submission as s\n"
    "def hit(*a, **k): send()\n"
    "s.validate = hit",
    "destructor": "import semeval_emo.cli.start as start, semeval_emo.submission as s\n"
    "class Hit:\n"
    "    def __del__(self): send()\n"
    "def hit(*a, **k): Hit(); time.sleep(60)\n"
    "s.validate = hit",
    "another error": "import semeval_emo.cli.start as start, semeval_emo.submission as s\n"
    "def hit(*a, **k):\n"
    "    try: send()\n"
    "    except KeyboardInterrupt as error: raise RuntimeError('wrapped') from error\n"
    "s.validate = hit",
    "twice": "import semeval_emo.cli.start as start, semeval_emo.submission as s, semeval_emo.cli.app as a\n"
    "def hit(*a, **k): send()\n"
    "s.validate = a.note = hit",
    "at exit": "import semeval_emo.cli.start as start, atexit; atexit.register(lambda: send())",
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_at_any_moment_ends_with_its_code_and_without_a_traceback(
    number: signal.Signals, code: int, moment: str
):
    script = (
        f"import os, sys, time\nsys.argv = ['semeval-emo', 'validate', {str(GOOD)!r}]\n"
        f"def send(): os.kill(os.getpid(), {number.value}); time.sleep(0.01)\n"
        f"{MOMENTS[moment]}\nstart.run()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False,
        # A suite in the background ignores interrupts, and child processes inherit that.
        preexec_fn=lambda: [signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGHUP)],
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (code, "interrupted.\n")
    assert ("1 file is valid" in done.stdout or "Valid" in done.stdout) == (moment == "at exit")


def test_an_ignored_signal_stays_ignored(tmp_path: Path):
    """`nohup` and commands in the background."""
    line = f"trap '' HUP INT; EMO validate {GOOD} -q & sleep 0.2; kill -HUP $!; kill -INT $!; wait $!"
    assert shell(line, tmp_path)[0] == 0


def test_an_interrupt_of_the_demo_is_not_a_bug(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr("semeval_emo.submission.validate", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    assert main(["demo", "-o", str(tmp_path / "demo")]) == application.INTERRUPTED
    assert "a bug" not in capsys.readouterr().err
