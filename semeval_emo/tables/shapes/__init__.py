"""Shapes of a table other than one column per label: recognise them, and convert them where nothing is guessed."""

from semeval_emo.tables.shapes.recognise import recognise
from semeval_emo.tables.shapes.shape import REPORTED, AddProblem, Shape, Vocabulary

__all__ = ["REPORTED", "AddProblem", "Shape", "Vocabulary", "recognise"]
