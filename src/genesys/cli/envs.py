"""`genesys envs`: the environments, their verifiers and generators."""

from __future__ import annotations

from genesys.cli.console import print_json, stdout, table
from genesys.cli.options import Json


def envs(json: Json = False) -> None:
    """List the environments, the verifier and template each uses, and its default problems."""
    import gymnasium

    from genesys.environments import ENVIRONMENTS, load_installed_environments
    from genesys.rollouts.collecting import make_environment

    before = set(gymnasium.registry) - set(ENVIRONMENTS)
    load_installed_environments()  # what these add is of packages that extend genesys
    ids = sorted(set(gymnasium.registry) - before)
    rows = [describe(name, make_environment(name)) for name in ids]
    if json:
        print_json({"environments": rows})
        return
    columns = ("environment", "task type", "verifier", "template", "default problems")
    stdout.print(table("", columns, [tuple(row.values()) for row in rows]))
    stdout.print("Real problems: --problems FILE, or gym.make(ID, problems=FILE).", highlight=False)


def describe(env_id: str, environment: object) -> dict[str, str]:
    """What a person wants to know of an environment."""
    problems = environment.problems  # type: ignore[attr-defined]  # `make_environment` has checked
    spec = getattr(environment, "verifier_spec", None)
    return {
        "environment": env_id,
        "task_type": problems[0].task_type,
        "verifier": "" if spec is None else spec.key,
        "template": str(environment.template),  # type: ignore[attr-defined]  # as above
        "problems": problems.identity,
    }
