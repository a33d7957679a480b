#!/usr/bin/env bash
# A step of action.yml, `validate` or `score`: the report in the log, annotations of the files, tables in the summary.
# The inputs are variables and never part of a command line that a shell reads as code.
set -u
name=$1
semeval_emo="$RUNNER_TEMP/semeval-emo/bin/semeval-emo"

# Words are split and patterns expanded on purpose; a pattern without a match is dropped.
shopt -s nullglob globstar
words=()
for word in $FILES; do
  # A file whose name begins like an option.
  [ "${word#-}" = "$word" ] || word="./$word"
  words+=("$word")
done
if [ ${#words[@]} -eq 0 ]; then
  echo "::error title=semeval-emo::No file matches the input 'files'."
  exit 3
fi
[ -z "${TASK:-}" ] || words+=(--task "$TASK")
[ -z "${TRACK:-}" ] || words+=(--track "$TRACK")
[ -z "${RELEASE:-}" ] || words+=(--release "$RELEASE")
if [ "$name" = score ]; then
  words+=(--gold "$GOLD")
  for limit in ${FAIL_UNDER:-}; do words+=(--fail-under "$limit"); done
fi

# A line of the report that looks like a workflow command is not one: files of other people are quoted in it.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::group::semeval-emo $name"
echo "::stop-commands::$token"
COLUMNS=${COLUMNS:-100} "$semeval_emo" "$name" "${words[@]}" 2>&1
code=$?
echo "::$token::"
echo "::endgroup::"
# Other codes than 0 and 1 are no result: a wrong option, or a file that is not there.
if [ $code -gt 1 ]; then
  echo "::error title=semeval-emo $name::Ended with exit code $code: the log of this step says why."
  exit $code
fi
"$semeval_emo" "$name" "${words[@]}" --quiet --format github 2> /dev/null
"$semeval_emo" "$name" "${words[@]}" --quiet --format markdown 2> /dev/null >> "$GITHUB_STEP_SUMMARY"
exit $code
