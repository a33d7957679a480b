"""What the task is: tracks, languages, emotions, ids, releases. Imports nothing heavy."""

from semeval_emo.task.load import find_task, load_task, task_files
from semeval_emo.task.model import SPLITS, FileSpec, IdBlock, Language, Release, Selector, Task, Track, short_hash

__all__ = [
    "SPLITS",
    "FileSpec",
    "IdBlock",
    "Language",
    "Release",
    "Selector",
    "Task",
    "Track",
    "find_task",
    "load_task",
    "short_hash",
    "task_files",
]
