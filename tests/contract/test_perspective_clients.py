"""Perspective's clients, unmodified, against a running service: only the address is another."""

import json
import urllib.error
import urllib.request

import perspective
import PyPerspective
import pytest
from google.api_core.client_options import ClientOptions
from googleapiclient import discovery
from googleapiclient.errors import HttpError
from PyPerspective import Perspective as module

pytestmark = pytest.mark.filterwarnings("ignore")  # of the clients, which are not ours to mend


def asked(text, *names, **rest):
    return {"comment": {"text": text}, "requestedAttributes": {name: {} for name in names or ("TOXICITY",)}, **rest}


@pytest.fixture(params=["by its discovery address", "from the document"])
def google(request, server):
    address = f"{server.url}/$discovery/rest?version=v1alpha1"
    if request.param == "by its discovery address":
        with discovery.build("commentanalyzer", "v1alpha1", developerKey=server.key, discoveryServiceUrl=address,
                             static_discovery=False) as service:
            yield service
        return
    with urllib.request.urlopen(address, timeout=20) as response:
        document = json.load(response)
    document["rootUrl"] = document["baseUrl"] = "https://commentanalyzer.googleapis.com/"
    options = ClientOptions(api_endpoint=server.url)
    with discovery.build_from_document(document, developerKey=server.key, client_options=options) as service:
        yield service


def test_google_api_python_client(google, comment, native):
    body = google.comments().analyze(body=asked(comment, "TOXICITY", "THREAT@1", spanAnnotations=True, clientToken="t")).execute()
    assert body["attributeScores"]["THREAT@1"]["summaryScore"]["value"] == native["attributes"]["threat"]
    assert body["attributeScores"]["TOXICITY"]["summaryScore"]["value"] >= native["attributes"]["toxicity"]
    assert body["clientToken"] == "t"
    units = comment.encode("utf-16-le")
    spans = body["attributeScores"]["TOXICITY"]["spanScores"]
    assert "".join(units[2 * span["begin"]:2 * span["end"]].decode("utf-16-le") for span in spans).split() == comment.split()


def test_google_api_python_client_suggests_and_is_told_errors(google):
    scores = {"TOXICITY": {"summaryScore": {"value": 1}}}
    assert google.comments().suggestscore(body={"comment": {"text": "fig"}, "attributeScores": scores, "clientToken": "c"}).execute() == {
        "clientToken": "c", "detectedLanguages": ["en"]}
    with pytest.raises(HttpError) as caught:
        google.comments().analyze(body=asked("fig", languages=["is"])).execute()
    assert caught.value.resp.status == 400
    assert caught.value.error_details[0]["languageNotSupportedByAttributeError"] == {"attribute": "TOXICITY", "requestedLanguages": ["is"]}


def test_pyperspective(server, comment, native, monkeypatch):
    monkeypatch.setattr(module, "base_url", f"{server.url}/v1alpha1/comments:analyze")
    found = module.Perspective(server.key).get_score(comment, tests=["TOXICITY", "THREAT"])
    assert found.raw_data["attributeScores"]["THREAT"]["summaryScore"]["value"] == native["attributes"]["threat"]
    assert len(found["TOXICITY"].spans) == 1


def test_pyperspective_is_told_of_a_wrong_key_and_of_errors(server, monkeypatch):
    monkeypatch.setattr(module, "base_url", f"{server.url}/v1alpha1/comments:analyze")
    with pytest.raises(PyPerspective.errors.InvalidAuthKey):
        module.Perspective("AIza-wrong")
    # It reads the error, then stumbles over its own exception, which takes no keyword.
    with pytest.raises(TypeError, match="ApiException"):
        module.Perspective(server.key).get_score("fig", tests="FLIRTATION")


def test_perspective(server, comment, native):
    client = perspective.PerspectiveAPI(server.key)
    client.api_client.url = server.url + "/v1alpha1/{endpoint}"
    assert client.score(comment, tests=["THREAT"]) == {"THREAT": native["attributes"]["threat"]}
    scores = {"TOXICITY": {"summaryScore": {"value": 0.0, "type": "PROBABILITY"}}}
    assert client.suggest_score(comment, scores, validate=False)["detectedLanguages"] == ["en"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        client.analyze_comment("fig", languages=["is"], validate=False)
    with caught.value as response:
        assert json.load(response)["error"]["details"][0]["errorType"] == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"


# The address is written in the package; axios, which it calls with, is asked to send elsewhere.
PERSPECTIVE_API_CLIENT = """
const [url, key, text] = process.argv.slice(1).filter(word => word !== '--');
require('axios').interceptors.request.use(config => {
  config.url = config.url.replace('https://commentanalyzer.googleapis.com', url);
  return config;
});
const Perspective = require('perspective-api-client');
const client = new Perspective({apiKey: key});
(async () => {
  const scored = await client.analyze(text, {attributes: ['TOXICITY', 'THREAT']});
  const refused = await client.analyze(text, {attributes: ['SPAM']}).catch(error => error.message);
  console.log(JSON.stringify({scored, refused}));
})();
"""


def test_perspective_api_client_of_npm(node, server, comment, native):
    found = node(PERSPECTIVE_API_CLIENT, server.url, server.key, comment)
    assert found["scored"]["attributeScores"]["THREAT"]["summaryScore"]["value"] == native["attributes"]["threat"]
    assert found["refused"] == "Unknown requested attribute: SPAM"


def test_coral_as_it_calls_perspective(server, comment, native):
    """The requests of Coral's own Perspective phase: toxicity of a comment, and a moderator's word on it."""
    sent = asked(comment, "SEVERE_TOXICITY", doNotStore=True, languages=["en"], clientToken="comment:7", sessionId="s",
                 communityId="Coral:http://coral.example", context={"entries": [{"text": json.dumps({"url": "http://coral.example/story"})}]})
    value = server.post(f"/v1alpha1/comments:analyze?key={server.key}", sent)["attributeScores"]["SEVERE_TOXICITY"]["summaryScore"]["value"]
    assert value == native["attributes"]["severe_toxicity"]
    del sent["requestedAttributes"], sent["doNotStore"]
    sent["attributeScores"] = {"SEVERE_TOXICITY": {"summaryScore": {"value": 1}}}
    answered = server.post(f"/v1alpha1/comments:suggestscore?key={server.key}", sent)
    assert answered == {"clientToken": "comment:7", "detectedLanguages": ["en"], "requestedLanguages": ["en"]}
