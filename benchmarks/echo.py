"""What the service is compared with: Flask answering the request's own body, and nothing else."""

from flask import Flask, Response, request

app = Flask("echo")


@app.post("/v1/score")
def echo() -> Response:
    """The body, back."""
    return Response(request.get_data(cache=False), mimetype="application/json")
