"""Shows that a built encoder still knows Chinese: a paraphrase must lie nearer than any other sentence.

It is sharp enough to be a test of the build. Nibbles in the wrong order, rows off by one, two norms or two
projections swapped: each brings the two mean cosines within 0.03 of each other (0.09 when all is right), and
three tenths or more of the paraphrases are no longer the nearest sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nlp.encoder.tokenizer import load_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertModel

PROMPT = "query: "
"""What e5 was trained to see before a sentence that is compared with another of its kind."""

PARAPHRASES: tuple[tuple[str, str], ...] = (
    ("公安机关抓获了一批诈骗嫌疑人。", "警方逮捕了多名涉嫌诈骗的人员。"),
    ("银行工作人员及时劝阻了准备转账的老人。", "一位老人正要汇款，被银行柜员拦了下来。"),
    ("社区民警上门讲解如何识别骗局。", "派出所民警走进居民家中传授防骗知识。"),
    ("下一步将加强对电话卡实名登记的检查。", "今后要严查手机卡是否由本人开办。"),
    ("学校组织学生观看了安全教育影片。", "校方安排同学们集体看了一部安全教育片。"),
    ("今年的发案数比去年少了三成。", "与上年相比，今年案件数量下降百分之三十。"),
    ("明天下午有小雨，气温会下降。", "预计明日午后降雨，天气转凉。"),
    ("这家餐馆的鱼做得很好吃。", "这个饭店烧的鱼味道不错。"),
    ("昨晚的足球赛主队赢了两个球。", "主场球队在昨夜的比赛中净胜两球。"),
    ("他每天骑自行车去上班。", "他上下班都是骑单车。"),
)


@dataclass(frozen=True)
class Probe:
    """Mean cosines over `PARAPHRASES`: of a sentence with its paraphrase, and with those of other pairs."""

    paraphrase: float
    unrelated: float
    ranked_first: float
    """The share of sentences whose paraphrase is nearer than every sentence of another pair."""


def embed_sentences(
    model: BertModel, tokenizer: Tokenizer, sentences: Sequence[str], *, prompt: str = PROMPT
) -> NDArray[np.float32]:
    """Sentence vectors as e5 makes them: the mean of the last layer over all tokens, scaled to length 1.

    Returns:
        Shape [len(sentences), hidden].
    """
    import torch

    vectors = []
    for sentence in sentences:
        ids = tokenizer.encode(prompt + sentence).ids
        with torch.inference_mode():
            hidden = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
        vectors.append(torch.nn.functional.normalize(hidden.mean(0), dim=0).numpy())
    return np.stack(vectors)


def probe(directory: Path) -> Probe:
    """Loads the encoder in `directory` and compares `PARAPHRASES`. Needs torch and transformers."""
    from transformers import BertModel

    model = BertModel.from_pretrained(directory, add_pooling_layer=False)  # in evaluation mode
    tokenizer = load_tokenizer(directory / "tokenizer.json")
    left, right = (embed_sentences(model, tokenizer, side) for side in zip(*PARAPHRASES, strict=True))
    cosines = np.concatenate([left, right]) @ np.concatenate([left, right]).T
    count = len(PARAPHRASES)
    pair = np.arange(2 * count) % count
    strangers = pair[:, None] != pair[None, :]
    partner = cosines[np.arange(2 * count), (np.arange(2 * count) + count) % (2 * count)]
    nearest_stranger = np.where(strangers, cosines, -1).max(axis=1)
    return Probe(
        paraphrase=float(partner.mean()),
        unrelated=float(cosines[strangers].mean()),
        ranked_first=float((partner > nearest_stranger).mean()),
    )
