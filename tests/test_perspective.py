"""The Perspective dialect, field by field and error by error, as its clients send and read it."""

import json
import re

import pytest
from conftest import post
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from moderation import settings as settings_module
from moderation.service.app import create_app
from moderation.service.perspective import ALIASES, ATTRIBUTES

ANALYZE, SUGGEST = "/v1alpha1/comments:analyze", "/v1alpha1/comments:suggestscore"
CANARY = "Xylocarp-canary-49"
relaxed = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def asked(text="fig", *names, **rest):
    return {"comment": {"text": text}, "requestedAttributes": {name: {} for name in names or ("TOXICITY",)}, **rest}


def suggested(**rest):
    return {"comment": {"text": "fig"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}, **rest}


def test_an_answer_has_every_field(client):
    status, body = post(client, ANALYZE, asked("a fig", "TOXICITY", "THREAT", clientToken="t-1"))
    assert status == 200
    assert list(body) == ["attributeScores", "languages", "detectedLanguages", "clientToken"]
    assert (body["languages"], body["detectedLanguages"], body["clientToken"]) == (["en"], ["en"], "t-1")
    score = body["attributeScores"]["THREAT"]["summaryScore"]
    assert score["type"] == "PROBABILITY"
    assert body["attributeScores"]["THREAT"]["spanScores"] == [{"begin": 0, "end": 5, "score": score}]


@pytest.mark.parametrize("text", ["fig", "prune", "You are a banana", "my durian 🍌", "“durian”, she said", "a quince. A fig!",
                                  "Das ist doch nicht wahr und gut"])
@pytest.mark.parametrize("section", [None, "sport"])
def test_scores_are_the_native_ones(client, text, section):
    native = post(client, "/v1/score", {"text": text, "section": section})[1]
    names = [name for name in (*ATTRIBUTES, *ALIASES) if "SEXUALLY" not in name]
    scores = post(client, ANALYZE, asked(text, *names, communityId=section))[1]["attributeScores"]
    worded = {span["category"] for span in native["spans"] if span["source"] == "lexicon"}
    for name in names:
        attribute, category = ATTRIBUTES[ALIASES.get(name, name)]
        value = scores[name]["summaryScore"]["value"]
        if attribute and not (worded if category == "*" else category in worded):
            assert value == native["attributes"][attribute]
        elif attribute:
            assert value >= native["attributes"][attribute]
        else:
            results = native["categories"]
            assert value == (max(result["score"] for result in results.values()) if category == "*" else results[category]["score"])


def original(sent):
    """The same with its members' original names."""
    if isinstance(sent, list):
        return [original(item) for item in sent]
    if isinstance(sent, dict):
        return {re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name) if name != name.upper() else name: original(value)
                for name, value in sent.items()}
    return sent


def test_members_may_stand_under_their_original_names(client):
    sent = asked('a banana, "client_token": 1, {"do_not_store" : "}', "INSULT", "TOXICITY", clientToken='","client_token":"',
                 spanAnnotations=True, doNotStore=True, languages=["xx"], dropUnsupportedAttributes=True, sessionId="s",
                 communityId="sport", context={"articleAndParentComment": {"parentComment": {"text": "fig"}, "article": None}})
    for changed in ({}, {"languages": ["en"]}):
        renamed = original(sent | changed)
        assert "requested_attributes" in renamed and "parent_comment" in renamed["context"]["article_and_parent_comment"]
        assert post(client, ANALYZE, renamed) == post(client, ANALYZE, sent | changed)
    limited = asked() | {"requestedAttributes": {"TOXICITY": {"scoreThreshold": 1, "scoreType": "PROBABILITY"}}}
    assert post(client, ANALYZE, original(limited)) == post(client, ANALYZE, limited)
    assert "attributeScores" not in post(client, ANALYZE, limited)[1]
    given = suggested(clientToken="t-2")
    assert "summary_score" in original(given)["attribute_scores"]["TOXICITY"]
    assert post(client, SUGGEST, original(given)) == post(client, SUGGEST, given)
    spaced = b'{"comment": {"text": "fig"} ,\n "requested_attributes" :{"THREAT" : {}}}'
    assert post(client, ANALYZE, spaced)[0] == 200
    assert "at 'requestedAttributes'" in post(client, ANALYZE, {"requested_attributes": 3})[1]["error"]["message"]
    twice = b'{"comment": {"text": "fig"}, "requestedAttributes": {"THREAT": {}}, "clientToken": "first", "client_token": "last"}'
    assert post(client, ANALYZE, twice)[1]["clientToken"] == "last"


def test_a_word_of_the_lexicon_counts_though_the_classifier_does_not_know_it(client):
    scores = post(client, ANALYZE, asked("my durian", "IDENTITY_ATTACK", "TOXICITY", "PROFANITY"))[1]["attributeScores"]
    values = {name: found["summaryScore"]["value"] for name, found in scores.items()}
    assert (values["IDENTITY_ATTACK"], values["TOXICITY"]) == (0.97, 0.97)
    assert values["PROFANITY"] == post(client, "/v1/score", {"text": "my durian"})[1]["attributes"]["profanity"]


def test_names_are_echoed_as_sent(client):
    body = post(client, ANALYZE, asked("fig", "TOXICITY@6", "OBSCENE", "TOXICITY_EXPERIMENTAL"))[1]
    assert sorted(body["attributeScores"]) == ["OBSCENE", "TOXICITY@6", "TOXICITY_EXPERIMENTAL"]


def test_scores_below_the_threshold_are_left_out(client):
    sent = asked("my durian", "TOXICITY", "THREAT")
    sent["requestedAttributes"]["THREAT"]["scoreThreshold"] = 1
    sent["requestedAttributes"]["TOXICITY"]["scoreThreshold"] = 0.97
    assert list(post(client, ANALYZE, sent)[1]["attributeScores"]) == ["TOXICITY"]
    del sent["requestedAttributes"]["TOXICITY"]
    assert list(post(client, ANALYZE, sent)[1]) == ["languages", "detectedLanguages"]


def test_spans_are_sentences_in_utf_16(client):
    text = "🍌🍌 I like figs. 𝒴ou durian! Fine."
    units = text.encode("utf-16-le")
    spans = post(client, ANALYZE, asked(text, spanAnnotations=True))[1]["attributeScores"]["TOXICITY"]["spanScores"]
    parts = [units[2 * span["begin"]:2 * span["end"]].decode("utf-16-le") for span in spans]
    assert [part.strip() for part in parts] == ["🍌🍌 I like figs.", "𝒴ou durian!", "Fine."]
    assert [span["score"]["value"] >= 0.97 for span in spans] == [False, True, False]
    (whole,) = post(client, ANALYZE, asked(text))[1]["attributeScores"]["TOXICITY"]["spanScores"]
    assert (whole["begin"], whole["end"]) == (0, len(units) // 2)


@pytest.mark.parametrize("text", [" ", "🍌", "." * 3000])
def test_a_text_without_sentences_or_with_too_many_has_one_span(client, text):
    spans = post(client, ANALYZE, asked(text, spanAnnotations=True))[1]["attributeScores"]["TOXICITY"]["spanScores"]
    assert spans[0]["begin"] == 0
    assert spans[-1]["end"] <= len(text.encode("utf-16-le")) // 2


def test_a_community_is_a_section_of_the_policy_or_none(client):
    for community, section in (("sport", "sport"), ("Coral:https://figs.example", None)):
        body = post(client, f"{ANALYZE}?x_moderation=1", asked("a banana", communityId=community))[1]
        assert body["x_moderation"] == post(client, "/v1/score", {"text": "a banana", "section": section})[1]


def test_languages(client):
    german = "Das ist doch nicht wahr, und du weißt es auch"
    body = post(client, ANALYZE, asked(german))[1]
    assert (body["languages"], body["detectedLanguages"], list(body["attributeScores"])) == (["de"], ["de"], ["TOXICITY"])
    body = post(client, ANALYZE, asked(german, languages=["en-GB"]))[1]
    assert (body["languages"], body["detectedLanguages"]) == (["en-GB"], ["de"])
    body = post(client, ANALYZE, asked("fig", languages=["de"], dropUnsupportedAttributes=True))[1]
    assert body == {"languages": ["de"], "detectedLanguages": ["en"]}


@pytest.mark.parametrize("query", ["?key=AIza&alt=json&prettyPrint=false", "", "?fields=x&quotaUser=me&$.xgafv=2&callback=f&x=1"])
@pytest.mark.parametrize("path", [ANALYZE, "/v1alpha1/comments%3Aanalyze"])
def test_the_query_of_any_client_is_taken(client, path, query):
    assert post(client, path + query, asked())[0] == 200


def test_fields_that_may_be_left_out_may_be_null(client):
    names = ("languages", "context", "spanAnnotations", "doNotStore", "clientToken", "sessionId", "communityId",
             "dropUnsupportedAttributes")
    sent = asked() | dict.fromkeys(names) | {"requestedAttributes": {"TOXICITY": None}, "somethingNew": [1]}
    assert post(client, ANALYZE, sent)[0] == 200


@pytest.mark.parametrize(("kind", "format"), [("PLAIN_TEXT", "plain"), ("HTML", "html"), ("TEXT_TYPE_UNSPECIFIED", "plain")])
@pytest.mark.parametrize("text", ["<p>my dur<b>i</b>an</p>", "dur<x-y a='>'>ian 🍌", "fig<script>durian</script>"])
def test_html_is_read_as_a_reader_sees_it(client, kind, format, text):
    sent = asked(text, "IDENTITY_ATTACK", "LIKELY_TO_REJECT") | {"comment": {"text": text, "type": kind}}
    body = post(client, f"{ANALYZE}?x_moderation", sent)[1]
    assert body["x_moderation"] == post(client, "/v1/score", {"text": text, "format": format})[1]
    assert body["attributeScores"]["LIKELY_TO_REJECT"]["spanScores"][0]["end"] == len(text.encode("utf-16-le")) // 2


LANGUAGE = {"languageNotSupportedByAttributeError": {"attribute": "TOXICITY", "requestedLanguages": ["de", "fr"]}}


@pytest.mark.parametrize(("sent", "message", "kind", "more"), [
    (b"", "Comment must be non-empty.", "COMMENT_EMPTY", {}),
    ({}, "Comment must be non-empty.", "COMMENT_EMPTY", {}),
    (asked(""), "Comment must be non-empty.", "COMMENT_EMPTY", {}),
    (asked("é" * 11_684), "Comment text was too many bytes. Value (23368) exceeded limit (20480).", "COMMENT_TOO_LONG", {}),
    ({"comment": {"text": "fig"}}, "Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES", {}),
    ({"comment": {"text": "fig"}, "requestedAttributes": {}}, "Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES", {}),
    (asked("fig", "TOXICITY", "SPAM"), "Unknown requested attribute: SPAM", "INVALID_REQUEST", {}),
    (asked("fig", "SEXUALLY_EXPLICIT"), "Unknown requested attribute: SEXUALLY_EXPLICIT", "INVALID_REQUEST", {}),
    (asked("fig", "toxicity"), "Unknown requested attribute: toxicity", "INVALID_REQUEST", {}),
    (asked("fig", languages=["de", "en", "fr"]), "Attribute TOXICITY does not support request languages: de, fr",
     "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE", LANGUAGE),
    (asked() | {"requestedAttributes": {"THREAT": {"scoreType": "RAW"}}},
     "Requested score type RAW is not supported by attribute THREAT", "INVALID_REQUEST", {}),
    (asked() | {"comment": {"text": "fig", "type": "MARKDOWN"}}, "Unknown text type", "INVALID_REQUEST", {}),
    (asked(context={"entries": [], "articleAndParentComment": {}}),
     "Context can have either entries or article_and_parent_comment, but both fields were populated.", "INVALID_REQUEST", {}),
    (asked(languages=["Deutsch, bitte"]), "Invalid value at 'languages': is not a language tag.", "INVALID_REQUEST", {}),
    (asked() | {"comment": {"text": 3}},
     "Invalid value at 'comment.text': expected a string or null, got a number.", "INVALID_REQUEST", {}),
    (b"{", "Invalid JSON payload received: the body is not JSON.", "INVALID_REQUEST", {}),
])
def test_errors_are_those_of_the_real_service(client, sent, message, kind, more):
    status, body = post(client, ANALYZE, sent)
    detail = {"@type": "type.googleapis.com/google.commentanalyzer.v1alpha1.Error", "errorType": kind, **more}
    assert (status, body) == (400, {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [detail]}})


@pytest.mark.parametrize(("method", "path"), [("GET", ANALYZE), ("POST", "/v1alpha1/comments:guess"), ("PUT", "/v1alpha1/x/y")])
def test_other_methods_have_the_envelope_too(client, method, path):
    response = client.open(path, method=method)
    assert (response.status_code, response.get_json()["error"]["status"]) == (404, "NOT_FOUND")


def test_a_body_beyond_the_limit_has_the_envelope_too(client):
    status, body = post(client, ANALYZE, b"{" + b" " * 300_000)
    assert (status, body["error"]["code"], bool(body["error"]["details"])) == (413, 413, True)
    assert f"larger than {client.application.extensions['settings'].max_body} bytes" in body["error"]["message"]


def test_a_fault_of_ours_has_the_envelope_too(settings, scorer, caplog):
    app = create_app(settings, scorer)

    class Broken:
        policy, reads = scorer.policy, scorer.reads

        def score_batch(self, texts, *rest):
            raise KeyError(texts[0])

    app.extensions["scorer"] = Broken()
    status, body = post(app.test_client(), ANALYZE, asked(CANARY))
    assert (status, body["error"]["status"]) == (500, "INTERNAL")
    assert CANARY not in json.dumps(body) + caplog.text


def test_a_suggestion_is_answered(client):
    body = suggested(clientToken="comment:7", languages=["en"], communityId="Coral:x", sessionId="s",
                     context={"entries": [{"text": '{"url": "x"}'}]})
    assert post(client, SUGGEST, body) == (200, {"clientToken": "comment:7", "detectedLanguages": ["en"], "requestedLanguages": ["en"]})
    assert post(client, SUGGEST, suggested()) == (200, {"detectedLanguages": ["en"]})


def test_a_suggestion_is_kept_as_a_label_without_its_text(client):
    post(client, SUGGEST, suggested(comment={"text": CANARY}, clientToken="comment:8", communityId="sport"))
    (line,) = client.get("/v1/labels").text.splitlines()
    label = json.loads(line)
    assert (label["source"], label["scores"], label["section"]) == ("suggestscore", {"TOXICITY": 1.0}, "sport")
    assert CANARY not in line


@pytest.mark.parametrize("sent", [
    {"comment": {"text": "fig"}}, {"comment": {"text": ""}}, suggested(attributeScores={}),
    suggested(attributeScores={"TOXICITY": {}}),
    suggested(attributeScores={"TOXICITY": {"summaryScore": {"value": 2}}}),
    suggested(attributeScores={"a b": {"summaryScore": {"value": 1}}}),
    suggested(attributeScores={"TOXICITY": {"summaryScore": {"value": 1, "type": "RAW"}}}),
    suggested(attributeScores={"TOXICITY": {"spanScores": [{"begin": 0, "score": {"value": 1}}]}}), b"[]"])
def test_a_suggestion_that_says_nothing_is_refused(client, sent):
    status, body = post(client, SUGGEST, sent)
    assert (status, body["error"]["status"], len(body["error"]["details"])) == (400, "INVALID_ARGUMENT", 1)


def discovered(client, **headers):
    return client.get("/$discovery/rest?version=v1alpha1", headers=headers).get_json()["rootUrl"]


def test_the_discovery_document_names_our_own_origin(client):
    assert discovered(client, Host="figs.example:8443") == "http://figs.example:8443/"
    assert discovered(client, **{"Host": "figs.example", "X-Forwarded-Host": "evil.example"}) == "http://figs.example/"
    assert discovered(client, Host='figs"<.example').startswith("http://")
    assert client.get("/$discovery/rest?version=v2").status_code == 400


@pytest.mark.parametrize(("environment", "root"), [
    ({"MODERATION_TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1"}, "https://shop.example/"),
    ({"MODERATION_TRUSTED_PROXIES": "10.0.0.0/8"}, "http://localhost/"),
    ({"MODERATION_PUBLIC_BASE_URL": "https://m.example/api/"}, "https://m.example/api/")])
def test_proxies_are_believed_by_setting_alone(scorer, environment, root):
    client = create_app(settings_module.load(environment), scorer).test_client()
    assert discovered(client, **{"X-Forwarded-Proto": "http, https", "X-Forwarded-Host": "evil.example, shop.example"}) == root


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
@pytest.mark.parametrize("sent", [
    asked(CANARY, CANARY + " "), asked(CANARY, languages=[CANARY + " "]), {"comment": CANARY},
    {"comment": {"text": CANARY, "type": CANARY}},
    asked(CANARY) | {"requestedAttributes": {"TOXICITY": {"scoreType": CANARY}}}, {CANARY: CANARY, "comment": {"text": [CANARY]}},
    suggested(comment={"text": CANARY}, attributeScores={CANARY + " ": {}}), f'{{"comment": "{CANARY}'.encode()])
def test_an_error_repeats_no_text(client, path, sent):
    status, body = post(client, path, sent)
    assert status == 400
    assert CANARY not in json.dumps(body)


KEYS = st.sampled_from(["comment", "text", "type", "requestedAttributes", "TOXICITY", "THREAT@2", "scoreType", "scoreThreshold",
                        "languages", "context",
                        "entries", "spanAnnotations", "clientToken", "communityId", "attributeScores", "summaryScore", "value",
                        "spanScores", "begin", "end", "score"])
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=10) | st.just(10**400),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20)


@relaxed
@given(st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()) | st.dictionaries(KEYS, JSON).map(
    lambda value: json.dumps(asked() | value).encode()), st.sampled_from([ANALYZE, SUGGEST]))
def test_anything_is_answered_in_json(client, body, path):
    check_is_answered(client, body, path)


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
@pytest.mark.parametrize("body", [b"[" * 50_000, b'{"comment":' * 15_000, b'{"comment":{"text":"\\ud83d\\u0000"},"comment":{"text":"fig"}}',
                                  b'{"requestedAttributes":{"TOXICITY":{"scoreThreshold":1e999}}}'], ids=range(4))
def test_what_is_meant_to_break_is_answered_in_json(client, body, path):
    check_is_answered(client, body, path)


def check_is_answered(client, body, path):
    response = client.post(path, data=body)
    assert response.status_code in (200, 400)
    assert response.status_code == 200 or response.get_json()["error"]["details"][0]
    assert response.mimetype == "application/json"


@relaxed
@given(st.text(st.characters(), min_size=1, max_size=40), st.booleans())
def test_any_text_is_scored_and_its_spans_lie_within(client, text, by_sentence):
    body = json.dumps(asked(text, spanAnnotations=by_sentence)).encode()
    status, answered = post(client, ANALYZE, body)
    assert status == 200
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    for span in answered["attributeScores"]["TOXICITY"]["spanScores"]:
        assert 0 <= span["begin"] <= span["end"] <= units
