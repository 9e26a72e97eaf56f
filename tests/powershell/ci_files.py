"""The CI files under powershell/examples/ci: each against its system's schema, and its PowerShell steps
as that system would run them, against a real daemon."""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from daemon import pwsh_environment

REPO = Path(__file__).resolve().parents[2]
CI = REPO / "powershell" / "examples" / "ci"
# The file, its schema (check-jsonschema carries them), and a change that the schema must refuse.
FILES = {
    "github-actions.yml": (["vendor.github-workflows"], ("runs-on:", "runs-of:")),
    "azure-pipelines.yml": (["vendor.azure-pipelines", "--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"],
                            ("- checkout: self", "- checkouts: self")),
    "gitlab-ci.yml": (["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], ("  script:", "  scripts:")),
}
# Beside each: one that checks policy files and tries them.
POLICY_FILES = {name.replace(".yml", "-policy.yml"): rest for name, rest in FILES.items()}


def schema_fault(schema, path):
    done = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, str(path)],
                          capture_output=True, text=True, timeout=120)
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[:3000]


def check_schemas(report, scratch):
    """Needs no PowerShell."""
    names = sorted(p.name for p in CI.iterdir())
    report("every CI file has its schema", "" if names == sorted(FILES | POLICY_FILES) else str(names))
    for name, (schema, (old, new)) in (FILES | POLICY_FILES).items():
        report(f"{name} matches its schema", schema_fault(schema, CI / name))
        broken = Path(scratch) / name
        broken.write_text((CI / name).read_text().replace(old, new))
        found = schema_fault(schema, broken)
        report(f"the schema refuses {name} with {new}", "" if "Schema validation errors" in found else f"accepted: {found}")


def steps(name):
    """What the file runs: (text, environment as it is written) of each PowerShell step."""
    document = YAML(typ="safe").load((CI / name).read_text())
    if name.startswith("gitlab"):
        return [("\n".join(job["script"]), job.get("variables", {})) for job in document.values() if isinstance(job, dict) and "script" in job]
    jobs = document["jobs"].values() if isinstance(document["jobs"], dict) else document["jobs"]
    found = [step for job in jobs for step in job["steps"] if "pwsh" in step or step.get("shell") == "pwsh"]
    return [(step.get("pwsh") or step["run"], step.get("env", {})) for step in found]


def count():
    return 3 * len(FILES) + 5 * len(POLICY_FILES)


def run_step(pwsh, server, place, text, written, tokens):
    """Runs a step in a checkout; returns its exit code and what it said."""
    place.mkdir(exist_ok=True)
    if not (place / "powershell").exists():
        (place / "powershell").symlink_to(REPO / "powershell")
    script = place / "step.ps1"
    script.write_text(text, encoding="utf-8-sig")
    environment = {"LOCKBOX_URL": server.url, "WATERMARK_FOLDER": str(place / "watermark")}
    if "LOCKBOX_TOKEN" in written:
        environment["LOCKBOX_TOKEN"] = next(token for word, token in tokens.items() if word in written["LOCKBOX_TOKEN"])
    environment["PATH"] = f"{Path(server.binary).resolve().parent}{os.pathsep}{os.environ['PATH']}"
    seen = pwsh_environment(place, **environment) | {"PSModulePath": ""}  # the step itself imports the module
    done = subprocess.run([pwsh, "-NoProfile", "-NonInteractive", "-Command", f". '{script}'"], cwd=place, env=seen,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def run(pwsh, server, root, report):
    tenant = server.customer("CiFiles")
    robot = server.call(tenant["admin"], "principal.create", kind="robot", displayName="ci", decisions=["Deny"],
                        roles=[{"role": "CustomerLockboxAccessApprover"}])["token"]
    tokens = {"LOCKBOX_TOKEN_DENY": robot, "LOCKBOX_TOKEN_AUDIT": tenant["reader"]}
    for name in FILES:
        deny, audit = steps(name)
        made = server.call(tenant["engineer"], "request.submit", tenant=tenant["tenant"], serviceName="Exchange", reason="CI",
                           serviceRequestNumber="T-1")["request"]
        server.call(tenant["manager"], "request.review", requestId=made["identity"], decision="Approve")
        place = Path(root) / name
        place.mkdir()
        code, said = run_step(pwsh, server, place / "deny", *deny, tokens)
        state = server.call(tenant["admin"], "request.get", requestId=made["identity"])["request"]["state"]
        # The file has real hours, so the step itself says which side of them now is.
        wanted = "Pending" if "BusinessHours : True" in said else "Denied" if "BusinessHours : False" in said else "said"
        report(f"{name}: the step that denies", "" if (code, state) == (0, wanted) else f"exit code {code}, {state}: {said}")
        if state == "Pending":
            server.call(tenant["admin"], "request.decide", requestId=made["identity"], decision="Deny")
        code, said = run_step(pwsh, server, place / "audit", *audit, tokens)
        files = list((place / "audit" / "lockbox-audit").glob("*.csv"))
        marks = [json.loads(p.read_text(encoding="utf-8-sig"))["next"] for p in (place / "audit").rglob("watermark.json")]
        report(f"{name}: the step that pulls records",
               "" if code == 0 and len(files) == 1 and len(marks) == 1 else f"exit code {code}, {files}, {marks}: {said}")
        code, said = run_step(pwsh, server, place / "refused", *deny, {"LOCKBOX_TOKEN_DENY": "lbt_" + "x" * 43})
        report(f"{name}: a step that cannot do its work is red", "" if code == 1 else f"exit code {code}: {said}")
    for name in POLICY_FILES:
        run_policy_steps(pwsh, server, Path(root) / name, name, tokens, report)


def run_policy_steps(pwsh, server, place, name, tokens, report):
    """Checks the example and tries it on the requests above; and is red for a policy that is wrong."""
    for checkout in ("check", "trial"):  # copied, as links are not followed into
        shutil.copytree(REPO / "powershell", place / checkout / "powershell")
    check, export, trial = steps(name)
    code, said = run_step(pwsh, server, place / "check", *check, tokens)
    report(f"{name}: the step that checks", "" if code == 0 and "business-hours.policy.json is sound" in said else f"exit code {code}: {said}")
    code, said = run_step(pwsh, server, place / "trial", *export, tokens)
    if code == 0:
        code, said = run_step(pwsh, server, place / "trial", *trial, tokens)
    report(f"{name}: the steps that export and try", "" if code == 0 and f"{len(FILES)} request(s) tried" in said else f"exit code {code}: {said}")
    wrong = place / "wrong"
    shutil.copytree(REPO / "powershell", wrong / "powershell")
    example = wrong / "powershell" / "examples" / "business-hours.policy.json"
    example.write_text(example.read_text().replace("Europe/Berlin", "Europe/Berln"))
    codes = [run_step(pwsh, server, wrong, *step, tokens)[0] for step in (check, export, trial)]
    report(f"{name}: both are red for a policy that is wrong", "" if codes == [1, 0, 1] else str(codes))
    elsewhere = place / "elsewhere"
    (elsewhere / "powershell").mkdir(parents=True)
    codes = [run_step(pwsh, server, elsewhere, *step, tokens)[0] for step in (check, trial)]
    report(f"{name}: both are red where there is no policy", "" if codes == [1, 1] else str(codes))
    (elsewhere / "policies").mkdir()
    shutil.copy(example, elsewhere / "policies" / "prod.policy.json")
    codes = [run_step(pwsh, server, elsewhere, *step, tokens)[0] for step in (check, export, trial)]
    report(f"{name}: both are red for a wrong policy wherever it lies", "" if codes == [1, 0, 1] else str(codes))
