#!/usr/bin/env bash
# The first step of action.yml: install this checkout into an environment of its own, outside the caller's repository.
set -eu
"$PYTHON" -m venv "$RUNNER_TEMP/semeval-emo"
extra=""
[ "${GOLD:-}" = hub ] && extra="[hub]"
"$RUNNER_TEMP/semeval-emo/bin/python" -m pip install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH$extra"
