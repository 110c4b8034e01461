"""SYNTHETIC-1's recipe for supervised training, with TRL's own trainer: what passed its verifier, whole traces.

    genesys collect --env genesys/math-v0 --problems ... --model ... --out runs/first
    genesys curate runs/first --recipe synthetic-1 --out data/first
    accelerate launch --num_processes 8 examples/train_sft.py data/first
    python examples/train_sft.py data/first --cpu --model MODEL      # a small model, without a GPU

Scores from 1 (mathematics, output prediction) or 0.9 (code) are kept, nothing is cut, and the loss is on
the answers alone. The optimiser's settings are open-r1's for OpenR1-Qwen-7B.
"""

import argparse
from typing import Any

import torch
from transformers import AutoTokenizer
from trl import SFTConfig, SFTTrainer

from genesys.training import preflight, sft_dataset, stop_on


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("dataset", help="a folder that `genesys curate` wrote")
    parser.add_argument("--model", default="Qwen/Qwen2.5-7B-Instruct")
    parser.add_argument("--out", default="runs/train_sft")
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument(
        "--max-length", type=int, default=16384, help="12,288 tokens of a trace and its prompt"
    )
    parser.add_argument("--cpu", action="store_true", help="a small model, without a GPU")
    return parser.parse_args()


def config(options: argparse.Namespace) -> SFTConfig:
    """TRL's configuration."""
    device: dict[str, Any] = {"bf16": True, "packing": True}
    if options.cpu:
        torch.set_num_threads(1)  # a tiny model is fastest so
        device = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False}
    return SFTConfig(
        output_dir=options.out,
        num_train_epochs=options.epochs,
        learning_rate=5e-4 if options.cpu else 5e-5,
        lr_scheduler_type="linear",
        warmup_steps=0.1,
        per_device_train_batch_size=16 if options.cpu else 1,
        gradient_accumulation_steps=1 if options.cpu else 2,
        max_length=options.max_length,
        logging_steps=1,
        report_to="none",
        **device,
    )


def main(options: argparse.Namespace) -> None:
    """Trains, and saves the model."""
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    args, dataset = config(options), sft_dataset(options.dataset)
    stop_on(preflight(args, dataset, tokenizer, model=options.model))
    trainer = SFTTrainer(options.model, args=args, train_dataset=dataset, processing_class=tokenizer)
    trainer.train()
    trainer.save_model(f"{options.out}/model")


if __name__ == "__main__":
    main(parse())
