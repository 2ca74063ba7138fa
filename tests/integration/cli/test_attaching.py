"""`clearway attach` beside a platform that is served."""

import subprocess

import httpx

from clearway_testing.photos import photo

from .conftest import PROGRAM, SECONDS, Program, Up
from .test_nine_line import TEXT, piped, recorded


def attached(program: Program, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, "attach", *arguments],
        cwd=program.folder,
        env=program.environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_photos_are_sent_and_what_is_none_is_told(program: Program, up: Up) -> None:
    _, address = up()
    assert piped(program, TEXT, "--yes").returncode == 0
    [incident] = recorded(program, address)
    for name, content in (("one.jpg", photo()), ("two.png", photo("PNG", seed=9)), ("words.txt", b"words")):
        (program.folder / name).write_bytes(content)
    for _ in range(2):
        done = attached(program, incident["incident_id"], "one.jpg", "two.png", "--caption", "From the north")
        assert (done.returncode, done.stdout.count("64 × 48")) == (0, 2), done.stderr
    key = (program.folder / "data/admin.key").read_text().strip()
    path = f"{address}/v1/incidents/{incident['incident_id']}/attachments"
    items = httpx.get(path, headers={"Authorization": f"Bearer {key}"}, trust_env=False).json()["items"]
    assert [item["caption"] for item in items] == ["From the north"] * 2
    refused = attached(program, incident["incident_id"], "words.txt")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "Send a JPEG, PNG or WebP." in refused.stderr
    # They are in the folder of the data, for its owner alone.
    kept = [path for path in (program.folder / "data/attachments").rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o077 for path in kept] == [0] * 4
