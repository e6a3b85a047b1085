"""AWS's failures become one clear line, and say whether to try again."""

import botocore.exceptions
import pytest
from boto3.exceptions import S3UploadFailedError

from training.cloud.aws import CloudError, clear_cloud_errors


def refused(code: str, status: int) -> botocore.exceptions.ClientError:
    answer = {
        "Error": {"Code": code, "Message": "said so"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return botocore.exceptions.ClientError(answer, "GetObject")


@pytest.mark.parametrize(
    ("error", "said", "is_passing"),
    [
        (refused("ExpiredToken", 400), "sign in first", False),
        (refused("AccessDenied", 403), "may not do that", False),
        (refused("NoSuchBucket", 404), r"the bucket: said so \(NoSuchBucket\)", False),
        (refused("SlowDown", 503), "SlowDown", True),
        (refused("TooManyRequests", 429), "TooManyRequests", True),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="x"), "be reached", True),
        (botocore.exceptions.ReadTimeoutError(endpoint_url="x"), "try again", True),
        (S3UploadFailedError("broke"), "broke; try again", True),
        (botocore.exceptions.NoRegionError(), "AWS_REGION", False),
        (botocore.exceptions.NoCredentialsError(), "sign in first", False),
    ],
)
def test_a_failure_of_aws_is_one_clear_line(error: Exception, said: str, is_passing: bool) -> None:
    with pytest.raises(CloudError, match=said) as caught, clear_cloud_errors("the bucket"):
        raise error

    assert caught.value.is_passing == is_passing
    assert "\n" not in str(caught.value)
