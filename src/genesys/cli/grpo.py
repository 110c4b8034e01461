"""`genesys grpo`: online training by the reward of an environment."""

from __future__ import annotations

from typing import Annotated

import typer

from genesys.cli import training_options as options
from genesys.cli.options import AnswerFormat, Json, Judge, Limit, Problems, Verifier


def grpo(
    config: options.Config = None,
    model: options.Model = None,
    env: options.Env = None,
    problems: Problems = None,
    out: options.Out = None,
    steps: options.Steps = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    num_generations: Annotated[
        int | None, typer.Option("--num-generations", help="Completions a group. TRL's default: 8.")
    ] = None,
    max_completion_length: Annotated[
        int | None,
        typer.Option("--max-completion-length", help="Tokens a completion at most. TRL's default: 512."),
    ] = None,
    learning_rate: options.LearningRate = None,
    temperature: Annotated[
        float | None, typer.Option("--temperature", help="How completions are drawn. TRL's default: 1.")
    ] = None,
    rewards: Annotated[
        str | None,
        typer.Option("--rewards", help="Shaping rewards beside the verifier's, apart by commas."),
    ] = None,
    reward_weights: Annotated[
        str | None,
        typer.Option("--reward-weights", help="A weight for the verifier's reward and for each other: 1,0.2"),
    ] = None,
    vllm: Annotated[
        str | None,
        typer.Option("--vllm", help="Generate with vLLM: colocate, or server; needs a GPU."),
    ] = None,
    limit: Limit = None,
    template: options.Template = None,
    verifier: Verifier = None,
    answer_format: AnswerFormat = None,
    pass_rates: Annotated[
        str | None, typer.Option("--pass-rates", help="A run of these problems that says how hard they are.")
    ] = None,
    min_pass_rate: Annotated[
        float | None, typer.Option("--min-pass-rate", help="Leave out problems solved less often.")
    ] = None,
    max_pass_rate: Annotated[
        float | None, typer.Option("--max-pass-rate", help="Leave out problems solved more often.")
    ] = None,
    curriculum: Annotated[
        bool, typer.Option("--curriculum", help="Draw problems by how much they can teach, by --pass-rates.")
    ] = False,
    seed: options.Seed = None,
    eval_problems: options.EvalProblems = None,
    eval_limit: options.EvalLimit = None,
    eval_n: options.EvalN = None,
    eval_every: options.EvalEvery = None,
    save_every: options.SaveEvery = None,
    judge: Judge = None,
    assignments: options.Assignments = None,
    wandb: options.Wandb = False,
    force: options.Force = False,
    json: Json = False,
) -> None:
    """Train online: the model answers problems, and the verifier that filtered the data is the reward.

    Everything that has no flag is a field of trl.GRPOConfig, in the file or after --set. The same command
    again continues from the last checkpoint. For several GPUs: accelerate launch -m genesys grpo ...

        genesys grpo --model ./base --env genesys/math-v0 --problems algebra:level=1 --out runs/grpo --steps 100
    """
    options.run_training(
        "grpo",
        config=config,
        given={
            "model": model,
            "env": env,
            "problems": problems,
            "out": out,
            "max_steps": steps,
            "num_train_epochs": epochs,
            "per_device_train_batch_size": batch_size,
            "num_generations": num_generations,
            "max_completion_length": max_completion_length,
            "learning_rate": learning_rate,
            "temperature": temperature,
            "rewards": rewards,
            "reward_weights": None if reward_weights is None else _weights(reward_weights),
            "use_vllm": None if vllm is None else True,
            "vllm_mode": vllm,
            "limit": limit,
            "template": template,
            "verifier": verifier,
            "answer_format": answer_format,
            "pass_rates": pass_rates,
            "min_pass_rate": min_pass_rate,
            "max_pass_rate": max_pass_rate,
            "curriculum": curriculum or None,
            "seed": seed,
            "eval_problems": eval_problems,
            "eval_limit": eval_limit,
            "eval_n": eval_n,
            "eval_every": eval_every,
            "save_steps": save_every,
            "wandb": wandb or None,
        },
        assignments=assignments,
        judge=judge,
        force=force,
        json=json,
    )


def _weights(text: str) -> list[float]:
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of numbers such as 1,0.2") from None
