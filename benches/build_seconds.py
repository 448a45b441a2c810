"""Measures what building a history of N conversations takes on one processor: the figures behind cost.py and scaling.py.

Imported by cost.py (`--measure`). The export is that of the `stages` bench: the messages of a sample mixed into N new
conversations, six in each, so that no two are alike and every size has the same kind of text. It is built with one
thread, because a function of 1,769 MB and a task of 1 vCPU have one. Processor seconds count (user and system), as other
work on the machine hardly adds to them; wall-clock seconds and the machine's load stand beside them.
"""

import datetime
import json
import os
import platform
import subprocess
import tempfile
import time

SIZES = [100, 1_000, 5_000, 20_000]
MESSAGES_A_CONVERSATION = 6
# Prime, so that neighbouring conversations begin far from each other in the sample; the same as in the `stages` bench.
STRIDE = 7_919


def texts_of(sample):
    """Every message with words in a ChatGPT export, in its order."""
    with open(sample, encoding="utf-8") as file:
        conversations = json.load(file)
    found = []
    for conversation in conversations:
        for node in conversation.get("mapping", {}).values():
            parts = ((node.get("message") or {}).get("content") or {}).get("parts") or []
            text = "\n".join(part for part in parts if isinstance(part, str)).strip()
            if text:
                found.append(text)
    return found


def conversation(number, texts):
    """Conversation `number` of the mixture, in the form of an export."""
    begun = 1.6e9 + 600.0 * number
    start = number * STRIDE % len(texts)
    step = 1 + number // len(texts)
    mapping, parent = {}, None
    for turn in range(MESSAGES_A_CONVERSATION):
        name = f"c{number}-{turn}"
        message = {
            "id": name, "author": {"role": "user" if turn % 2 == 0 else "assistant"}, "create_time": begun + turn,
            "recipient": "all", "weight": 1,
            "content": {"content_type": "text", "parts": [texts[(start + turn * step) % len(texts)]]},
        }
        mapping[name] = {"id": name, "parent": parent, "children": [], "message": message}
        if parent:
            mapping[parent]["children"].append(name)
        parent = name
    return {"id": f"c{number}", "title": None, "create_time": begun, "mapping": mapping, "current_node": parent}


def write_export(path, conversations, texts):
    """Writes an export, one conversation at a time; gives its bytes."""
    with open(path, "w", encoding="utf-8") as file:
        for number in range(conversations):
            file.write("[" if number == 0 else ",")
            json.dump(conversation(number, texts), file, ensure_ascii=False)
        file.write("]")
    return os.path.getsize(path)


def measured(command):
    """Runs a command; gives wall-clock seconds, processor seconds and the peak of memory in megabytes."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    with process.stderr:
        errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {errors.decode(errors='replace')[-500:]}")
    return time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def processor():
    """The processor's name, where the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = {line.split(":", 1)[1].strip() for line in file if line.startswith("model name")}
        return ", ".join(sorted(names)) or platform.processor()
    except OSError:
        return platform.processor()


def build(program, model, export, threads, folder):
    """Builds `export` once; gives its figures."""
    out = os.path.join(folder, "out")
    load = os.getloadavg()[0]
    command = [program, "build", export, "--json", "--threads", str(threads), "--model", model, "--out", out]
    wall, cpu, memory = measured(command)
    results = {name: os.path.getsize(os.path.join(out, name)) for name in sorted(os.listdir(out))}
    return {
        "processor_seconds": round(cpu, 2), "wall_seconds": round(wall, 2), "memory_megabytes": round(memory),
        "load_before": round(load, 2), "result_bytes": sum(results.values()),
    }


def table(program, model, sample, sizes=tuple(SIZES), threads=1):
    """The table cost.py reads: figures of every size, and the machine and day they are from."""
    texts = texts_of(sample)
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            export = os.path.join(folder, "conversations.json")
            length = write_export(export, size, texts)
            figures = build(program, model, export, threads, folder)
        rows.append({"conversations": size, "export_bytes": length, "threads": threads, **figures})
    return {
        "what": "graphnode build --threads 1 of messages of examples/sample mixed into N conversations of six",
        "machine": f"{processor()}, {os.cpu_count()} processors, {platform.system()} {platform.machine()}",
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "builds": rows,
    }
