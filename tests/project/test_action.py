"""The GitHub Action and the pre-commit hook: the steps of action.yml run as the runner does, as plain scripts."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
import yaml

from semeval_emo.data.sample import sample_folder

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.skipif(not (ROOT / "action.yml").is_file(), reason="left out: not a checkout"),
    pytest.mark.skipif(os.name == "nt", reason="left out: needs bash"),
]


def action() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


class Runner:
    """Runs the steps of the action in a repository, with the variables that GitHub sets."""

    def __init__(self, home: Path, command: Path) -> None:
        self.repository, self.temp, self.summary = home / "repository", home / "temp", home / "summary.md"
        self.repository.mkdir()
        shutil.copytree(sample_folder() / "predictions", self.repository, dirs_exist_ok=True)
        scripts = self.temp / "semeval-emo" / "bin"
        scripts.mkdir(parents=True)
        (scripts / "semeval-emo").symlink_to(command)

    def run(self, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run the step with this name. Expressions are replaced in `env` only: no step may have one in its script."""
        definition = action()
        given = {key: value.get("default", "") for key, value in definition["inputs"].items()}
        given |= {key.replace("_", "-"): value for key, value in inputs.items()}
        (step,) = [step for step in definition["runs"]["steps"] if step.get("name") == name]
        assert "${{" not in step["run"]

        def value(text: str) -> str:
            text = re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: given[found[1]], text)
            return text.replace("${{ steps.python.outputs.python-path }}", sys.executable)

        environment = {k: v for k, v in os.environ.items() if not k.startswith(("SEMEVAL_EMO", "COLUMNS"))} | {
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(self.temp),
            "PYTHONPATH": str(ROOT),
        }
        environment |= {key: value(text) for key, text in step["env"].items()}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.repository, env=environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A repository with the prediction files of the sample, in which the command is installed."""
    command = tmp_path / "semeval-emo"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m semeval_emo "$@"\n')
    command.chmod(0o755)
    return Runner(tmp_path, command)


VALIDATE, SCORE, INSTALL = "Validate the prediction files", "Score them", "Install semeval-emo"


def commands(out: str) -> list[str]:
    """Return the workflow commands that the runner would obey: none while they are stopped."""
    found, token = [], ""
    for line in out.splitlines():
        if token:
            token = "" if line == f"::{token}::" else token
        elif line.startswith("::stop-commands::"):
            token = line.removeprefix("::stop-commands::")
        elif line.startswith("::") and not line.startswith(("::group::", "::endgroup::")):
            found.append(line)
    assert not token, "commands stay stopped"
    return found


def test_the_validate_step_annotates_every_problem_and_fails(runner: Runner):
    done = runner.run(VALIDATE, files="mistakes")
    assert done.returncode == 1
    assert "Not valid: " in done.stdout
    found = commands(done.stdout)
    assert [line.partition("::the ")[0] for line in found if "E311" in line] == [
        "::error title=E311 columns in another order,file=mistakes/pred_eng_a.csv,line=1"
    ]
    assert found[-1].startswith("::notice title=semeval-emo validate::Not valid: ")
    assert "| mistakes/pred_eng_a.csv |" in runner.summary.read_text("utf-8")


def test_patterns_and_several_words_are_expanded(runner: Runner):
    done = runner.run(VALIDATE, files="strong/**/*.csv\nweak/track_a")
    assert done.returncode == 0, done.stdout
    assert commands(done.stdout) == [
        "::notice title=semeval-emo validate::Valid: 3 files, with 0 errors and 0 warnings."
    ]
    done = runner.run(VALIDATE, files="nothing/*.csv")
    assert (done.returncode, done.stdout) == (3, "::error title=semeval-emo::No file matches the input 'files'.\n")


def test_the_score_step_prints_the_scores_and_fails_below_a_limit(runner: Runner):
    done = runner.run(SCORE, files="strong/track_a", gold="sample", fail_under="macro_f1=0.8 micro_f1=0.99")
    assert done.returncode == 1
    error, notice = commands(done.stdout)
    assert error.startswith("::error title=score below the limit::micro_f1 is 0.8")
    assert notice.endswith("::macro F1 0.8589 (release 1 track a eng test)")
    assert "macro F1" in runner.summary.read_text("utf-8")
    done = runner.run(SCORE, files="strong/track_a", gold="sample", fail_under="macro_f1=0.8")
    assert done.returncode == 0, done.stdout


def test_the_score_step_is_left_out_without_gold():
    (step,) = [step for step in action()["runs"]["steps"] if step.get("name") == SCORE]
    assert step["if"] == "inputs.gold != ''"


def test_a_call_that_is_wrong_is_one_error_with_its_exit_code(runner: Runner):
    done = runner.run(VALIDATE, files="strong", track="z")
    assert done.returncode == 2
    (error,) = commands(done.stdout)
    assert error == "::error title=semeval-emo validate::Ended with exit code 2: the log of this step says why."
    assert "'z'" in done.stdout


@pytest.mark.parametrize(
    "hostile", ["$(touch struck)", "`touch struck`", "; touch struck", "'; touch struck; '", "--output=struck"]
)
def test_inputs_are_never_run_as_code(runner: Runner, hostile: str):
    runner.run(VALIDATE, files=f"strong {hostile}", track=hostile, task=hostile)
    runner.run(SCORE, files=f"strong {hostile}", gold=hostile, fail_under=hostile)
    assert not list(runner.repository.rglob("struck"))


def test_a_quoted_line_of_a_file_is_no_command(runner: Runner):
    path = runner.repository / "pred_eng.csv"
    body = (runner.repository / "strong/track_a/pred_eng.csv").read_text("utf-8").splitlines()
    body[1] += ",::add-mask::a ::error::forged"
    path.write_text("\n".join(body) + "\n", "utf-8")
    done = runner.run(VALIDATE, files="pred_eng.csv")
    assert not [line for line in commands(done.stdout) if line.startswith(("::add-mask", "::error::"))]


def test_the_install_step_installs_this_checkout_away_from_the_repository(tmp_path: Path):
    """Offline: the packages of the core are those of this environment, seen through a .pth file."""
    runner = Runner(tmp_path, Path(os.devnull))
    shutil.rmtree(runner.temp / "semeval-emo")
    # `python -m venv` of the step would make a new one without the packages.
    seeded = tmp_path / "seeded"
    venv.create(seeded, with_pip=False, symlinks=True)
    paths = [path for path in sys.path if path.endswith("site-packages")]
    (next(seeded.rglob("site-packages")) / "parent.pth").write_text("\n".join(paths) + "\n")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\n[ "$1 $2" = "-m venv" ] && exec cp -a {shlex.quote(str(seeded))} "$3"\nexit 9\n')
    python.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(python))
        for name, value in (("NO_INDEX", "1"), ("NO_DEPS", "1"), ("NO_BUILD_ISOLATION", "0"), ("NO_CACHE_DIR", "1")):
            patch.setenv(f"PIP_{name}", value)
        patch.delenv("PIP_FIND_LINKS", raising=False)
        done = runner.run(INSTALL)
    assert done.returncode == 0, done.stderr
    command = runner.temp / "semeval-emo" / "bin" / "semeval-emo"
    shown = subprocess.run([command, "--version"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert shown.stdout.startswith("semeval-emo ")
    assert [path.name for path in runner.repository.iterdir() if path.name.startswith(("build", "dist"))] == []


def test_the_workflow_of_the_page_uses_inputs_that_exist():
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    workflows = [yaml.safe_load(body) for body in re.findall(r"^```yaml\n(name:.*?)^```$", page, re.M | re.S)]
    assert workflows
    for workflow in workflows:
        # "on" is true in YAML 1.1.
        assert True in workflow
        steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
        own = [step for step in steps if "semeval-emo" in step.get("uses", "")]
        assert own
        for step in own:
            assert set(step["with"]) <= set(action()["inputs"])


def test_the_hook_checks_the_files_that_the_scorers_look_for(tmp_path: Path):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    pattern = re.compile(hook["files"])
    assert pattern.search("track_a/pred_eng.csv")
    assert pattern.search("pred_ptmz.csv")
    assert not pattern.search("train/eng.csv")
    program, *words = shlex.split(hook["entry"])
    assert program == "semeval-emo"
    for folder, code in (("strong/track_a", 0), ("mistakes", 1)):
        files = sorted((sample_folder() / "predictions" / folder).glob("pred_*.csv"))
        done = subprocess.run(
            [sys.executable, "-m", "semeval_emo", *words, *map(str, files)], capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout
