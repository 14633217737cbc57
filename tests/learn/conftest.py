"""A tiny transformer with random weights, and a study of four transcripts whose codes can be learned."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from autocoder.project import Codebook, Coder, Coding, Project, Role, Span, Transcript, Turn

SAID = {
    "pay": ["המשכורת לא מספיקה בכלל לחודש.", "אני מרוויחה מעט מאוד כסף פה.", "השכר נמוך וזה כואב לי."],
    "alone": ["אין איתי עוד אף אחד כמוני.", "לבד בתוך כל הבניין הזה.", "הייתי היחיד במשך שנה שלמה."],
    "": ["אתמול ירד גשם חזק בבוקר.", "הילדים הלכו לגן בשמונה.", "יש לנו כלב לבן ושמח."],
}


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token=special[1]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    texts = [text for said in SAID.values() for text in said] * 5
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=200, special_tokens=special))
    marks = [(mark, tokenizer.token_to_id(mark)) for mark in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]", marks)
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), special, strict=False))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    torch.manual_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=tokenizer.get_vocab_size(), **size)).save_pretrained(folder)
    return folder


def a_transcript(name: str, chance: random.Random) -> tuple[Transcript, list[Coding]]:
    text, turns, codings = "", [], []
    for n in range(24):
        code = chance.choice(list(SAID))
        for speaker, speech in (("מראיינת", "ומה אז?"), (f"משתתפת {n % 3}", chance.choice(SAID[code]))):
            text += f"{speaker}: "
            role = Role.INTERVIEWER if speaker == "מראיינת" else Role.PARTICIPANT
            turns.append(Turn(Span(len(text), len(text) + len(speech)), speaker, role))
            text += f"{speech}\n"
        if code:
            codings += [Coding(name, turns[-1].span, each, "דנה") for each in (code, "barrier")]
    return Transcript(name, text, tuple(turns)), codings


@pytest.fixture(scope="session")
def study(codebook: Codebook) -> Project:
    chance = random.Random(5)
    made = [a_transcript(f"t{n}", chance) for n in range(4)]
    codings = tuple(coding for _, codings in made for coding in codings)
    return Project("לימוד", codebook, tuple(transcript for transcript, _ in made), (Coder("דנה"),), codings)
