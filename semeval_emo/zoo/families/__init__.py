"""Kinds of models, one file each, behind `semeval_emo.zoo.family.Family`."""
