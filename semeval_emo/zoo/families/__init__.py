"""Model families: subclasses of `semeval_emo.zoo.family.Family`."""
