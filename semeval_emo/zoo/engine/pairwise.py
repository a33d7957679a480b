"""A language model that is asked about each emotion of a text and answers with yes or no.

The logit of an emotion is that of the token of yes minus that of the token of no after the question. So the model has
an output for each emotion, as other networks have, and is trained with the same loss on the same labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM
from transformers.modeling_outputs import SequenceClassifierOutput

from semeval_emo.errors import UsageError
from semeval_emo.zoo.engine.pretrained import load_pretrained
from semeval_emo.zoo.engine.wrapper import ModelWrapper
from semeval_emo.zoo.recipe import Recipe


class YesNoQuestions(ModelWrapper):
    """A language model, and a question about each label that follows every text.

    Args:
        model: a causal language model.
        questions: token ids of the question about each label.
        answers: the ids of the tokens of yes and no.

    """

    # Buffers.
    questions: torch.Tensor
    lengths: torch.Tensor
    answers: torch.Tensor

    def __init__(self, model: Any, questions: Sequence[Sequence[int]], answers: tuple[int, int]) -> None:
        super().__init__(model)
        lengths = [len(question) for question in questions]
        ids = torch.zeros(len(questions), max(lengths), dtype=torch.long)
        for row, question in zip(ids, questions, strict=True):
            row[: len(question)] = torch.tensor(question)
        self.register_buffer("questions", ids, persistent=False)
        self.register_buffer("lengths", torch.tensor(lengths), persistent=False)
        self.register_buffer("answers", torch.tensor(answers), persistent=False)

    def save_pretrained(self, folder: str | Path, **arguments: Any) -> None:
        """Save the language model, which ``AutoModelForCausalLM`` reads."""
        self.model.save_pretrained(folder, **arguments)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **rest: Any) -> SequenceClassifierOutput:
        """Return the logits, shape (B, L), of texts padded on the right."""
        ids, mask = self._with_questions(input_ids, attention_mask)
        states = self.model.base_model(input_ids=ids, attention_mask=mask, **rest).last_hidden_state
        last = states[torch.arange(len(states), device=states.device), mask.sum(1) - 1].float()
        # Two rows of the output layer instead of the whole vocabulary.
        weights = self.model.get_output_embeddings().weight[self.answers].float()
        logits = last @ weights.T
        cap = getattr(self.config, "final_logit_softcapping", None)
        if cap:
            logits = cap * torch.tanh(logits / cap)
        yes_or_no = (logits[:, 0] - logits[:, 1]).view(len(input_ids), len(self.questions))
        return SequenceClassifierOutput(logits=yes_or_no)

    def _with_questions(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ids and mask of every text with every question after it: shape (B x L, T)."""
        labels, longest = self.questions.shape
        sizes = mask.sum(1).repeat_interleave(labels)
        width = int(ids.shape[1]) + longest
        joined = torch.nn.functional.pad(ids.repeat_interleave(labels, 0), (0, longest))
        places = sizes[:, None] + torch.arange(longest, device=ids.device)
        joined.scatter_(1, places, self.questions.repeat(len(ids), 1))
        ends = sizes + self.lengths.repeat(len(ids))
        return joined, (torch.arange(width, device=ids.device) < ends[:, None]).long()


def load_language_model(folder: Path, **arguments: Any) -> Any:
    """Load a causal language model with its output layer.

    Raises:
        InputError: it cannot be loaded.
    """
    return load_pretrained(AutoModelForCausalLM, folder, what="The backbone", new_head=False, **arguments)


def ask(model: Any, tokenizer: Any, recipe: Recipe, labels: Sequence[str]) -> YesNoQuestions:
    """Return the network that asks a language model the question of a recipe about each label.

    Raises:
        UsageError: the tokenizer cannot tell the answers apart, or the question leaves no room for a text.
    """
    options = recipe.options
    yes, no = ([*_ids(tokenizer, f" {answer}")] for answer in (options.yes, options.no))
    common = next((i for i, (a, b) in enumerate(zip(yes, no, strict=False)) if a != b), None)
    if common is None:
        raise UsageError(
            f"recipe {recipe.name}: the answers '{options.yes}' and '{options.no}' begin with the same tokens.",
            "name other answers, such as --set pairwise.yes=yes --set pairwise.no=no",
        )
    # Tokens that both answers begin with, such as a space, are part of the question.
    questions = [_ids(tokenizer, question_text(recipe, label)) + yes[:common] for label in labels]
    longest = max(map(len, questions))
    if longest >= recipe.model.max_length:
        raise UsageError(
            f"recipe {recipe.name}: the question has {longest} tokens, and model.max_length is "
            f"{recipe.model.max_length}.",
            f"--set model.max_length={longest + 100}",
        )
    return YesNoQuestions(model, questions, (yes[common], no[common]))


def question_text(recipe: Recipe, label: str) -> str:
    """Return what follows a text in the prompt of a recipe."""
    after: str = recipe.options.prompt.partition("{text}")[2]
    return after.replace("{emotion}", label.replace("_", " "))


def text_before(recipe: Recipe) -> str:
    """Return what precedes a text in the prompt of a recipe."""
    before: str = recipe.options.prompt.partition("{text}")[0]
    return before


def _ids(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids
