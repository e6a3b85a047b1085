"""A deploy from the empty account to the empty account, without one: `make rehearse`.

The tests go through it in order. Each stage is a fixture that the next one needs, so a test alone
goes as far as it must.
"""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import jmespath
import pytest
import urllib3

from tests.cloud.answers import ANSWERS, DATA, PARAMETER
from tests.cloud.bases import make_bases
from tests.cloud.deployer import (
    BOOTSTRAP,
    OPTIONS,
    STACK,
    STACKS,
    Deployer,
    Synthesis,
    deploying,
    in_words,
)
from tests.cloud.http_front import serving_front
from tests.cloud.inventory import Inventory, inventory
from tests.cloud.jobs import run_job
from tests.cloud.machine import LIMITS, PODMAN, ROOT, Machine, MachineError, prepare
from tests.pictures import draw_picture, encode, take_photographs
from tests.training.conftest import make_raw
from training.config import OrganiseConfig
from training.dataset.organise import organise

# images are built in the first of them
pytestmark = pytest.mark.timeout(1_200)

PICTURE: Final = encode(draw_picture(800, 600), "PNG")
WEB: Final = Path("web")
# the same folder by another name, so that it can be loaded
PROMOTED: Final = "/var/task/lambda_fn/../lambda_fn/release"
NOWHERE: Final = "/var/task/nowhere"
RUN: Final = "second"
STYLES: Final = ("cubism", "pop-art")
CHANGES: Final = {"has_mongodb": "true", "reserved_concurrency": "5"}


@pytest.fixture(scope="module")
def machine() -> Machine:
    """This machine, if it can rehearse."""
    try:
        machine = prepare()
        make_bases(machine)
    except MachineError as error:
        pytest.skip(f"no rehearsal on this machine: {error}")
    return machine


@pytest.fixture(scope="module")
def account(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployer]:
    """Somebody who can deploy to an account with nothing in it."""
    with deploying(machine, tmp_path_factory.mktemp("rehearsal")) as deployer:
        yield deployer


@dataclass(frozen=True)
class Bootstrapped:
    """What the account held before the stack came, and the stack that is to come."""

    deployer: Deployer
    before: Inventory
    synthesis: Synthesis


@pytest.fixture(scope="module")
def bootstrapped(account: Deployer) -> Iterator[Bootstrapped]:
    """The account once `cdk bootstrap` is done."""
    with account.synthesising("first", **OPTIONS) as synthesis:
        result = account.cdk("bootstrap", BOOTSTRAP, app="")
        assert result.returncode == 0, in_words(result)
        yield Bootstrapped(account, inventory(account), synthesis)


@pytest.fixture(scope="module")
def changes(bootstrapped: Bootstrapped) -> Iterator[Synthesis]:
    """The same stack with another page and other options, for later."""
    deployer = bootstrapped.deployer
    bootstrapped.synthesis.wait()
    page = deployer.checkout / "web" / "style.css"
    page.write_text(page.read_text("utf-8") + "\n/* changed */\n", "utf-8")
    with deployer.synthesising("second", **OPTIONS, **CHANGES) as synthesis:
        yield synthesis


@pytest.fixture(scope="module")
def deployed(bootstrapped: Bootstrapped, changes: Synthesis) -> Deployer:
    """The stack, made for the first time."""
    del changes  # they are being written meanwhile
    result = bootstrapped.deployer.deploy(bootstrapped.synthesis.folder)
    assert result.returncode == 0, in_words(result)
    return bootstrapped.deployer


@pytest.fixture(scope="module")
def api(deployed: Deployer) -> Iterator[str]:
    """The address of the API: the gateway's stand-in before the alias that the gateway asks."""
    client = deployed.client("lambda")
    outputs = deployed.outputs
    alias = {"FunctionName": outputs["FunctionName"], "Qualifier": outputs["FunctionAlias"]}

    def invoke(event: object) -> Any:
        answer = client.invoke(**alias, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    with serving_front(invoke) as address:
        yield f"http://{address}"


def test_the_bootstrap_makes_what_the_cdk_needs(bootstrapped: Bootstrapped) -> None:
    held = bootstrapped.before

    assert "/cdk-bootstrap/hnb659fds/version" in held["ssm describe_parameters"]
    assert "cdk-hnb659fds-assets-123456789012-eu-west-1" in held["s3 list_buckets"]
    assert "cdk-hnb659fds-deploy-role-123456789012-eu-west-1" in held["iam list_roles"]


def test_a_deploy_makes_every_resource_of_the_template(deployed: Deployer) -> None:
    client = deployed.client("cloudformation")
    templates = [client.get_template(StackName=name)["TemplateBody"] for name in STACKS]
    wanted = {
        name
        for template in templates
        for name, one in template["Resources"].items()
        if one["Type"] != "AWS::CDK::Metadata"
    }

    assert {deployed.stack(name)["StackStatus"] for name in STACKS} == {"CREATE_COMPLETE"}
    assert set(deployed.resources) == wanted


def test_every_service_holds_something_new(deployed: Deployer, bootstrapped: Bootstrapped) -> None:
    held = inventory(deployed)

    same = {name for name in held if held[name] == bootstrapped.before[name]}
    # the secret comes with a MongoDB
    assert same == {"secretsmanager list_secrets"}


BUCKETS: Final = (*(f"Storage{name}" for name in (*DATA, "Logs", "Uploads")), "WebsiteSite")


def id_of(deployer: Deployer, part: str) -> str:
    """Return the id of the only resource that the stack's code calls so."""
    found = [
        id_
        for name, id_ in deployer.resources.items()
        if re.fullmatch(f"{part}[0-9A-F]{{8}}", name)
    ]
    assert len(found) == 1, f"{part}: {found}"
    return found[0]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_private_and_encrypted(deployed: Deployer, bucket: str) -> None:
    s3 = deployed.client("s3")
    name = {"Bucket": id_of(deployed, bucket)}

    shut = s3.get_public_access_block(**name)["PublicAccessBlockConfiguration"]
    rules = s3.get_bucket_encryption(**name)["ServerSideEncryptionConfiguration"]["Rules"]
    policy = json.loads(s3.get_bucket_policy(**name)["Policy"])

    assert set(shut.values()) == {True}
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert {"Bool": {"aws:SecureTransport": "false"}} in [
        one["Condition"] for one in policy["Statement"] if one["Effect"] == "Deny"
    ]


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "path", "answer"),
    ANSWERS,
    ids=[
        f"{service}-{operation}-{number}" for number, (service, operation, *_) in enumerate(ANSWERS)
    ],
)
def test_a_service_has_what_the_stack_says(
    deployed: Deployer,
    service: str,
    operation: str,
    arguments: dict[str, str],
    path: str,
    answer: Any,
) -> None:
    def with_ids(value: Any) -> Any:
        if isinstance(value, list):
            return [with_ids(one) for one in value]
        if not isinstance(value, str):
            return value
        return re.sub(r"\{([A-Z]\w+)\}", lambda found: id_of(deployed, found[1]), value)

    given = {name: with_ids(value) for name, value in arguments.items()}
    found = getattr(deployed.client(service), operation)(**given)

    assert jmespath.search(with_ids(path), found) == with_ids(answer)


def test_the_service_may_do_what_the_template_lets_it(deployed: Deployer) -> None:
    iam, role = deployed.client("iam"), id_of(deployed, "ServiceRole")

    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]

    models = f"arn:aws:s3:::{id_of(deployed, 'StorageModels')}"
    allowed = {str(one["Resource"]): one["Action"] for one in document["Statement"]}
    assert allowed[models] == "s3:ListBucket"
    assert allowed[f"{models}/*"] == "s3:GetObject"


def test_the_bucket_holds_the_page_as_it_is_here(deployed: Deployer) -> None:
    s3, bucket = deployed.client("s3"), id_of(deployed, "WebsiteSite")
    objects = s3.list_objects_v2(Bucket=bucket)["Contents"]
    held = {
        re.sub("^[0-9a-f]{12}/", "", one["Key"]): s3.get_object(Bucket=bucket, Key=one["Key"])
        for one in objects
    }
    here = {path.relative_to(WEB).as_posix() for path in WEB.rglob("*") if path.is_file()}

    assert set(held) == here - {"headers.json"}
    for name in here - {"index.html", "config.json", "headers.json"}:
        assert held[name]["Body"].read() == (WEB / name).read_bytes()
        assert held[name]["CacheControl"] == "public, max-age=31536000, immutable"
    assert json.loads(held["config.json"]["Body"].read()) == {"apiBase": ""}
    assert "max-age=60" in held["index.html"]["CacheControl"]


def test_the_index_leads_to_files_that_are_there(deployed: Deployer) -> None:
    s3, bucket = deployed.client("s3"), id_of(deployed, "WebsiteSite")
    index = s3.get_object(Bucket=bucket, Key="index.html")
    text = index["Body"].read().decode()

    named = re.findall(r'(?:src|href)="([0-9a-f]{12}/[^"#?]+)"', text)

    assert index["ContentType"] == "text/html"
    assert any(name.endswith(".js") for name in named)
    for name in named:
        s3.head_object(Bucket=bucket, Key=name)  # raises where there is none


def ask(request: urllib.request.Request | str) -> dict[str, Any]:
    """Return what the API answers; it raises where that is an error."""
    with urllib.request.urlopen(request, timeout=60) as answer:
        return dict(json.load(answer))


def post(address: str, body: object) -> dict[str, Any]:
    """Return the API's answer to JSON."""
    headers = {"content-type": "application/json"}
    return ask(urllib.request.Request(address, json.dumps(body).encode(), headers))


def predict(api: str) -> dict[str, Any]:
    """Return the API's answer to a picture."""
    headers = {"content-type": "image/png"}
    return ask(urllib.request.Request(f"{api}/v1/predictions", PICTURE, headers))


def test_the_deployed_function_names_the_style_of_a_picture(api: str) -> None:
    answer = predict(api)

    assert answer["picture"] == {"width": 800, "height": 600, "format": "png"}
    assert sum(one["probability"] for one in answer["probabilities"]) == pytest.approx(1, abs=1e-3)
    assert answer["style"]["slug"] == answer["probabilities"][0]["slug"]
    assert answer["catalogue"] == "ok"
    assert answer["similar"]


def read_manifest(model: Path) -> dict[str, Any]:
    """Return what a model folder says of itself."""
    return dict(json.loads((model / "manifest.json").read_text("utf-8")))


def test_the_deployed_function_says_which_model_it_serves(api: str, deployed: Deployer) -> None:
    manifest = read_manifest(deployed.checkout / "lambda_fn" / "release")

    assert predict(api)["model"]["id"] == manifest["id"]


def test_the_deployed_function_answers_with_its_documents(api: str) -> None:
    assert "/v1/predictions" in ask(f"{api}/openapi.json")["paths"]


def send(form: dict[str, Any], **changed: str) -> urllib3.BaseHTTPResponse:
    """Send a picture by a form, as a browser does."""
    file = ("picture.png", PICTURE, "image/png")
    return urllib3.request(
        "POST", form["url"], fields={**form["fields"], **changed, "file": file}, retries=False
    )


def test_an_original_goes_to_the_bucket_and_is_read_once(api: str, deployed: Deployer) -> None:
    form = post(f"{api}/v1/uploads", {"content_type": "image/png"})

    sent = send(form)
    answer = post(f"{api}/v1/predictions", {"upload": form["upload"]})

    left = deployed.client("s3").list_objects_v2(Bucket=id_of(deployed, "StorageUploads"))
    assert sent.status == 204
    assert answer["picture"] == {"width": 800, "height": 600, "format": "png"}
    assert left["KeyCount"] == 0


def test_the_bucket_refuses_what_the_form_does_not_allow(api: str) -> None:
    form = post(f"{api}/v1/uploads", {"content_type": "image/png"})

    sent = send(form, **{"Content-Type": "text/html"})

    assert sent.status == 403
    assert b"Policy Condition failed" in sent.data


def test_a_submitted_job_finds_its_queue_and_its_definition(deployed: Deployer) -> None:
    outputs, batch = deployed.outputs, deployed.client("batch")

    job = batch.submit_job(
        jobName="try",
        jobQueue=outputs["JobQueue"],
        jobDefinition=outputs["JobDefinition"],
        containerOverrides={"command": ["--help"]},
    )

    [found] = batch.describe_jobs(jobs=[job["jobId"]])["jobs"]
    assert found["jobQueue"] == outputs["JobQueue"]
    assert found["container"]["command"] == ["--help"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("--help",), "train"),
        (("recipes",), "architecture"),
    ],
)
def test_the_image_of_the_training_starts(
    deployed: Deployer, machine: Machine, command: tuple[str, ...], said: str
) -> None:
    definition = deployed.client("batch").describe_job_definitions()["jobDefinitions"][0]
    image = definition["containerProperties"]["image"]
    options = ("--rm", "--network=none", "--pull=never")

    result = machine.run(*PODMAN, "run", *options, *LIMITS, image, *command)

    assert said in result.stdout


def train(deployer: Deployer, *arguments: str) -> str:
    """Run a step of the training against the stack; return what it says."""
    result = subprocess.run(
        [sys.executable, "-m", "training", *arguments, "--stack", STACK],
        cwd=ROOT,
        env=deployer.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, in_words(result)
    return result.stdout


def live_model(deployer: Deployer) -> set[str]:
    """Return what the parameter, the alias and the function's own settings say is live."""
    client = deployer.client("lambda")
    name = {"FunctionName": id_of(deployer, "ServiceFunction")}
    versions: tuple[dict[str, str], ...] = ({}, {"Qualifier": "live"})
    parameter = deployer.client("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Value"]
    return {parameter} | {
        client.get_function_configuration(**name, **one)["Environment"]["Variables"][
            "ARTSTYLE_MODEL"
        ]
        for one in versions
    }


@dataclass(frozen=True)
class Trained:
    """A run that a job on a machine of Batch left. dataset: here. log: the job's."""

    deployer: Deployer
    dataset: Path
    run: Path
    log: str


@pytest.fixture(scope="module")
def trained(
    deployed: Deployer, machine: Machine, tmp_path_factory: pytest.TempPathFactory
) -> Trained:
    """A run on drawn pictures, from this machine to Batch and back."""
    folder = tmp_path_factory.mktemp("trained")
    dataset, run = folder / "dataset", folder / "run"
    raw = make_raw(folder, dict.fromkeys(STYLES, 12))
    # the size of the live model, which is to be asked the same pictures
    manifest = read_manifest(ROOT / "lambda_fn" / "release")
    config = OrganiseConfig(size_px=manifest["input_size_px"], min_pictures_per_style=3)
    organise(raw, dataset, config)
    photographs = take_photographs(folder / "photographs", 24)

    train(deployed, "push", str(dataset), "--yes")
    tiny = (f"--set={one}" for one in ("weights=none", "epochs=1", "crop_px=32", "batch_size=8"))
    what = (str(dataset), f"--name={RUN}", f"--photographs={photographs}", *tiny)
    train(deployed, "submit", *what, "--yes")
    batch = deployed.client("batch")
    [submitted] = [
        one
        for one in batch.list_jobs(jobQueue=deployed.outputs["JobQueue"])["jobSummaryList"]
        if RUN in one["jobName"]
    ]
    log = run_job(machine, batch, submitted["jobId"], deployed.account)
    train(deployed, "pull", RUN, f"--to={run}")
    return Trained(deployed, dataset, run, log)


def test_a_job_trains_and_its_run_comes_home(trained: Trained) -> None:
    assert f"train {RUN}" in trained.log
    assert (trained.run / "evaluation/report.html").is_file()
    manifest = read_manifest(trained.run / "model")
    assert tuple(manifest["styles"]) == STYLES


@dataclass(frozen=True)
class Promoted:
    """The stack with another model live. before: id of the one in the image. told: what it said."""

    deployer: Deployer
    before: str
    model: str
    told: str


@pytest.fixture(scope="module")
def promoted(trained: Trained, api: str) -> Promoted:
    """The job's model live, by force: it has learnt next to nothing."""
    before = str(predict(api)["model"]["id"])
    where = ("--dataset", str(trained.dataset))
    told = train(trained.deployer, "promote", str(trained.run), *where, "--force", "--yes")
    manifest = read_manifest(trained.run / "model")
    return Promoted(trained.deployer, before, manifest["id"], told)


def test_a_promotion_shows_what_the_gate_found(promoted: Promoted) -> None:
    assert "macro-F1" in promoted.told
    assert f"{promoted.model} is live in {STACK}" in promoted.told


def test_a_promoted_model_answers_visitors(promoted: Promoted, api: str) -> None:
    bucket = id_of(promoted.deployer, "StorageModels")

    answer = predict(api)

    assert answer["model"]["id"] == promoted.model
    assert {one["slug"] for one in answer["probabilities"]} == set(STYLES)
    assert live_model(promoted.deployer) == {f"s3://{bucket}/models/{promoted.model}"}


def test_the_model_tells_how_it_came_to_be_live(promoted: Promoted, api: str) -> None:
    [change] = ask(f"{api}/v1/model")["history"]

    assert (change["model"], change["kind"]) == (promoted.model, "promoted")
    assert change["figures"]["pictures"] > 0


@pytest.fixture(scope="module")
def rolled_back(promoted: Promoted) -> Promoted:
    """The stack when the promotion was taken back."""
    told = train(promoted.deployer, "rollback", "--yes")
    return replace(promoted, told=told)


def test_a_rollback_brings_the_model_before_back(rolled_back: Promoted, api: str) -> None:
    assert predict(api)["model"]["id"] == rolled_back.before
    assert live_model(rolled_back.deployer) == {"/var/task/lambda_fn/release"}


@pytest.fixture(scope="module")
def old_page(deployed: Deployer) -> set[str]:
    """What was in the page's bucket; a deploy that goes back leaves the files of its own page."""
    s3, bucket = deployed.client("s3"), id_of(deployed, "WebsiteSite")
    return {one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]}


@pytest.fixture(scope="module")
def unfit(deployed: Deployer, changes: Synthesis, old_page: set[str]) -> str:
    """What a deploy says whose new version cannot answer, since its model is nowhere."""
    del old_page  # it was looked at before
    deployed.client("ssm").put_parameter(Name=PARAMETER, Value=NOWHERE, Overwrite=True)
    result = deployed.deploy(changes.wait())
    assert result.returncode == 1, in_words(result)
    return result.stdout + result.stderr


def test_a_version_that_cannot_answer_gets_no_visitors(
    unfit: str, deployed: Deployer, api: str
) -> None:
    assert "BeforeAllowTraffic" in unfit
    assert deployed.stack()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert predict(api)["catalogue"] == "ok"


@dataclass(frozen=True)
class Refused:
    """The stack after a deploy that AWS refused in its middle.

    changes: what was to be deployed. old_page, builds: what was in the bucket, and how many images
    were built, until then. forgotten: how often the CDN was told to forget.
    """

    deployer: Deployer
    changes: Path
    old_page: set[str]
    builds: int
    diff: str
    told: str
    forgotten: int = 0


@pytest.fixture(scope="module")
def refused(deployed: Deployer, changes: Synthesis, old_page: set[str], unfit: str) -> Refused:
    """The stack when a page and options are changed, while something else takes up the account."""
    del unfit  # it comes before
    builds = len(deployed.builds)
    deployed.client("ssm").put_parameter(Name=PARAMETER, Value=PROMOTED, Overwrite=True)
    folder = changes.wait()
    diff = deployed.cdk("diff", app=folder)
    assert diff.returncode == 0, in_words(diff)
    deployed.client("lambda").put_function_concurrency(
        FunctionName=other_function(deployed), ReservedConcurrentExecutions=8
    )
    result = deployed.deploy(folder)
    assert result.returncode == 1, in_words(result)
    diff_told, told = diff.stdout + diff.stderr, result.stdout + result.stderr
    return Refused(deployed, folder, old_page, builds, diff_told, told)


def test_a_diff_tells_what_a_deploy_would_change(refused: Refused) -> None:
    named = set(re.findall(r"\[[~+-]\] (AWS::\S+) (\w+)", refused.diff))

    assert ("AWS::SecretsManager::Secret", "Catalogue") in named
    assert ("AWS::Lambda::Function", "Service") in named
    parts = {"Catalogue", "Rollout", "Service", "Watch", "Website"}
    assert {part for _, part in named} == parts
    assert "ARTSTYLE_MONGODB_SECRET" in refused.diff


def test_a_deploy_that_fails_says_why(refused: Refused) -> None:
    assert "UnreservedConcurrentExecution below its minimum" in refused.told
    assert "✅" not in refused.told


def test_after_a_failed_deploy_all_is_as_before(refused: Refused, api: str) -> None:
    deployer = refused.deployer
    function = deployer.client("lambda").get_function(
        FunctionName=id_of(deployer, "ServiceFunction")
    )

    settings = function["Configuration"]["Environment"]["Variables"]
    assert deployer.stack()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "ARTSTYLE_MONGODB_SECRET" not in settings
    assert function.get("Concurrency", {}) == {}
    assert predict(api)["catalogue"] == "ok"


@pytest.fixture(scope="module")
def changed(refused: Refused) -> Refused:
    """The stack when the same was deployed again, with room for it."""
    deployer = refused.deployer
    deployer.client("lambda").delete_function_concurrency(FunctionName=other_function(deployer))
    forgotten = invalidations(deployer)
    result = deployer.deploy(refused.changes)
    assert result.returncode == 0, in_words(result)
    return replace(refused, forgotten=forgotten)


def invalidations(deployer: Deployer) -> int:
    """Return how often the CDN was told to forget something."""
    cdn = {"DistributionId": id_of(deployer, "WebsiteCdn")}
    told = deployer.client("cloudfront").list_invalidations(**cdn)
    return int(told["InvalidationList"]["Quantity"])


def other_function(deployer: Deployer) -> str:
    """Return the name of another function of the account."""
    functions = deployer.client("lambda").list_functions()["Functions"]
    names = [one["FunctionName"] for one in functions]
    return str(next(name for name in names if "CustomCDKBucketDeployment" in name))


def kinds_of(deployer: Deployer, status: str) -> set[str]:
    """Return which parts of the stack reached a status in the last deploy."""
    events = deployer.events
    starts = (
        number
        for number, one in enumerate(events)
        if one["ResourceStatus"] == "UPDATE_IN_PROGRESS" and one["LogicalResourceId"] == STACK
    )
    last = events[: next(starts)]
    names = {one["LogicalResourceId"] for one in last if one["ResourceStatus"] == status}
    return {re.sub("[0-9A-F]{8}.*$", "", name) for name in names} - {STACK}


def test_a_deploy_touches_only_what_has_changed(changed: Refused) -> None:
    made = kinds_of(changed.deployer, "CREATE_COMPLETE")
    updated = kinds_of(changed.deployer, "UPDATE_COMPLETE")
    deleted = kinds_of(changed.deployer, "DELETE_COMPLETE")

    # a version never changes: a new one takes the place of the old, and is watched by itself
    guards = {"WatchNewVersionErrors", "WatchNewVersionFailures"}
    assert made == {"CatalogueMongodb", "ServiceFunctionCurrentVersion"}
    assert updated == {
        *guards,
        "RolloutGroup",
        "RolloutOldVersions",
        "WatchFailuresOfNewVersion",
        "ServiceFunction",
        "ServiceLive",
        "ServiceLiveModelAddress",
        "ServiceRoleDefaultPolicy",
        "WebsiteFilesCustomResource",
        "WebsiteIndexCustomResource",
        # a tag of the bucket names the folder that the CDK fills
        "WebsiteSite",
    }
    assert deleted <= {"WebsiteFilesCustomResource", *guards}


def test_neither_page_nor_options_make_a_new_image(changed: Refused) -> None:
    assert changed.deployer.builds[changed.builds :] == []


def test_the_new_page_is_there_and_the_cdn_forgets_the_old_index(changed: Refused) -> None:
    deployer = changed.deployer
    s3, bucket = deployer.client("s3"), id_of(deployer, "WebsiteSite")
    new = {one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]} - changed.old_page

    [css] = [name for name in new if name.endswith("style.css")]
    index = s3.get_object(Bucket=bucket, Key="index.html")["Body"].read().decode()
    assert f'href="{css}"' in index
    assert s3.get_object(Bucket=bucket, Key=css)["Body"].read().endswith(b"/* changed */\n")
    assert invalidations(deployer) == changed.forgotten + 1


def test_a_deploy_does_not_undo_a_promotion(changed: Refused) -> None:
    client = changed.deployer.client("lambda")
    name = {"FunctionName": id_of(changed.deployer, "ServiceFunction"), "Qualifier": "live"}

    settings = client.get_function_configuration(**name)["Environment"]["Variables"]

    assert settings["ARTSTYLE_MODEL"] == PROMOTED


def test_the_alias_serves_the_new_version_with_its_secret(changed: Refused, api: str) -> None:
    # nobody has put an address in yet
    assert predict(api)["catalogue"] == "unavailable"


def test_the_new_version_was_asked_before_visitors_got_it(changed: Refused) -> None:
    codedeploy = changed.deployer.client("codedeploy")
    deployments = codedeploy.list_deployments(
        applicationName=id_of(changed.deployer, "RolloutGroupApplication"),
        deploymentGroupName=id_of(changed.deployer, "RolloutGroup"),
    )["deployments"]

    # without a yes of the hook the deploy would have failed
    assert len(deployments) >= 1


def test_the_versions_before_are_there_to_go_back_to(changed: Refused, api: str) -> None:
    client = changed.deployer.client("lambda")
    name = {"FunctionName": id_of(changed.deployer, "ServiceFunction")}
    found = client.list_versions_by_function(**name)["Versions"]
    numbers = sorted(int(one["Version"]) for one in found if one["Version"] != "$LATEST")
    live = client.get_alias(**name, Name="live")["FunctionVersion"]

    client.update_alias(**name, Name="live", FunctionVersion=str(numbers[-2]))
    before = predict(api)
    client.update_alias(**name, Name="live", FunctionVersion=live)

    # three, and the one that a failing deploy would have gone back to
    assert 2 <= len(numbers) <= 4
    assert int(live) == numbers[-1]
    assert before["catalogue"] == "ok"


@pytest.fixture(scope="module")
def destroyed(changed: Refused, bootstrapped: Bootstrapped) -> Inventory:
    """What the account holds when the stack is gone, beside what it held before it."""
    deployer = changed.deployer
    client = deployer.client("cloudformation")
    refused = deployer.cdk("destroy", "--all", "--force", app=changed.changes)
    assert "TerminationProtection is enabled" in in_words(refused)
    for name in STACKS:
        client.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    result = deployer.cdk("destroy", "--all", "--force", app=changed.changes)
    assert result.returncode == 0, in_words(result)
    after = inventory(deployer)
    return {name: held - bootstrapped.before[name] for name, held in after.items()}


def test_destroy_leaves_only_what_is_to_be_kept(destroyed: Inventory) -> None:
    left = {name: held for name, held in destroyed.items() if held}

    kept = sorted(re.sub("[0-9a-f]{8}-.*", "", name) for name in left.pop("s3 list_buckets"))
    [secret] = left.pop("secretsmanager list_secrets")
    assert kept == [f"{STACK}-storage{name}" for name in ("datasets", "logs", "models", "runs")]
    assert secret.startswith(f"{STACK}-CatalogueMongodb")
    assert left == {}
