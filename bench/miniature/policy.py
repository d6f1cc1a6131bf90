"""The policy of the miniature: a transformer that sees a picture and a question, and writes tokens.

Picture (16 patches) and question (4 tokens) see one another; what is written sees all before it.
Edges of boxes and places of patches start on smooth curves: without that, a warm-up of this length
does not learn to see.
"""

from collections.abc import Mapping
from math import pi

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from bench.miniature.scenes import PIXELS, SIDE
from bench.miniature.tokens import EDGE, EOS, KIND, PAD, VOCABULARY

WIDTH, DEPTH, HEADS = 96, 3, 4
PATCH = 8
"""Pixels per side of a patch."""
PER_SIDE = SIDE * PIXELS // PATCH
PREFIX = PER_SIDE**2 + 4
"""Tokens before what is written: patches and the question."""
BRIGHT = 3.0
"""By how much pixels are multiplied: they reach 0.5 to either side."""
WAVES = 8
"""Frequencies of a curve: as many as tell 17 edges apart."""
NEVER = -1e9
"""A logit of no probability, finite, since 0 times infinity is not 0."""
START = 0.1
"""The standard deviation of embeddings that start on a curve."""


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.inputs, self.output = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.wide, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Tensor, past: list[Tensor] | None, mask: Tensor | None) -> Tensor:
        """`past` holds the keys and values so far, of shape (batch, heads, tokens, size), and gets
        those of `x`."""
        shape = (x.shape[0], x.shape[1], 3, HEADS, WIDTH // HEADS)
        query, key, value = self.inputs(self.before(x)).view(shape).permute(2, 0, 3, 1, 4)
        if past is not None:
            if past:
                key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
            past[:] = [key, value]
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = x + self.output(mixed.transpose(1, 2).flatten(2))
        return x + self.narrow(gelu(self.wide(self.after(x))))


class Policy(nn.Module):
    """`room` is the most tokens of a completion."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.see = nn.Linear(3 * PATCH**2, WIDTH)
        self.embed, self.place = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(PREFIX + room, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(DEPTH))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY)
        order = torch.arange(PREFIX + room)
        sees = (order[None] <= order[:, None]) | (order[None] < PREFIX)
        self.register_buffer("sees", sees, persistent=False)
        never = torch.zeros(VOCABULARY).index_fill(0, torch.tensor([PAD]), NEVER)
        self.register_buffer("never", never, persistent=False)
        self._start()

    @torch.no_grad()
    def _start(self) -> None:
        nn.init.normal_(self.embed.weight, std=0.02)
        nn.init.normal_(self.place.weight, std=0.02)
        edges = torch.arange(SIDE + 1) / SIDE
        self.embed.weight[EDGE:KIND] = curve(edges)
        self.head.weight[EDGE:KIND] = curve(edges)
        steps = (torch.arange(PER_SIDE) + 0.5) / PER_SIDE
        across, down = curve(steps), curve(steps)
        self.place.weight[: PER_SIDE**2] = (across[None] + down[:, None]).flatten(0, 1)

    @torch.no_grad()
    def go_on_from(self, weights: Mapping[str, Tensor]) -> None:
        """Begin with the weights of a policy that had less room; places that it had not stay."""
        places = weights["place.weight"]
        self.load_state_dict({**weights, "place.weight": self.place.weight})
        self.place.weight[: len(places)] = places

    def forward(self, pictures: Tensor, questions: Tensor, completions: Tensor) -> Tensor:
        """Logits of each token of completions of shape (batch, length): (batch, length,
        VOCABULARY)."""
        written = self.embed(completions[:, :-1])
        x = torch.cat([self._prefix(pictures, questions), written], 1)
        x = x + self.place.weight[: x.shape[1]]
        mask = self.sees[: x.shape[1], : x.shape[1]]
        for layer in self.layers:
            x = layer(x, None, mask)
        return self._logits(x[:, PREFIX - 1 :])

    @torch.no_grad()
    def write(
        self, pictures: Tensor, questions: Tensor, *, is_greedy: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Completions at temperature 1, or greedy, and the logarithm of each token's probability,
        0 behind the end: both of shape (batch, length)."""
        x = self._prefix(pictures, questions) + self.place.weight[:PREFIX]
        past: list[list[Tensor]] = [[] for _ in self.layers]
        tokens, chances = [], []
        is_done = torch.zeros(len(pictures), dtype=torch.bool)
        for step in range(self.room):
            for layer, kept in zip(self.layers, past, strict=True):
                x = layer(x, kept, None)
            likely = self._logits(x[:, -1]).log_softmax(-1)
            token = likely.argmax(-1) if is_greedy else likely.exp().multinomial(1)[:, 0]
            token = torch.where(is_done, PAD, token)
            chance = likely.gather(1, token[:, None])[:, 0]
            tokens.append(token)
            chances.append(torch.where(is_done, 0.0, chance))
            is_done = is_done | (token == EOS)
            if is_done.all():
                break
            x = (self.embed(token) + self.place.weight[PREFIX + step])[:, None]
        return torch.stack(tokens, 1), torch.stack(chances, 1)

    def _logits(self, x: Tensor) -> Tensor:
        """PAD is never written: it would end a completion at no price."""
        return self.head(self.norm(x)) + self.never

    def _prefix(self, pictures: Tensor, questions: Tensor) -> Tensor:
        """Of shape (batch, PREFIX, WIDTH)."""
        patches = pictures.unfold(1, PATCH, PATCH).unfold(2, PATCH, PATCH).flatten(3)
        seen = self.see(BRIGHT * patches.flatten(1, 2))
        return torch.cat([seen, self.embed(questions)], 1)


def curve(steps: Tensor, width: int = WIDTH) -> Tensor:
    """A point for each step from 0 to 1, of shape (steps, width); near steps are near points."""
    waves = pi * steps[:, None] * torch.arange(1, WAVES + 1)
    found = torch.cat([waves.sin(), waves.cos()], 1) @ torch.randn(2 * WAVES, width)
    return START * found / found.std()
