"""The command as a whole: exit codes, errors, bugs, help, completion."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import semeval_emo
from semeval_emo.cli import app as application
from semeval_emo.cli.app import command, main
from semeval_emo.errors import EmoError, InputError, MissingExtra, install_line

EXECUTABLE = [sys.executable, "-m", "semeval_emo"]


def run(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SEMEVAL_EMO")} | options.pop("env", {})
    return subprocess.run(
        [*EXECUTABLE, *words], capture_output=True, text=True, env=environment, timeout=60, check=False, **options
    )


def leaves(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with its words."""
    for name, child in sorted((group or command()).commands.items()):
        if hasattr(child, "commands"):
            yield from leaves(child, (*path, name))
        elif not child.hidden:
            yield (*path, name), child


LEAVES = dict(leaves())


def test_commands_that_write_files_have_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    options = {path: {one.name for one in child.params} for path, child in LEAVES.items()}
    assert [
        path for path, names in options.items() if "output" in names and "quiet" not in names and path != ("demo",)
    ] == []
    target = tmp_path / "e311.csv"
    for words, said in ([], f"Written to {target}.\n"), (["-q"], ""):
        assert main(["explain", "E311", "--format", "csv", "--output", str(target), *words]) == 0
        assert capsys.readouterr() == ("", said)


def test_version():
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"semeval-emo {semeval_emo.__version__}\n")


def test_no_arguments_show_the_help_as_usage_error():
    done = run()
    assert done.returncode == 2
    assert "Commands:" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["leaderbord"],
            "error: No such command 'leaderbord'. Did you mean 'leaderboard'?\n  fix: see semeval-emo --help",
        ),
        (["--nope"], "error: No such option: --nope.\n  fix: see semeval-emo --help"),
        (["leaderboard", "shwo"], "Did you mean 'show'?\n  fix: see semeval-emo leaderboard --help"),
        (
            ["leaderboard", "show", "--langauge", "eng"],
            "error: No such option: --langauge (Possible options: --language)"
            "\n  fix: see semeval-emo leaderboard show --help",
        ),
        (["leaderboard", "show", "--format", "latx"], "fix: see semeval-emo leaderboard show --help"),
    ],
)
def test_usage_errors_exit_2_and_name_the_fix(words: list[str], said: str):
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


class Broken:
    """A command that raises an error."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def main(self, *_: Any, **__: Any) -> None:
        raise self.error


def after(error: BaseException, monkeypatch: pytest.MonkeyPatch, words: list[str] | None = None) -> int:
    monkeypatch.setattr(application, "command", lambda name: Broken(error))
    return main(words or [])


def test_an_error_is_printed_with_its_fix(monkeypatch, capsys):
    assert after(InputError("x.csv is not there.", "look again"), monkeypatch) == 3
    assert capsys.readouterr() == ("", "error: x.csv is not there.\n  fix: look again\n")


@pytest.mark.parametrize(("error", "code"), [(EmoError("m"), 2), (MissingExtra("zoo train", "zoo"), 3)])
def test_each_kind_of_error_has_an_exit_code(error, code, monkeypatch, capsys):
    assert after(error, monkeypatch) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_missing_extra_names_the_install_line(monkeypatch, capsys):
    after(MissingExtra("zoo train", "zoo"), monkeypatch)
    assert f"fix: {install_line('zoo')}" in capsys.readouterr().err


def test_a_bug_exits_70_without_a_traceback(monkeypatch, capsys):
    assert after(ZeroDivisionError("division by zero"), monkeypatch) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "error: this is a bug in semeval-emo, not in your files: ZeroDivisionError: division by zero\n"
        "  fix: please report it to the project with the command and the output of the same command with --debug"
        " (or SEMEVAL_EMO_DEBUG=1)\n"
    )


@pytest.mark.parametrize("way", ["option", "variable"])
def test_a_bug_shows_its_traceback_with_debug(way, monkeypatch, capsys):
    if way == "variable":
        monkeypatch.setenv("SEMEVAL_EMO_DEBUG", "1")
    assert after(ZeroDivisionError("z"), monkeypatch, ["score", "--debug"] if way == "option" else []) == 70
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_error_of_the_operating_system_is_not_a_bug(monkeypatch, capsys):
    assert after(PermissionError(13, "Permission denied", "secret.csv"), monkeypatch) == 3
    assert capsys.readouterr().err == "error: the operating system reports: secret.csv: Permission denied.\n"


def test_interrupting_exits_130(monkeypatch, capsys):
    assert after(KeyboardInterrupt(), monkeypatch) == 130
    assert capsys.readouterr().err == "interrupted.\n"


@pytest.mark.skipif(os.name == "nt", reason="left out: signals of Unix")
def test_a_real_interrupt_exits_130_without_a_traceback():
    code = (
        "import os, signal, sys\n"
        "from semeval_emo.cli import app\n"
        "class Slow:\n"
        "    def main(self, *a, **k): os.kill(os.getpid(), signal.SIGINT)\n"
        "app.command = lambda name: Slow()\n"
        "sys.argv = ['semeval-emo']\n"
        "app.run()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False,
        # A suite in the background ignores interrupts, and child processes inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "interrupted.\n")
    assert signal.SIGINT.value + 128 == done.returncode


def test_a_closed_pipe_is_not_an_error():
    """`semeval-emo leaderboard show | head -1` ends quietly."""
    command_line = f"'{sys.executable}' -m semeval_emo leaderboard export -f json; echo code $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"( {command_line} ) | head -1"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "{\n"
    assert done.stderr == "code 0\n"


@pytest.mark.parametrize("words", [("explain", "E311"), ("leaderboard", "show", "-t", "a", "-l", "eng")], ids=" ".join)
def test_a_pipe_closed_before_the_output_is_not_an_error(words: tuple[str, ...]):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "semeval_emo", *words],
        stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_that_cannot_show_a_character_gets_a_question_mark():
    done = run("leaderboard", "show", "-t", "a", "-l", "eng", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr


def test_every_group_is_registered():
    wanted = {"validate", "fix", "explain", "pack", "score", "compare", "leaderboard", "data", "zoo", "demo"}
    assert {path[0] for path in LEAVES} >= wanted


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_has_help_with_an_example(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    assert main([*path, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Examples:" in text, f"semeval-emo {' '.join(path)} --help shows no example"
    example = re.compile(rf"^\s+semeval-emo {' '.join(path)}\b", re.M)
    assert example.search(text), f"no line of the examples begins with semeval-emo {' '.join(path)}"
    assert max(map(len, text.splitlines())) <= 120, "lines too long for a terminal"
    assert "\b" not in text


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_option_and_argument_has_help(path: tuple[str, ...]):
    unexplained = [p.name for p in LEAVES[path].params if p.name != "help" and not getattr(p, "help", None)]
    assert not unexplained


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_examples_of_the_help_parse(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    """Every shown command line names existing commands and options."""
    import shlex

    main([*path, "--help"])
    shown = re.findall(r"^\s+semeval-emo (.*?)(?:\s{3,}.*|\s+#.*)?$", capsys.readouterr().out, re.M)
    for line in shown:
        words = shlex.split(line, comments=True)
        node, rest = command(), words
        while rest and hasattr(node, "commands") and rest[0] in node.commands:
            node, rest = node.commands[rest[0]], rest[1:]
        known = {option for p in node.params for option in (*p.opts, *p.secondary_opts)}
        options = [word.split("=")[0] for word in rest if word.startswith("-") and not re.match(r"-\d", word)]
        assert set(options) <= known, f"semeval-emo {line}"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion_scripts(shell: str):
    # Typer asks the process tree for the shell; its own switch makes it take the name instead.
    done = run("--show-completion", shell, env={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    assert done.returncode == 0, done.stderr
    assert "_SEMEVAL_EMO_COMPLETE" in done.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("semeval-emo lead", {"leaderboard"}),
        ("semeval-emo leaderboard sh", {"show"}),
        ("semeval-emo score --track ", {"a", "b", "c"}),
        ("semeval-emo score --language pt", {"ptbr", "ptmz"}),
        ("semeval-emo score --release 2025", {"2025", "2025-09"}),
        ("semeval-emo score --split ", {"train", "dev", "test"}),
        ("semeval-emo score --task sam", {"sample"}),
    ],
)
def test_completion_offers_what_exists(words: str, offered: set[str]):
    done = run(
        env={
            "_SEMEVAL_EMO_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
            "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
        }
    )
    assert set(done.stdout.split()) == offered, done.stderr


def test_module_and_script_are_the_same_command():
    script = Path(sys.executable).with_name("semeval-emo")
    if not script.is_file():
        pytest.skip("left out: the console script is not next to this interpreter")
    seen = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    assert seen == run("--help").stdout


def test_a_command_that_runs_is_the_only_one_whose_options_are_created():
    assert list(command("validate").commands) == ["validate"]
    assert command("zoo").commands.keys() == command("valid").commands.keys() == command().commands.keys()
