"""Write a task file from a folder of its data: `semeval-emo task new FOLDER`."""

from semeval_emo.data.new_task.draft import Draft, draft_task

__all__ = ["Draft", "draft_task"]
