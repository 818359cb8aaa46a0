"""What the tool that asks at random has to be told of this service."""

import os

import schemathesis

# A text that is sent as it is.
for kind in ["application/toml", "text/csv"]:
    schemathesis.serializer.alias(kind, "text/plain")

# Files of which a schema says nothing.
FILES = ["application/vnd.apache.parquet", "application/octet-stream"]


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Bodies that only look like text or bytes are JSON all the same, which random ones are not."""
    for path in raw_schema["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {})
            for kind in ["application/x-ndjson", "text/plain", "application/gzip", *FILES]:
                content.pop(kind, None)


@schemathesis.hook
def before_call(context, case, kwargs):
    """The key that asks is not revoked, however its id was found: everything after would be refused."""
    if (case.path_parameters or {}).get("id") == os.environ["FERVOR_KEY_ID"]:
        case.path_parameters["id"] = "0123456789abcdef"
