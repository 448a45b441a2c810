"""Golden vectors for the tests of shared/embedding, from sentence-transformers in f32.

    pip install sentence-transformers torch
    python golden.py MODEL_FOLDER OUTPUT.json

The vectors are stored as 16-bit integers scaled by the largest magnitude of each: exact to a cosine of about
1 - 1e-9, at a quarter of the size.
"""

import json
import sys

import numpy
import sentence_transformers
from sentence_transformers import SentenceTransformer

LONG_EN = (
    "The harbour master keeps three ledgers, and nobody else is allowed to write in them. The first lists every "
    "ship that has asked for a berth, the second every ship that was given one, and the third explains why the "
    "two differ. On quiet days he reads the third aloud to the gulls. "
)
LONG_KO = "우리 동네 도서관은 비가 오는 날이면 늘 자리가 없다. 창가에 앉은 사람들은 책보다 빗소리를 더 오래 듣는다. "
LONG_ZH = "老木匠每天清晨先磨刀再烧水，他说刀钝了可以再磨，水凉了可以再烧，只有时间不能回头。"

TEXTS = [
    "The cat sleeps on the warm engine of the delivery van.",
    "How do I undo the last commit without losing my changes?",
    "Interest rates rose again, and the housing market cooled within weeks.",
    "Write a haiku about a broken vending machine.",
    "yes",
    "I",
    "",
    "   \t\n  ",
    "?!",
    "🎉🚀",
    "Great job team 🎉 the release is out 🚀🚀, see you at 5 pm!",
    "naïve café déjà-vu Ærøskøbing Straße ŁÓDŹ",
    "fn main() { println!(\"{:?}\", vec![1, 2, 3].iter().map(|x| x * 2).sum::<i32>()); }",
    "https://example.org/a/very/long/path?query=string&other=42#fragment",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis " + "a" * 120,
    "A line\nbreak, a\ttab, a zero\u200bwidth space, a replacement \ufffd and a control \u0007 character.",
    "[CLS] literal special tokens [SEP] in a text [MASK] [PAD]",
    "오늘 저녁에 뭐 먹을까? 김치찌개가 좋을 것 같아.",
    "데이터베이스 연결이 자꾸 끊어지는데 어떻게 해결하나요?",
    "我想学习如何用Python分析销售数据。",
    "今天下午三点在图书馆门口见面，别迟到了！",
    "Mixed 한국어 and 中文 and English in a single sentence, 가능합니까？可以。",
    LONG_EN * 8,
    LONG_EN + LONG_KO * 4 + LONG_ZH * 4,
    LONG_KO * 12,
    LONG_ZH * 14,
]


def main() -> None:
    folder, output = sys.argv[1:]
    model = SentenceTransformer(folder, device="cpu")
    vectors = numpy.stack([model.encode(text, normalize_embeddings=True) for text in TEXTS])
    ids = [model.tokenizer(text, truncation=True, max_length=model.max_seq_length)["input_ids"] for text in TEXTS]
    records = []
    for text, vector, tokens in zip(TEXTS, vectors, ids, strict=True):
        codes = numpy.rint(vector * (32767 / numpy.abs(vector).max())).astype(int)
        records.append({"text": text, "tokens": tokens, "vector": codes.tolist()})
    versions = f"sentence-transformers {sentence_transformers.__version__}"
    golden = {"generated_by": f"benches/embedding/golden.py, {versions}, f32", "max_tokens": model.max_seq_length}
    with open(output, "w", encoding="utf-8") as file:
        file.write(json.dumps(golden, ensure_ascii=False)[:-1] + ', "records": [\n')
        lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records)
        file.write(",\n".join(lines) + "\n]}\n")


if __name__ == "__main__":
    main()
