"""`genesys dpo`: training on pairs of a right and a wrong answer."""

from __future__ import annotations

from genesys.cli import training_options as options
from genesys.cli.options import Json, Judge


def dpo(
    config: options.Config = None,
    model: options.Model = None,
    dataset: options.Dataset = None,
    out: options.Out = None,
    steps: options.Steps = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    learning_rate: options.LearningRate = None,
    seed: options.Seed = None,
    env: options.Env = None,
    template: options.Template = None,
    eval_problems: options.EvalProblems = None,
    eval_limit: options.EvalLimit = None,
    eval_n: options.EvalN = None,
    eval_every: options.EvalEvery = None,
    eval_max_tokens: options.EvalMaxTokens = None,
    save_every: options.SaveEvery = None,
    judge: Judge = None,
    assignments: options.Assignments = None,
    wandb: options.Wandb = False,
    force: options.Force = False,
    json: Json = False,
) -> None:
    """Train on the preference set of `genesys curate`: the right answer over the wrong one.

    Everything that has no flag is a field of trl.DPOConfig, in the file or after --set. The same command
    again continues from the last checkpoint. For several GPUs: accelerate launch -m genesys dpo ...

        genesys dpo --model runs/sft/model --dataset data/first --out runs/dpo --learning-rate 1e-6 --set beta=0.1
    """
    options.run_training(
        "dpo",
        config=config,
        given={
            "model": model,
            "dataset": dataset,
            "out": out,
            "max_steps": steps,
            "num_train_epochs": epochs,
            "per_device_train_batch_size": batch_size,
            "learning_rate": learning_rate,
            "seed": seed,
            "env": env,
            "template": template,
            "eval_problems": eval_problems,
            "eval_limit": eval_limit,
            "eval_n": eval_n,
            "eval_every": eval_every,
            "eval_max_tokens": eval_max_tokens,
            "save_steps": save_every,
            "wandb": wandb or None,
        },
        assignments=assignments,
        judge=judge,
        force=force,
        json=json,
    )
