"""A tiny tagger of the shape of the shipped one: letters of our own, a tokenizer, an encoder, a checkpoint, a model.

The conftest.py of each folder that needs it imports the fixture `tiny`; it is made once a session.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

LETTERS = {
    "t1": """\
云溪县公安局对县人大第12号建议的答复

李明代表:
您提出的关于加强反诈工作的建议收悉,现答复如下。
一、已开展的工作
(一)严打犯罪。[打击|{t1:2022年}全县公安机关{k1:抓获诈骗嫌疑人}{q:86名|count k1 t1},\
{k2:破获案件}{q:120起|count k2 t1},\
同比分别上升{q:12.5%|change k1 t1 up basis=同比}、{q:8%|change k2 t1 up basis=同比}]。
(二)守住钱袋。[防范|县反诈中心接到预警后上门劝阻,{t2:今年以来}{k3:止付涉案资金}{q:350余万元|money k3 t2}];\
[管控|对出租出售银行卡的人员限制开户]。
二、下一步打算
[宣传*|组织民警进村入户讲解骗术],[治理*|提请县政府召开联席会议,通报各单位反诈工作]。
感谢您对公安工作的关心。
""",
    "t2": """\
江口市反诈联席办关于政协第7号提案的复函

王红委员:
感谢您的提案。随着手机支付的普及,诈骗手法不断翻新。
我们主要做了以下工作:一是[治理|出台考核办法,压实银行和通信企业责任]。二是[宣传|在{q:15个|count k1}{k1:社区}设立\
宣传点,{k2:发放资料}{q:4万余份|count k2}]。三是[打击|{t1:去年}{k3:打掉犯罪团伙}{q:9个|count k3 t1},\
{k4:返还群众被骗款}{q:126.8万元|money k4 t1}]。
{t2:2023年上半年},全市{k5:电诈发案数}同比下降{q:21.3%|change k5 t2 down basis=同比},降幅居全省\
{k6:排名}{q:第2位|rank k6 t2}。
今后,[防范*|我市将升级预警平台,力争{k7:劝阻成功率}达到{q:95%|percent k7}];\
[管控*|对涉案账户实行分级管控]。
""",
    "t3": """\
南岭区公安分局工作情况报告

一、打击方面
[打击|专班循线追踪,{k1:捣毁窝点}{q:3处|count k1},所涉人员全部移送起诉]。
二、防范方面
[防范|民警对接到涉诈电话的老人逐一见面劝阻],[宣传|并教会其安装反诈软件]。[管控|对境外滞留人员逐人劝返]。
三、下步工作
[治理*|区政府将把反诈工作列入年度督查,每季通报一次]。
""",
    "t4": """\
西坪县司法局对第31号建议的答复

赵强代表:
[宣传|我局组织普法志愿者进校园讲课,{t1:今年1至5月}{k1:举办讲座}{q:42场|count k1 t1},\
{k2:受众}{q:近3000人次|count k2 t1}]。
[打击|公安机关{k3:抓获嫌疑人}{q:31名|count k3 t1}],[防范|{k4:冻结资金}{q:88万元|money k4 t1}]。
下一步,[管控*|对有前科的人员定期见面];[治理*|健全部门协作制度]。
""",
    "t5": """\
东港市公安局复函

孙丽委员:
[打击|全市公安机关{t1:2021年}{k1:破获案件}{q:205起|count k1 t1},{k2:抓获嫌疑人}{q:三百余名|count k2 t1}]。
[防范|反诈中心{k3:劝阻群众}{q:1.2万人|count k3 t1}],[宣传|在车站播放短片]。
今后,[治理*|我局将加强考核]。
""",
}
"""Marked-up letters by id; t1 to t3 are for training, t4 is dev, t5 is test."""

PLAIN = "云溪县公安局\n2022年全县公安机关抓获诈骗嫌疑人86名,破获案件120起。下一步,组织民警进村入户讲解骗术。\n"
"""A letter without gold."""

WORDS = ("公安", "诈骗", "反诈", "嫌疑人", "群众", "下一步", "案件")


@dataclass(frozen=True)
class Tiny:
    """Where the tiny things are: all in `folder`."""

    folder: Path

    @property
    def letters(self) -> Path:
        return self.folder / "letters"

    @property
    def splits(self) -> Path:
        return self.folder / "splits.yaml"

    @property
    def encoder(self) -> Path:
        return self.folder / "encoder"

    @property
    def recipe(self) -> Path:
        return self.folder / "tiny.yaml"

    @property
    def checkpoint(self) -> Path:
        """What `train_base` made of it, trained until it knows its letters by heart."""
        return self.folder / "checkpoint"

    @property
    def model(self) -> Path:
        """The checkpoint, exported in fp32 and int8."""
        return self.folder / "model"


def write_letters(folder: Path) -> Path:
    """Writes the marked-up letters, each with its facts before it."""
    folder.mkdir(parents=True)
    for name, body in LETTERS.items():
        (folder / f"{name}.txt").write_text(f"---\nid: {name}\n---\n{body}", encoding="utf-8", newline="")
    return folder


def make_pieces_tokenizer() -> Any:
    """A tokenizer as that of the embedded encoder: single characters and a few words."""
    from nlp.encoder.tokenizer import make_tokenizer
    from nlp.encoder.vocabulary import LINE_BREAK, SPECIAL_PIECES, Piece

    characters = sorted({c for body in LETTERS.values() for c in body if c.isprintable() and c != " "})
    pieces = [Piece(text, 0.0, (0,), "special") for text in SPECIAL_PIECES]
    pieces.append(Piece(LINE_BREAK, -9.0, (0,), "break"))
    pieces += [Piece(c, -8.0, (0,), "han" if "\u4e00" <= c <= "\u9fff" else "symbol") for c in characters]
    pieces += [Piece(word, -6.0, (0,), "word") for word in WORDS]
    return make_tokenizer(pieces)


def make_wordpiece_tokenizer() -> Any:
    """A tokenizer as that of bert-base-chinese: WordPiece, lower case, a normaliser that changes offsets."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    characters = sorted({c.lower() for body in LETTERS.values() for c in body if c.isprintable() and c != " "})
    digits = [f"{a}{b}" for a in "0123456789" for b in "0123456789"]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *digits, "app", "##app"]
    pieces += [f"##{piece}" for piece in [*"0123456789", *digits, *characters] if f"##{piece}" not in pieces]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


def write_encoder(folder: Path) -> Path:
    """A random BertModel of 3 layers, 32 wide, with its tokenizer, as `fanzha build-encoder` lays it out."""
    import torch
    from transformers import BertConfig, BertModel

    from nlp.encoder.tokenizer import to_json, tokenizer_config

    tokenizer = make_pieces_tokenizer()
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, num_hidden_layers=3, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=128, initializer_range=0.2,
    )  # fmt: skip
    torch.manual_seed(3)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_bytes(to_json(tokenizer_config()))
    return folder


def write_recipe(path: Path, *, encoder: Path, letters: Path, splits: Path, epochs: int) -> Path:
    """A recipe for the tiny encoder and letters."""
    recipe = {
        "name": "tiny",
        "encoder": {"source": "local", "path": str(encoder)},
        "heads": {"layers": [1, 2, 3], "projection_size": 48, "dropout": 0.0, "pair_size": 64, "pair_weight": 1.0},
        "window": {"max_tokens": 96, "overlap": 24, "context": 16},
        "data": {"letters": str(letters), "replies": None, "splits": str(splits)},
        "training": {
            "epochs": epochs, "batch_size": 4, "encoder_learning_rate": 1e-3, "head_learning_rate": 1e-2, "seed": 5,
        },
        "adaptation": {"epochs": 1, "reply_weight": 2, "encoder_learning_rate": 1e-4, "head_learning_rate": 1e-3},
    }  # fmt: skip
    path.write_text(yaml.safe_dump(recipe, allow_unicode=True), encoding="utf-8")
    return path


def make_tiny(folder: Path) -> Tiny:
    """Makes all of it in an empty folder."""
    import torch

    from nlp.training.configuration import read_recipe
    from nlp.training.export import export_model
    from nlp.training.stages import read_training_data, train_base

    torch.set_num_threads(1)  # more only get in each other's way with a model of this size
    tiny = Tiny(folder)
    write_letters(tiny.letters)
    write_encoder(tiny.encoder)
    tiny.splits.write_text("dev: [t4]\ntest: [t5]\n", encoding="utf-8")
    write_recipe(tiny.recipe, encoder=tiny.encoder, letters=tiny.letters, splits=tiny.splits, epochs=60)
    recipe = read_recipe(tiny.recipe)
    train_base(recipe, read_training_data(recipe, None), tiny.checkpoint, lambda line: None)
    export_model(tiny.checkpoint, tiny.model, fp32=True)
    return tiny


_made: list[Tiny] = []


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The tiny model and all that it is made of; to be read, not written to."""
    if not _made:  # several conftest.py import this fixture
        _made.append(make_tiny(tmp_path_factory.mktemp("tiny")))
    return _made[0]


def read_manifest(folder: Path) -> dict[str, Any]:
    """A model folder's manifest as it is on disk."""
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return manifest
