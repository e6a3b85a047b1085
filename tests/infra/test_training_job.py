import json

from infra.config import DEV
from tests.infra.synthesis import ABSENT, FULL, Synthesis, as_list, statements
from training.cloud.job_spec import AGAIN, SPEC

MACHINES = "AWS::Batch::ComputeEnvironment"


def test_machines_exist_only_while_a_job_runs(dev: Synthesis) -> None:
    for machines in dev.of_type(MACHINES).values():
        assert machines["ComputeResources"]["MinvCpus"] == 0
        assert "DesiredvCpus" not in machines["ComputeResources"]


def test_spot_machines_come_first_and_others_when_there_are_none(dev: Synthesis) -> None:
    order = dev.one("AWS::Batch::JobQueue")["ComputeEnvironmentOrder"]

    names = [one["ComputeEnvironment"]["Fn::GetAtt"][0] for one in sorted(order, key=_order)]

    kinds = [dev.of_type(MACHINES)[name]["ComputeResources"]["Type"] for name in names]
    assert kinds == ["SPOT", "EC2"]


def _order(entry: dict[str, int]) -> int:
    return entry["Order"]


def test_both_kinds_of_machines_together_are_no_more_than_was_said(
    dev: Synthesis, full: Synthesis
) -> None:
    for stage, config in ((dev, DEV), (full, FULL)):
        most = [one["ComputeResources"]["MaxvCpus"] for one in stage.of_type(MACHINES).values()]

        assert sum(most) == config.gpu_max_vcpus
    assert len(full.of_type(MACHINES)) == 1  # room for one machine: on Spot


def test_a_changed_disk_reaches_the_machines(dev: Synthesis) -> None:
    [template] = dev.of_type("AWS::EC2::LaunchTemplate")

    for machines in dev.of_type(MACHINES).values():
        assert machines["ComputeResources"]["LaunchTemplate"] == {
            "LaunchTemplateId": {"Ref": template},
            "Version": {"Fn::GetAtt": [template, "LatestVersionNumber"]},
        }


def test_a_spot_machine_with_its_notice_takes_no_further_job(dev: Synthesis) -> None:
    data = dev.one("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]["UserData"]

    parts = json.dumps(data)

    assert "multipart/mixed" in parts
    assert "ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config" in parts


def test_the_environments_are_made_one_after_the_other(dev: Synthesis) -> None:
    [spot, on_demand] = sorted(dev.of_type(MACHINES), key=lambda name: "OnDemand" in name)

    assert spot in dev.resources[on_demand]["DependsOn"]
    assert on_demand not in dev.resources[spot].get("DependsOn", [])


def test_machines_have_a_gpu_and_its_driver(dev: Synthesis) -> None:
    dev.assert_all_have(
        MACHINES,
        {
            "ComputeResources": {
                "InstanceTypes": ["g4dn.xlarge", "g5.xlarge", "g6.xlarge"],
                "Ec2Configuration": [{"ImageType": "ECS_AL2023_NVIDIA"}],
            }
        },
    )


def test_other_machines_can_take_their_place(dev: Synthesis) -> None:
    for machines in dev.of_type(MACHINES).values():
        assert machines["ReplaceComputeEnvironment"] is False
        assert "ServiceRole" not in machines
        assert "ComputeEnvironmentName" not in machines


def test_the_network_costs_nothing_while_idle(dev: Synthesis) -> None:
    assert dev.of_type("AWS::EC2::NatGateway") == {}
    assert dev.of_type("AWS::EC2::EIP") == {}
    dev.assert_one_has("AWS::EC2::VPCEndpoint", {"VpcEndpointType": "Gateway"})


def test_nobody_gets_into_the_machines(dev: Synthesis) -> None:
    dev.assert_all_have("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": ABSENT})
    assert dev.of_type("AWS::EC2::SecurityGroupIngress") == {}


def test_a_machine_has_room_for_the_image_and_an_encrypted_disk(dev: Synthesis) -> None:
    data = dev.one("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]

    disk = data["BlockDeviceMappings"][0]["Ebs"]

    assert (disk["VolumeSize"], disk["Encrypted"]) == (100, True)
    # a container is one hop further away than its machine
    assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}


def test_a_job_is_tried_again_only_when_it_can_go_on(dev: Synthesis) -> None:
    retry = dev.one("AWS::Batch::JobDefinition")["RetryStrategy"]

    assert retry["Attempts"] == 10
    assert retry["EvaluateOnExit"] == [
        {"Action": "RETRY", "OnStatusReason": "Host EC2*"},
        {"Action": "RETRY", "OnExitCode": str(AGAIN)},
        {"Action": "EXIT", "OnReason": "*"},
    ]


def test_no_job_runs_or_waits_for_ever(dev: Synthesis) -> None:
    job = dev.one("AWS::Batch::JobDefinition")
    limits = dev.one("AWS::Batch::JobQueue")["JobStateTimeLimitActions"]

    assert job["Timeout"] == {"AttemptDurationSeconds": 8 * 3600}
    assert {one["Reason"].partition(":")[0] for one in limits} == {"CAPACITY", "MISCONFIGURATION"}
    assert {(one["State"], one["Action"]) for one in limits} == {("RUNNABLE", "CANCEL")}


def test_a_job_has_one_gpu_and_fits_the_smallest_machine(dev: Synthesis) -> None:
    needs = dev.one("AWS::Batch::JobDefinition")["ContainerProperties"]["ResourceRequirements"]

    sizes = {one["Type"]: int(one["Value"]) for one in needs}

    assert sizes["GPU"] == 1
    assert sizes["VCPU"] <= 4
    # 16 GiB, of which Batch and the system keep some
    assert sizes["MEMORY"] <= 14 * 1024


def test_a_job_knows_where_data_and_runs_are(dev: Synthesis) -> None:
    container = dev.one("AWS::Batch::JobDefinition")["ContainerProperties"]

    variables = {one["Name"]: json.dumps(one["Value"]) for one in container["Environment"]}

    assert "StorageDatasets" in variables["ARTSTYLE_DATASETS"]
    assert "StorageRuns" in variables["ARTSTYLE_RUNS"]
    assert variables["AWS_DEFAULT_REGION"] == '{"Ref": "AWS::Region"}'


def test_the_time_of_a_job_is_that_of_all_its_attempts(dev: Synthesis) -> None:
    job = dev.one("AWS::Batch::JobDefinition")
    variables = {one["Name"]: one["Value"] for one in job["ContainerProperties"]["Environment"]}

    # the job adds up; Batch ends an attempt that does not
    assert variables["ARTSTYLE_JOB_HOURS"] == str(DEV.job_timeout_h)
    assert job["Timeout"]["AttemptDurationSeconds"] == DEV.job_timeout_h * 3600


def test_a_job_reads_data_and_writes_runs_and_can_touch_no_model(dev: Synthesis) -> None:
    policy = dev.one("AWS::IAM::Policy", "TrainingJobRole")

    allowed = {
        (action, "Datasets" in json.dumps(one["Resource"]), "Runs" in json.dumps(one["Resource"]))
        for one in statements(policy)
        for action in as_list(one["Action"])
    }

    assert allowed == {
        ("s3:ListBucket", True, True),
        ("s3:GetObject", True, False),
        ("s3:GetObject", False, True),
        ("s3:PutObject", False, True),
        ("s3:AbortMultipartUpload", False, True),
    }
    assert "Models" not in json.dumps(policy)


def test_a_job_does_what_its_submission_says(dev: Synthesis) -> None:
    container = dev.one("AWS::Batch::JobDefinition")["ContainerProperties"]

    assert container["Command"] == ["job", f"Ref::{SPEC}"]


def test_the_jobs_log_forgets(dev: Synthesis) -> None:
    assert dev.one("AWS::Logs::LogGroup", "TrainingLogs")["RetentionInDays"] == 7
