"""Controllers as people have them: other directories, modes, line endings, versions of Ansible."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.template import trust_as_template

from monitoring.rendering import evaluate, load_plugins
from unit.playbooks import REPOSITORY

TOOLS = Path(sys.executable).parent
PLAYBOOKS = sorted(
    path for path in (REPOSITORY / "playbooks").glob("*.yml") if not path.name.startswith("check_")
)
CONTROLLER = REPOSITORY / "playbooks/check_controller.yml"
# What tools/setup makes.
COLLECTION = "build/collections/ansible_collections/botwatch/stack"
PASSWORD = "a password of this test"
PUBLIC_SCRIPT = "#!/bin/sh\necho a password of this test\n"

Run = subprocess.CompletedProcess[str]


def tracked_files() -> list[str]:
    """Name what is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [name for name in listed.stdout.split("\0") if name and (REPOSITORY / name).exists()]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Copy the repository without what is not in it, as an archive would."""
    target = tmp_path / "clone"
    for name in tracked_files():
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, copy)
    link = target / COLLECTION
    link.parent.mkdir(parents=True)
    link.symlink_to("../../../..")
    return target


def run(command: list[str], directory: Path, **environment: str) -> Run:
    """Run a tool of Ansible or of the repository with no settings but those of the directory."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return subprocess.run(
        command, cwd=directory, capture_output=True, text=True, check=False, timeout=120,
        env={**kept, "ANSIBLE_NOCOLOR": "1", **environment},
    )  # fmt: skip


def ansible(tool: str, *arguments: str, directory: Path, **environment: str) -> Run:
    return run([str(TOOLS / tool), *arguments], directory, **environment)


def words(done: Run) -> str:
    """Give all that was said on one line, as Ansible wraps its messages."""
    return " ".join((done.stdout + done.stderr).split())


# ansible.cfg is not read


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_every_playbook_checks_the_controller_first(playbook: Path) -> None:
    first = yaml.safe_load(playbook.read_text(encoding="utf-8"))[0]
    assert first["ansible.builtin.import_playbook"] == CONTROLLER.name


def test_a_run_from_another_directory_says_why_it_fails_and_what_to_do(clone: Path) -> None:
    done = ansible("ansible-playbook", str(clone / "site.yml"), directory=Path("/"))
    assert done.returncode != 0
    assert f"did not read {clone}/ansible.cfg (config file: none)" in words(done)
    assert f"cd {clone} && chmod o-w ." in words(done)
    assert "was not found" not in words(done)


@pytest.mark.parametrize("playbook", ["playbooks/deploy.yml", "playbooks/demo.yml"])
def test_a_run_in_a_world_writable_directory_says_why_it_fails_and_what_to_do(
    clone: Path, playbook: str
) -> None:
    clone.chmod(0o777)
    done = ansible("ansible-playbook", playbook, directory=clone)
    assert done.returncode != 0
    assert "ignores it if everyone may write to that directory" in words(done)
    assert f"export ANSIBLE_CONFIG={clone}/ansible.cfg" in words(done)


def test_the_remedy_for_modes_that_cannot_be_changed_works(clone: Path) -> None:
    clone.chmod(0o777)
    (clone / ".vault-password").write_text(PASSWORD)
    done = ansible(
        "ansible-playbook", "--syntax-check", "-i", "inventory/example", str(clone / "site.yml"),
        directory=clone, ANSIBLE_CONFIG=str(clone / "ansible.cfg"),
    )  # fmt: skip
    assert done.returncode == 0, words(done)


@pytest.mark.parametrize("playbook", ["site.yml", "demo.yml"])
def test_a_checkout_that_is_no_collection_yet_says_so_first(clone: Path, playbook: str) -> None:
    (clone / COLLECTION).unlink()
    (clone / ".vault-password").write_text(PASSWORD)
    done = ansible("ansible-playbook", f"playbooks/{playbook}", directory=clone)
    assert done.returncode != 0
    assert f"does not find {clone} as its collection botwatch.stack" in words(done)
    assert "run `sh tools/setup controller` there" in words(done)
    assert "resolve" not in words(done)


def test_a_run_without_a_host_is_no_success(clone: Path) -> None:
    (clone / ".vault-password").write_text(PASSWORD)
    done = ansible("ansible-playbook", "-i", "localhost,", "playbooks/deploy.yml", directory=clone)
    assert done.returncode != 0
    assert "No host is in group `botwatch`" in words(done)


# Versions of ansible-core


@pytest.fixture(scope="module", autouse=True)
def _plugins() -> None:
    load_plugins()


def import_name(version: str) -> str:
    """Compute what check_controller.yml imports, or raise what it says."""
    (entry,) = yaml.safe_load(CONTROLLER.read_text(encoding="utf-8"))
    known = {"ansible_version": {"full": version}, "playbook_dir": str(CONTROLLER.parent)}
    return str(evaluate(trust_as_template(entry["ansible.builtin.import_playbook"]), known))


@pytest.mark.parametrize("version", ["2.16.0", "2.18.19", "2.19.3", "2.22.0", "3.0.0"])
def test_other_versions_of_ansible_core_are_refused_by_name(version: str) -> None:
    with pytest.raises(AnsibleError, match=rf"ansible-core {re.escape(version)} is not supported"):
        import_name(version)


@pytest.mark.parametrize("version", ["2.19.4", "2.20.3", "2.21.9"])
def test_supported_versions_are_not_refused(version: str) -> None:
    assert import_name(version) == "check_inventory.yml"


def test_the_supported_versions_are_the_same_everywhere() -> None:
    runtime = yaml.safe_load((REPOSITORY / "meta/runtime.yml").read_text(encoding="utf-8"))
    bounds = re.fullmatch(r">=(2\.\d+\.\d+),<(2\.\d+)\.0", runtime["requires_ansible"])
    assert bounds
    lowest, excluded = bounds.groups()
    highest = f"2.{int(excluded.split('.')[1]) - 1}"
    check = CONTROLLER.read_text(encoding="utf-8")
    assert f"version('{lowest}', '<')" in check
    assert f"version('{excluded}.0', '>=')" in check
    named = f"ansible-core {lowest} to {highest}"
    assert named in re.sub(r"'\s+~ '", "", check)
    assert named in " ".join((REPOSITORY / "README.md").read_text(encoding="utf-8").split())
    for meta in REPOSITORY.glob("roles/*/meta/main.yml"):
        info = yaml.safe_load(meta.read_text(encoding="utf-8"))["galaxy_info"]
        assert info["min_ansible_version"] == lowest.rpartition(".")[0], meta


# The vault's password


def encrypt(clone: Path, *options: str, **environment: str) -> Run:
    (clone / "secret.yml").write_text("vault_x: made up\n")
    return ansible(
        "ansible-vault", "encrypt", *options, "secret.yml", directory=clone, **environment
    )


def lose_executable_bits(clone: Path) -> None:
    for path in clone.rglob("*"):
        if path.is_file():
            path.chmod(0o644)


def test_no_configured_password_file_is_in_the_repository() -> None:
    settings = (REPOSITORY / "ansible.cfg").read_text(encoding="utf-8")
    (name,) = re.findall(r"^vault_password_file = (.+)$", settings, re.MULTILINE)
    assert name not in tracked_files()
    assert not re.search(r"^vault_identity_list", settings, re.MULTILINE)


@pytest.mark.parametrize("content", [None, "", " \n\t\n"])
@pytest.mark.parametrize("bits_lost", [False, True])
def test_nothing_is_encrypted_without_a_password(
    clone: Path, content: str | None, *, bits_lost: bool
) -> None:
    if content is not None:
        (clone / ".vault-password").write_text(content)
    if bits_lost:
        lose_executable_bits(clone)
    done = encrypt(clone)
    assert done.returncode != 0
    assert ".vault-password" in words(done)
    assert (clone / "secret.yml").read_text() == "vault_x: made up\n"


def test_the_former_script_is_no_source_of_a_password(clone: Path) -> None:
    done = encrypt(clone, ANSIBLE_VAULT_PASSWORD_FILE="tools/vault-password")
    assert done.returncode != 0
    assert "tools/vault-password was not found" in words(done)


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_the_password_is_the_content_of_the_file_where_bits_are_lost(
    clone: Path, mode: int
) -> None:
    lose_executable_bits(clone)
    password = clone / ".vault-password"
    password.write_text(PASSWORD + "\n")
    password.chmod(mode)
    assert encrypt(clone).returncode == 0
    other = clone.parent / "password"
    other.write_text(PASSWORD)
    viewed = ansible(
        "ansible-vault", "view", "--vault-password-file", str(other), "clone/secret.yml",
        directory=clone.parent,
    )  # fmt: skip
    assert viewed.stdout == "vault_x: made up\n", words(viewed)


@pytest.mark.parametrize("own_password", [False, True])
def test_two_vault_ids_work_with_and_without_a_password_of_the_clone(
    clone: Path, *, own_password: bool
) -> None:
    if own_password:
        (clone / ".vault-password").write_text(PASSWORD)
    options = []
    for name in ("prod", "demo"):
        (clone.parent / name).write_text(f"password of {name}")
        options += ["--vault-id", f"{name}@{clone.parent / name}"]
    assert encrypt(clone, *options, "--encrypt-vault-id", "prod").returncode == 0
    assert ";prod\n" in (clone / "secret.yml").read_text()
    viewed = ansible("ansible-vault", "view", *options, "secret.yml", directory=clone)
    assert viewed.stdout == "vault_x: made up\n", words(viewed)


@pytest.mark.parametrize("mode", [0o644, 0o755], ids=["bits lost", "everything executable"])
def test_the_demo_can_be_decrypted_whatever_the_modes_are(clone: Path, mode: int) -> None:
    password = clone / "inventory/demo/vault-password.txt"
    password.chmod(mode)
    viewed = ansible(
        "ansible-vault", "view", "inventory/demo/group_vars/all/vault.yml", directory=clone,
        ANSIBLE_VAULT_PASSWORD_FILE=str(password),
    )  # fmt: skip
    assert "vault_discord_bot_token" in viewed.stdout, words(viewed)


def check_password(clone: Path, password: Path) -> Run:
    """Run the first task of every preflight with this password file."""
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [{"name": "Check", "botwatch.stack.check_controller": {}}],
    }
    (clone / "play.yml").write_text(yaml.safe_dump([play]))
    return ansible(
        "ansible-playbook", "-i", os.devnull, "play.yml", directory=clone,
        ANSIBLE_VAULT_PASSWORD_FILE=str(password),
    )  # fmt: skip


def test_the_text_of_a_script_is_refused_as_a_password_by_every_run(clone: Path) -> None:
    script = clone.parent / "my-password-script"
    script.write_text(PUBLIC_SCRIPT)
    done = check_password(clone, script)
    assert done.returncode != 0
    assert f"from {script} is the text of a script" in words(done)
    assert "ansible-vault rekey" in words(done)
    assert PASSWORD not in words(done)
    script.chmod(0o755)
    assert check_password(clone, script).returncode == 0


def test_the_password_of_the_demo_is_refused_elsewhere(clone: Path) -> None:
    demo = clone / "inventory/demo/vault-password.txt"
    assert check_password(clone, demo).returncode == 0
    copy = clone / ".vault-password"
    copy.write_bytes(demo.read_bytes())
    done = check_password(clone, copy)
    assert done.returncode != 0
    assert "is the demo's, which is public" in words(done)


def test_the_password_is_the_same_where_every_file_is_executable(clone: Path) -> None:
    password = clone / ".vault-password"
    password.write_text(f"#!/bin/cat\n{PASSWORD}\n")
    password.chmod(0o777)
    assert encrypt(clone).returncode == 0
    password.chmod(0o600)
    viewed = ansible("ansible-vault", "view", "secret.yml", directory=clone)
    assert viewed.stdout == "vault_x: made up\n", words(viewed)
    assert check_password(clone, password).returncode == 0


# Collections, and the host's Python


def test_a_missing_collection_is_named_before_anything_else(clone: Path) -> None:
    requirements = clone / "requirements.yml"
    text = requirements.read_text() + "  - {name: no_such.one}\n  - {name: community.no_such}\n"
    requirements.write_text(text)
    (clone / ".vault-password").write_text(PASSWORD)
    done = ansible("ansible-playbook", "-i", "localhost,", "playbooks/deploy.yml", directory=clone)
    assert done.returncode != 0
    assert "Ansible has no collection no_such.one, community.no_such: run" in words(done)
    assert f"ansible-galaxy collection install -r {requirements}" in words(done)


def test_modules_run_on_the_systems_python_whatever_is_on_the_path(clone: Path) -> None:
    other = clone.parent / "bin/python3.13"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\nexit 1\n")
    other.chmod(0o755)
    (clone / ".vault-password").write_text(PASSWORD)
    done = ansible(
        "ansible", "-i", "here,", "--connection", "local", "--module-name",
        "ansible.builtin.setup", "--args", "gather_subset=!all", "here",
        directory=clone, PATH=f"{other.parent}:{os.environ['PATH']}",
    )  # fmt: skip
    assert done.returncode == 0, words(done)
    assert "executable: /usr/bin/python3" in done.stdout


# Archives and checkouts on other systems


def test_make_does_not_depend_on_executable_bits(clone: Path) -> None:
    lose_executable_bits(clone)
    dry = run(["make", "--dry-run", "demo", "drill", "test"], clone)
    assert dry.returncode == 0
    commands = [line.split()[0] for line in dry.stdout.splitlines() if "tools/" in line]
    assert commands
    assert not [command for command in commands if command.startswith("tools/")]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("~/my bot.yml", "~/my bot.yml"),
        ("/srv/bot.yml", "/srv/bot.yml"),
        ("my bot.yml", f"{REPOSITORY}/my bot.yml"),
    ],
)
def test_the_demo_finds_a_file_of_variables_as_it_is_typed(given: str, read: str) -> None:
    command = ["make", "--dry-run", "demo", "BOT=../bot", f"BOT_VARIABLES={given}"]
    dry = run(["env", f"PWD={REPOSITORY}", *command], REPOSITORY)
    assert f"--extra-vars '@{read}'" in dry.stdout


def test_a_checkout_has_line_feeds_whatever_git_is_set_to(clone: Path, tmp_path: Path) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    windows = ["-c", "core.autocrlf=true", "-c", "core.eol=crlf"]
    for command in (
        ["init", "--quiet"],
        ["add", "--all"],
        [*identity, "commit", "--quiet", "--message", "all"],
        [*windows, "clone", "--quiet", ".", str(tmp_path / "checkout")],
    ):
        assert run(["git", *command], clone).returncode == 0
    for name in tracked_files():
        checked_out = (tmp_path / "checkout" / name).read_bytes()
        assert checked_out == (REPOSITORY / name).read_bytes(), name
