"""OpenAI's clients, unmodified, and Coral's requests as its documentation shows them, against a running service."""

import hashlib
import hmac
import json

import openai
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def client(server):
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0) as found:
        yield found


def test_openai_of_python(client, comment, native):
    (result,) = client.moderations.create(input=comment).results
    assert result.flagged == (native["action"] != "approve")
    assert result.category_scores.harassment == native["categories"]["personal"]["score"]
    assert result.category_scores.violence == native["attributes"]["threat"]
    assert result.categories.self_harm is False
    assert result.category_applied_input_types.self_harm == []


def test_openai_of_python_sends_lists_and_parts(client, comment):
    assert len(client.moderations.create(input=[comment, "fig"], model="omni-moderation-latest").results) == 2
    assert len(client.moderations.create(input=[{"type": "text", "text": comment}, {"type": "text", "text": "fig"}]).results) == 1


def test_openai_of_python_is_told_errors(client, server):
    with pytest.raises(openai.BadRequestError) as caught:
        client.moderations.create(input=[{"type": "image_url", "image_url": {"url": "https://figs.example/x.png"}}])
    assert (caught.value.code, caught.value.type) == ("unsupported_input", "invalid_request_error")
    with pytest.raises(openai.AuthenticationError), openai.OpenAI(base_url=f"{server.url}/v1", api_key="wrong") as stranger:
        stranger.moderations.create(input="fig")


OPENAI = """
const [url, key, text] = process.argv.slice(1).filter(word => word !== '--');
const OpenAI = require('openai');
const client = new OpenAI({baseURL: url + '/v1', apiKey: key});
client.moderations.create({input: [text, 'fig']}).then(found => console.log(JSON.stringify(found)));
"""


def test_openai_of_npm(node, server, comment, native):
    results = node(OPENAI, server.url, server.key, comment)["results"]
    assert len(results) == 2
    assert results[0]["flagged"] == (native["action"] != "approve")


def test_coral_calls_its_external_phase(server, comment, native):
    body = {"action": "NEW", "comment": {"body": comment, "parentID": None}, "author": {"id": "baf4e943", "role": "COMMENTER"},
            "story": {"id": "245b3856", "url": "http://localhost:1313/posts/a-story-url/"}, "site": {"id": "a4bede88"},
            "tenantID": "19ba5794", "tenantDomain": "localhost"}
    signature = hmac.new(server.secret.encode(), json.dumps(body).encode(), hashlib.sha256).hexdigest()
    answered = server.post("/v1/coral", body, **{"X-Coral-Signature": f"sha256={'0' * 64},sha256={signature}"})
    assert answered.get("status") == {"approve": None, "review": "SYSTEM_WITHHELD", "reject": "REJECTED"}[native["action"]]
