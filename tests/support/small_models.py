"""Language models with random weights, small enough to be made on the spot."""

# mypy: untyped-calls-exclude="torch,transformers"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

from pathlib import Path


def random_model(folder: Path, *, context: int = 256, ends: bool = True) -> Path:
    """Writes a Llama of 2 layers of 64 that says something different to each seed.

    Args:
        folder: Where to.
        context: Most tokens of prompt and completion.
        ends: Whether its end token ends a completion; else every completion has max_tokens.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from genesys.training.tiny_model.corpus import tokenizer_texts
    from genesys.training.tiny_model.tokenizer import build_tokenizer

    tokenizer = build_tokenizer(tokenizer_texts())
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=192,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=context,
        initializer_range=0.2,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=False,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LlamaForCausalLM(config)
    if not ends:
        with torch.no_grad():  # among large logits of both signs, a logit of 0 is never drawn
            model.lm_head.weight *= 8
            model.lm_head.weight[tokenizer.eos_token_id] = 0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
