"""ONNX Runtime on the texts that shared/embedding's `throughput` example reads: tokens per second as JSON.

    pip install onnx onnxruntime tokenizers safetensors
    python onnxruntime_peer.py MODEL_FOLDER TEXTS.json [f32|int8] [THREADS] [ROUNDS] [BATCH]

The graph is written straight from model.safetensors, so no exporter stands between; int8 is ONNX Runtime's
dynamic quantisation, per channel. Texts are sorted by length and go in batches padded to the longest of each.
With --golden GOLDEN.json instead of TEXTS.json, prints the cosines to the golden vectors.
"""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper, save
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file
from tokenizers import Tokenizer


class Graph:
    """A small builder: every method adds a node and returns the name of its output."""

    def __init__(self):
        self.nodes, self.initializers, self.count = [], [], 0

    def constant(self, value):
        self.count += 1
        name = f"c{self.count}"
        self.initializers.append(numpy_helper.from_array(numpy.ascontiguousarray(value), name))
        return name

    def add(self, kind, *inputs, **attributes):
        self.count += 1
        name = f"n{self.count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=f"{kind}_{self.count}", **attributes))
        return name


def build(folder: Path, path: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    weights = load_file(folder / "model.safetensors")
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    size, epsilon = hidden // heads, config["layer_norm_eps"]
    graph = Graph()
    constant, add = graph.constant, graph.add

    def linear(x, name):
        product = add("MatMul", x, constant(weights[f"{name}.weight"].T))
        return add("Add", product, constant(weights[f"{name}.bias"]))

    def norm(x, name):
        scale, shift = constant(weights[f"{name}.weight"]), constant(weights[f"{name}.bias"])
        return add("LayerNormalization", x, scale, shift, axis=-1, epsilon=epsilon)

    words = add("Gather", constant(weights["embeddings.word_embeddings.weight"]), "ids")
    length = add("Slice", add("Shape", "ids"), constant(numpy.array([1])), constant(numpy.array([2])))
    table = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    zero = constant(numpy.array([0]))
    x = add("Add", words, add("Slice", constant(table), zero, length, zero))
    x = norm(x, "embeddings.LayerNorm")
    one = constant(numpy.array(1, numpy.float32))
    mask = add("Cast", "mask", to=TensorProto.FLOAT)
    blocked = add("Mul", add("Sub", one, mask), constant(numpy.array(-1e9, numpy.float32)))
    blocked = add("Unsqueeze", blocked, constant(numpy.array([1, 2])))
    split, join = constant(numpy.array([0, 0, heads, size])), constant(numpy.array([0, 0, hidden]))
    root = constant(numpy.array(size**0.5, numpy.float32))
    half, one_over_root_2 = constant(numpy.array(0.5, numpy.float32)), constant(numpy.array(2**-0.5, numpy.float32))
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}"
        query, key, value = (
            add("Reshape", linear(x, f"{name}.attention.self.{part}"), split) for part in ("query", "key", "value")
        )
        query, value = add("Transpose", query, perm=[0, 2, 1, 3]), add("Transpose", value, perm=[0, 2, 1, 3])
        scores = add("Div", add("MatMul", query, add("Transpose", key, perm=[0, 2, 3, 1])), root)
        context = add("MatMul", add("Softmax", add("Add", scores, blocked), axis=-1), value)
        context = add("Reshape", add("Transpose", context, perm=[0, 2, 1, 3]), join)
        x = norm(add("Add", linear(context, f"{name}.attention.output.dense"), x), f"{name}.attention.output.LayerNorm")
        inner = linear(x, f"{name}.intermediate.dense")
        gelu = add("Mul", add("Mul", inner, half), add("Add", add("Erf", add("Mul", inner, one_over_root_2)), one))
        x = norm(add("Add", linear(gelu, f"{name}.output.dense"), x), f"{name}.output.LayerNorm")
    weight = add("Unsqueeze", mask, constant(numpy.array([2])))
    pooled = add("ReduceSum", add("Mul", x, weight), constant(numpy.array([1])), keepdims=0)
    graph.nodes.append(helper.make_node("LpNormalization", [pooled], ["vectors"], axis=-1, p=2))
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "t"]) for name in ("ids", "mask")]
    output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["b", hidden])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "bert", inputs, [output], graph.initializers),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    checker.check_model(model)
    save(model, path)


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if argument != "--golden"]
    folder, texts = Path(arguments[0]), json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
    precision, threads, rounds, size = (arguments[2:] + ["int8", "0", "3", "16"][len(arguments) - 2 :])[:4]
    golden = texts["records"] if "--golden" in sys.argv else None
    if golden:
        texts = [record["text"] for record in golden]

    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "model.onnx"
        build(folder, path)
        if precision == "int8":
            quantised = Path(temporary) / "int8.onnx"
            # Weights only where they are constant: the attention products stay in f32.
            options = {"MatMulConstBOnly": True}
            quantize_dynamic(path, quantised, weight_type=QuantType.QInt8, per_channel=True, extra_options=options)
            path = quantised
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(threads)
        begin = time.perf_counter()
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        load = time.perf_counter() - begin

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    settings = folder / "sentence_bert_config.json"
    tokenizer.enable_truncation(json.loads(settings.read_text())["max_seq_length"] if settings.exists() else 512)
    tokenizer.no_padding()
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    batches = []
    for first in range(0, len(order), int(size)):
        rows = [ids[index] for index in order[first : first + int(size)]]
        longest = max(map(len, rows))
        mask = numpy.array([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
        batches.append({"ids": numpy.array([row + [0] * (longest - len(row)) for row in rows]), "mask": mask})
    best = best_cpu = float("inf")
    for _ in range(int(rounds)):
        begin, cpu = time.perf_counter(), time.process_time()
        vectors = numpy.concatenate([session.run(None, batch)[0] for batch in batches])
        best, best_cpu = min(best, time.perf_counter() - begin), min(best_cpu, time.process_time() - cpu)
    if golden:
        expected = numpy.array([golden[index]["vector"] for index in order], float)
        expected /= numpy.linalg.norm(expected, axis=1, keepdims=True)
        cosines = (expected * vectors).sum(axis=1)
        print(json.dumps({"precision": precision, "mean": float(cosines.mean()), "least": float(cosines.min())}))
        return
    tokens = sum(map(len, ids))
    report = {
        "runtime": f"onnxruntime {onnxruntime.__version__}",
        "precision": precision,
        "threads": int(threads) or os.cpu_count(),
        "texts": len(texts),
        "tokens": tokens,
        "seconds": best,
        "tokens_per_second": round(tokens / best),
        "tokens_per_cpu_second": round(tokens / best_cpu),
        "load_ms": load * 1e3,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
