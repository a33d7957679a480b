"""Shared tasks: tracks, languages, emotions, ids, releases."""

from semeval_emo.task.load import find_task, known_tasks, load_task, task_files
from semeval_emo.task.model import (
    SPLITS,
    FileKey,
    FileSpec,
    IdBlock,
    Language,
    OfficialScorer,
    Release,
    Selector,
    Task,
    Track,
    prefix_of,
    short_hash,
)

__all__ = [
    "SPLITS",
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
    "load_task",
    "prefix_of",
    "short_hash",
    "task_files",
]
