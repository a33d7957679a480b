"""Shared tasks: tracks, languages, emotions, ids, releases."""

from semeval_emo.task.load import TASK_FILE, find_task, known_tasks, load_task, task_files, task_near
from semeval_emo.task.model import (
    NO_NUMBER,
    OWN_SPLIT,
    PIN_FILES,
    SPLITS,
    FileKey,
    FileSpec,
    IdBlock,
    Release,
    Selector,
    Task,
    listed_block,
    prefix_of,
    release_words,
    short_hash,
)
from semeval_emo.task.tracks import Language, OfficialScorer, Track

__all__ = [
    "NO_NUMBER",
    "OWN_SPLIT",
    "PIN_FILES",
    "SPLITS",
    "TASK_FILE",
    "FileKey",
    "FileSpec",
    "IdBlock",
    "Language",
    "OfficialScorer",
    "Release",
    "Selector",
    "Task",
    "Track",
    "find_task",
    "known_tasks",
    "listed_block",
    "load_task",
    "prefix_of",
    "release_words",
    "short_hash",
    "task_files",
    "task_near",
]
