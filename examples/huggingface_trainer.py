"""Train with the Hugging Face Trainer and see the official metrics after each epoch. Needs the extra "zoo".

The model is tiny and has random weights; replace `model` and `encode` by a checkpoint and its tokenizer.

python examples/huggingface_trainer.py
"""

import tempfile

from torch import tensor
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

import semeval_emo

train, dev = (semeval_emo.load_gold("a", "eng", split, source="sample") for split in ("train", "dev"))
emotions = train.spec.emotions


def encode(gold):
    """Return an example for each text: the numbers of its first words, and the labels as floats."""
    words = [[1 + sum(word.encode()) % 500 for word in text.split()][:32] for text in gold.texts]
    ids = [tensor(row + [0] * (32 - len(row))) for row in words]
    return [{"input_ids": i, "labels": tensor(row).float()} for i, row in zip(ids, gold.labels, strict=True)]


size = {"vocab_size": 501, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
names = {"id2label": dict(enumerate(emotions)), "problem_type": "multi_label_classification"}
model = BertForSequenceClassification(BertConfig(**size, **names))
# Logits in, official metrics out; thresholds={"joy": 0.4, ...} sets one for each emotion.
metrics = semeval_emo.compute_metrics(emotions, thresholds=0.3)
with tempfile.TemporaryDirectory() as folder:
    settings = TrainingArguments(
        folder, eval_strategy="epoch", num_train_epochs=2, learning_rate=0.01, report_to="none"
    )
    trainer = Trainer(model, settings, train_dataset=encode(train), eval_dataset=encode(dev), compute_metrics=metrics)
    trainer.train()
    result = trainer.evaluate()
print(f"dev: macro F1 {result['eval_macro_f1']:.4f}, F1 of joy {result['eval_f1_joy']:.4f}")
