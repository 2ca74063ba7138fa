"""How a key is made in a cluster: the commands of the manifest and of its README, on PostgreSQL with its roles.

There is no cluster here: each command runs as a process with the secrets that its container has.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import Role
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_testing.roles import make_roles
from clearway_testing.server import DatabaseServer

pytestmark = pytest.mark.postgres

ROOT = Path(__file__).parents[2]
BASE = ROOT / "deploy" / "k8s" / "base"
EXEC = "kubectl --namespace clearway exec deployment/keys --container keys -- "


def documented() -> list[str]:
    """What the README runs in the pod, in its order."""
    return re.findall(rf"^{re.escape(EXEC)}(.+)$", (BASE / "README.md").read_text(), re.M)


def schema_command() -> list[str]:
    pods = [one for one in yaml.safe_load_all((BASE / "keys.yaml").read_text()) if one["kind"] == "Deployment"]
    [container] = pods[0]["spec"]["template"]["spec"]["initContainers"]
    command: list[str] = container["command"]
    return command


def run(command: list[str], url: str, folder: Path) -> str:
    program = str(Path(sys.executable).parent / command[0])
    (secrets := folder.parent / "secrets").mkdir(exist_ok=True)
    (secrets / "CLEARWAY_KEYS_DATABASE_URL").write_text(f"{url}\n")
    environment = {"CLEARWAY_SECRETS_DIR": str(secrets), "CLEARWAY_DATA_DIR": str(folder), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [program, *command[1:]], env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


async def test_a_key_is_made_listed_and_revoked_as_documented(
    own_postgres_server: DatabaseServer, tmp_path: Path
) -> None:
    make_roles(own_postgres_server, tmp_path / "passwords")
    (pod := tmp_path / "pod").mkdir()
    address = urlsplit(own_postgres_server.url).netloc.rpartition("@")[2]
    writer, reader = f"postgresql://keys:keys@{address}/keys", f"postgresql://keys_reader:keys_reader@{address}/keys"
    for _ in range(2):
        run(schema_command(), writer, pod)

    create, listing, revoke = documented()
    token = run(create.split(), writer, pod).strip().splitlines()[-1]
    database = Database(reader)
    principal = await SqlKeyDirectory(database, SystemClock()).principal(token)
    assert principal is not None
    assert (principal.mission, principal.role) == ("unmx", Role.OPERATOR)
    assert principal.id in run(listing.split(), writer, pod)

    run([part.replace("KEY", principal.id) for part in revoke.split()], writer, pod)
    assert await SqlKeyDirectory(database, SystemClock()).principal(token) is None
    with pytest.raises(Exception, match="permission denied"):
        await SqlKeyDirectory(database, SystemClock()).create("unmx", Role.ADMIN, "from a service")
    await database.close()
    assert os.listdir(pod) == [], "nothing is kept in the pod"
