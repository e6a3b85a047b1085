"""Code that runs in the cloud while a deploy goes on."""
