"""`genesys envs`: the environments, their verifiers and generators."""

from __future__ import annotations

from genesys.cli.console import print_json, stdout, table
from genesys.cli.options import Json


def envs(json: Json = False) -> None:
    """List the environments, the verifier and template each uses, and its default problems."""
    import gymnasium

    from genesys.environments import load_installed_environments
    from genesys.rollouts.collecting import make_environment

    load_installed_environments()
    ids = [name for name in gymnasium.registry if name.startswith("genesys/")]
    rows = [describe(name, make_environment(name)) for name in sorted(ids)]
    if json:
        print_json({"environments": rows})
        return
    columns = ("environment", "task type", "verifier", "template", "default problems")
    stdout.print(table("", columns, [tuple(row.values()) for row in rows]))
    stdout.print("Real problems: --problems FILE, or gym.make(ID, problems=FILE).", highlight=False)


def describe(env_id: str, environment: object) -> dict[str, str]:
    """What a person wants to know of an environment."""
    from genesys.rewards import default_spec

    problems = environment.problems  # type: ignore[attr-defined]  # `make_environment` has checked
    task_type = problems[0].task_type
    return {
        "environment": env_id,
        "task_type": task_type,
        "verifier": default_spec(task_type).key,
        "template": str(environment.template),  # type: ignore[attr-defined]  # as above
        "problems": problems.identity,
    }
