"""Shared tasks: tracks, languages, emotions, ids, releases."""

from semeval_emo.task.ids import DIGITS, IdBlock, IdList, id_prefix, ids_bytes, short_hash
from semeval_emo.task.layout import DEFAULT_LAYOUT, LABELS, FileKey, FileLayout, TaskLayout, fill
from semeval_emo.task.load import TASK_FILE, find_task, known_tasks, load_task, task_files, task_near
from semeval_emo.task.model import METRICS_OF_INTENSITIES, METRICS_OF_LABELS, PIN_FILES, SPLITS, Release, Selector, Task
from semeval_emo.task.spec import ARRAYS, LABEL_NOUN, OWN, OWN_FILE, OWN_SPLIT, FileSpec, release_words
from semeval_emo.task.tracks import Language, OfficialScorer, Track, shown_track

__all__ = [
    "ARRAYS",
    "DEFAULT_LAYOUT",
    "DIGITS",
    "LABELS",
    "LABEL_NOUN",
    "METRICS_OF_INTENSITIES",
    "METRICS_OF_LABELS",
    "OWN",
    "OWN_FILE",
    "OWN_SPLIT",
    "PIN_FILES",
    "SPLITS",
    "TASK_FILE",
    "FileKey",
    "FileLayout",
    "FileSpec",
    "IdBlock",
    "IdList",
    "Language",
    "OfficialScorer",
    "Release",
    "Selector",
    "Task",
    "TaskLayout",
    "Track",
    "fill",
    "find_task",
    "id_prefix",
    "ids_bytes",
    "known_tasks",
    "load_task",
    "release_words",
    "short_hash",
    "shown_track",
    "task_files",
    "task_near",
]
