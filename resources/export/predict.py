"""Predicts with the trained network of this folder. Needs PyTorch and NumPy, for images Pillow too.

    python predict.py FILE...         images, CSV tables, texts (one a line) or .npy arrays of measured values
    python predict.py --json FILE     one JSON object a sample, with the network's outputs as they are

What was done to the values in training is in network.json; preprocessing.py does it again.
"""

import argparse
import csv
import datetime
import json
import math
import re
import sys
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import model  # noqa: E402
import preprocessing  # noqa: E402

SETTINGS = json.loads((HERE / "network.json").read_text(encoding="utf-8"))
STEPS = {step["type"]: step for step in SETTINGS["preprocessing"]}
COLUMNS = SETTINGS["columns"]
SHAPE = tuple(SETTINGS["stored_shape"])
WORD = re.compile(r"[㐀-鿿豈-﫿]|[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")
MOST_VALUES = 24
FILLED = any(kind.startswith("impute") for kind in STEPS)
MISSING = ("", "?", "-", "NA", "N/A", "n/a", "nan", "NaN", "NAN", "NULL", "null", "None", "<NA>", "#N/A")


def load_network():
    """The network with its trained weights, in evaluation mode."""
    network = getattr(model, SETTINGS["class"])()
    network.load_state_dict(torch.load(HERE / "weights.pt", map_location="cpu", weights_only=True))
    return network.eval()


def preprocess(values):
    """Values as they were measured, (N, ...), to what the network takes."""
    x = torch.as_tensor(values)
    if not SETTINGS["preprocessing"] or "tokens" in STEPS:
        return x.to(getattr(torch, SETTINGS["inputs"][0]["dtype"]))
    return preprocessing.apply(SETTINGS["preprocessing"], x)


def inputs(x):
    """What each input of the network takes of the columns."""
    return [x[:, first:end] for first, end in SETTINGS["parts"]] if "parts" in SETTINGS else [x]


def numbers(texts):
    """Texts as the numbers of their words or characters, (N, length): 0 fills up, 1 is a word not known."""
    step = STEPS["tokens"]
    places = {token: place for place, token in enumerate(step["vocabulary"], 2)}
    found = np.zeros((len(texts), step["length"]), dtype=np.int64)
    cut = cutter(step)
    for row, text in zip(found, texts, strict=True):
        tokens = cut(text.lower() if step["lower"] else text)
        kept = tokens[-step["length"] :] if step.get("last") else tokens[: step["length"]]
        known = [places.get(token, 1) for token in kept]
        row[step["length"] - len(known) if step.get("before") else 0 :][: len(known)] = known
    return found


def cutter(step):
    """What gives the words, characters or pieces of words of a text."""
    if step["by"] == "subwords":
        import subwords

        return subwords.cutter(step["merges"])
    return list if step["by"] == "characters" else WORD.findall


def read(path, invert=False):
    """The samples in a file, (N, ...)."""
    if "tokens" in STEPS and path.suffix.lower() != ".npy":
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        return numbers([line for line in lines if line.strip()])
    if path.suffix.lower() == ".npy":
        return shaped(np.load(path, allow_pickle=False), path)
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        return shaped(read_table(path), path)
    return read_image(path, invert)[None]


def read_table(path):
    """The rows of a CSV file. With a header, columns are found by name; without one, by their order."""
    text = path.read_text(encoding="utf-8-sig")
    separator = "\t" if path.suffix.lower() == ".tsv" else ";" if ";" in text.partition("\n")[0] else ","
    rows = [(n, row) for n, row in enumerate(csv.reader(text.splitlines(), delimiter=separator), 1) if row]
    if not rows:
        raise ValueError(f"{path} is empty")
    header = rows[0][1]
    columns = list(range(len(header)))
    if not all(is_number(cell) for cell in header):
        rows = rows[1:]
        names = [column["name"] for column in COLUMNS]
        if names and set(names) <= set(header):
            columns = [header.index(name) for name in names]
        elif len(header) != math.prod(SHAPE):
            missing = ", ".join(name for name in names if name not in header) or f"{math.prod(SHAPE)} columns"
            raise ValueError(f"{path} lacks {missing}")
    table = []
    for number, row in rows:
        try:
            table.append([cell(row[column], place) for place, column in enumerate(columns)])
        except (ValueError, IndexError) as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    return np.array(table, dtype=np.float32)


def cell(text, place):
    """A field of the column `place` as a number: of a category its place, NaN where the value is missing."""
    text = text.strip()
    if text in MISSING and FILLED:
        return math.nan
    if COLUMNS and COLUMNS[place]["date"]:
        return days(text)
    values = COLUMNS[place]["values"] if COLUMNS else []
    if values:
        if text not in values:
            raise ValueError(f"{text!r} is none of {', '.join(values)}")
        return values.index(text)
    if not is_number(text):
        raise ValueError(f"every column needs a number, and {text!r} is none")
    return float(text)


def days(text):
    """A date, and maybe a time, as days since the beginning of 2000."""
    date, _, time = re.sub("[ T]", " ", text.rstrip("Z")).partition(" ")
    try:
        year, month, day = (*map(int, re.split("[-/.]", date)), 1)[:3]
        hour, minute, second = (*map(float, time.split(":")), 0.0, 0.0)[:3] if time else (0.0, 0.0, 0.0)
        whole = (datetime.date(year, month, day) - datetime.date(2000, 1, 1)).days
    except ValueError:
        raise ValueError(f"{text!r} is no date such as 2024-05-31") from None
    return whole + (hour + minute / 60 + second / 3600) / 24


def is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def read_image(path, invert):
    """An image of the network's size, (channels, height, width), in the range of the training data."""
    if len(SHAPE) != 3 or SHAPE[0] not in (1, 3):
        raise ValueError(
            f"{path}: this network takes {size(SHAPE)} values a sample; give a .npy or .csv file"
        )
    from PIL import Image

    channels, height, width = SHAPE
    with Image.open(path) as image:
        grey_or_colour = image.convert("L" if channels == 1 else "RGB")
        resized = grey_or_colour.resize((width, height), Image.Resampling.BILINEAR)
        pixels = np.asarray(resized, dtype=np.float32)
    pixels = pixels.reshape(height, width, channels).transpose(2, 0, 1) / 255
    return (1 - pixels if invert else pixels) * np.float32(SETTINGS["largest_stored_value"])


def shaped(values, path):
    """An array as (N, ...) samples; a single sample and flat rows are taken too."""
    if values.shape == SHAPE:
        return values[None]
    if values.shape[1:] == SHAPE:
        return values
    if values.ndim == 2 and values.shape[1] == math.prod(SHAPE):
        return values.reshape(-1, *SHAPE)
    raise ValueError(f"{path} has {size(values.shape)} values; the network takes N×{size(SHAPE)}")


def size(shape):
    return "×".join(map(str, shape))


def probabilities(outputs):
    """Probabilities of the classes or labels, or None where the network predicts values."""
    match SETTINGS["output_kind"]:
        case "logits":
            return torch.softmax(outputs, 0)
        case "log_probabilities":
            return outputs.exp()
        case "logit":
            second = torch.sigmoid(outputs)
            return torch.cat([1 - second, second])
        case "label_logits":
            return torch.sigmoid(outputs)
    return None


def in_words(outputs):
    """What a person reads of one sample's outputs: the three likeliest classes, or the values."""
    shares = probabilities(outputs)
    if shares is None:
        values = outputs.flatten().tolist()
        if len(values) > MOST_VALUES:
            span = f"from {min(values):.6g} to {max(values):.6g}"
            return f"{size(outputs.shape)} values {span}; --json gives all"
        return "  ".join(f"{value:.6g}" for value in values)
    names = SETTINGS["class_names"] or [str(index) for index in range(len(shares))]
    likeliest = shares.argsort(descending=True)[:3].tolist()
    return "  ".join(f"{names[index]} {100 * shares[index]:.1f} %" for index in likeliest)


def main():
    parser = argparse.ArgumentParser(description="Predicts with the trained network of this folder.")
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="an image, a .csv or a .npy file")
    parser.add_argument("--json", action="store_true", help="one JSON object a sample")
    parser.add_argument(
        "--invert", action="store_true", help="images: swap dark and light (dark digits on white paper, say)"
    )
    arguments = parser.parse_args()
    network = load_network()
    for path in arguments.files:
        try:
            samples = read(path, arguments.invert)
        except (OSError, ValueError) as error:
            sys.exit(f"predict.py: {error}")
        with torch.no_grad():
            outputs = network(*inputs(preprocess(samples)))
        for index, row in enumerate(outputs):
            if arguments.json:
                line = {"file": str(path), "sample": index, "outputs": row.tolist()}
                shares, names = probabilities(row), SETTINGS["class_names"]
                if SETTINGS["output_kind"] == "label_logits":
                    line["labels"] = dict(zip(names or range(len(shares)), shares.tolist(), strict=True))
                elif shares is not None:
                    best = int(shares.argmax())
                    line |= {"class": names[best] if names else best, "probability": float(shares[best])}
                print(json.dumps(line, ensure_ascii=False))
            else:
                print(f"{path}{f' [{index}]' if len(outputs) > 1 else ''}: {in_words(row)}")


if __name__ == "__main__":
    main()
