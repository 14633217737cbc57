"""A small Hebrew study built in code, a tiny transformer with random weights, a PostgreSQL of this run alone,
a browser that is signed in, and the folder of real files.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from starlette.testclient import TestClient
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from autocoder.project import Code, Codebook, Coder, CoderKind, Coding, Origin, Project, Role, Span, Transcript, Turn
from autocoder.review.reviewer import Role as Rank
from autocoder.store import Store, create
from evaluation.review.cluster import Missing, fresh, running
from tests.review.as_reviewer import ask_as

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = ROOT.parent / "shared"
    if not folder.exists():
        pytest.skip("the folder ../shared with real files is not on this machine")
    return folder


def missing(what: str) -> None:
    """Skip a test for want of a program, except where ``.ci/run`` says that none may be wanting."""
    if os.environ.get("AUTOCODER_NOTHING_MISSING"):
        pytest.fail(what)
    pytest.skip(what)


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """A PostgreSQL at a free port of this computer, gone after the run; gives the address up to the database's name."""
    with ExitStack() as stack:
        try:
            address = stack.enter_context(running())
        except Missing as fault:
            missing(str(fault))
        yield address


@pytest.fixture
def postgres(cluster: str) -> Iterator[str]:
    """The address of a fresh database, without its password, which the environment holds."""
    with fresh(cluster) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's own Chromium, without a window."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        missing("Chromium is not on this machine")
    from playwright.sync_api import sync_playwright

    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"] if as_root else [])
        yield browser
        browser.close()


@pytest.fixture
def signed_in() -> Iterator[Callable[..., TestClient]]:
    """Give a function that returns a browser of a coder who is signed in to the review page of a store."""
    clients: list[TestClient] = []

    def browser(store: Store, coder: str = "דנה", rank: Rank = Rank.LEAD, team: bool = False) -> TestClient:
        clients.append(ask_as(store, coder, rank, team, follow_redirects=False))
        return clients[-1]

    yield browser
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    return Codebook(
        "קטן",
        (
            Code("C09.3", "סטינג פנימי", "Inner setting"),
            Code("pay", "תנאים ושכר", "Pay", parent="C09.3"),
            Code("alone", "עמית יחיד", "Lone peer", parent="C09.3"),
            Code("valence", "ערכיות", "Valence", codable=False),
            Code("barrier", "אתגר", "Barrier", parent="valence"),
            Code("facilitator", "גורם מקדם", "Facilitator", parent="valence"),
        ),
        frozenset({"valence"}),
    )


@pytest.fixture
def transcript() -> Transcript:
    lines = [
        ("מראיינת", 'איך זה התחיל אצלך בצה"ל?'),
        ("רחל", "שָׁלוֹם. אהמ... התחלתי לבד \U0001f642 בלי אף אחד. ואז הגיע עוד מישהו!"),
        ("מראיינת", "והשכר?"),
        ("רחל", "מינימום, \u200fburnout לגמרי. 29.5 שקל לשעה."),
    ]
    text, turns = "", []
    for speaker, speech in lines:
        text += f"{speaker}: "
        role = Role.INTERVIEWER if speaker == "מראיינת" else Role.PARTICIPANT
        turns.append(Turn(Span(len(text), len(text) + len(speech)), speaker, role))
        text += speech + "\n"
    return Transcript("ריאיון 1", text, tuple(turns), {"אתר": "א"}, {"רחל": {"תפקיד": "עמיתה"}})


@pytest.fixture
def project(codebook: Codebook, transcript: Transcript) -> Project:
    second = transcript.turns[1].span
    begin = transcript.text.index("אהמ")
    last = transcript.turns[3].span
    codings = (
        Coding(transcript.name, Span(begin, second.end), "alone", "דנה", created="2026-01-02T10:00:00"),
        Coding(transcript.name, last, "pay", "דנה", memo="שכר נמוך"),
        Coding(transcript.name, last, "barrier", "דנה"),
        Coding(transcript.name, last, "pay", "יוסי"),
    )
    return Project("מחקר", codebook, (transcript,), (Coder("דנה"), Coder("יוסי")), codings)


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
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), special, strict=True))
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


@pytest.fixture(scope="session")
def double_coded(codebook: Codebook) -> Project:
    """Six transcripts: two people coded them all, a model the last three; the second coder and the model slip."""
    chance = random.Random(7)
    made = [a_transcript(f"t{n}", chance) for n in range(6)]
    first = [coding for _, codings in made for coding in codings]
    second = [replace(coding, coder="אבי") for coding in first if chance.random() > 0.15]
    late = [coding for coding in first if coding.transcript >= "t3"]
    slips = {"pay": "alone", "barrier": "facilitator"}
    model = [
        replace(
            coding,
            coder="autocoder m1",
            origin=Origin.AUTO,
            score=0.6,
            code=slips.get(coding.code, coding.code) if chance.random() < 0.3 else coding.code,
        )
        for coding in late
    ]
    coders = (Coder("דנה"), Coder("אבי"), Coder("autocoder m1", CoderKind.MODEL))
    transcripts = tuple(transcript for transcript, _ in made)
    return Project("לימוד", codebook, transcripts, coders, (*first, *second, *model))


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory, codebook: Codebook) -> Path:
    """An empty project, to be copied: making one runs every migration."""
    folder = tmp_path_factory.mktemp("blank") / "p"
    create(folder, "מחקר", codebook, "2026-01-01T00:00:00").close()
    return folder
