"""Reads every vector of docs/reference/vectors with a plain MessagePack library and compares.

    python3 read_vectors.py ../../docs/reference/vectors
"""

import json
import math
import pathlib
import sys

import msgpack

UNREADABLE = object()


def plain(value):
    """The value that a description tells, as a MessagePack library of Python gives it."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"$int": digits}:
            return int(digits)
        case {"$float": word}:
            return float(word)
        case {"$bytes": digits}:
            return bytes.fromhex(digits)
        case {"$text_not_utf8": _}:
            raise UnicodeError("this library refuses texts that are not UTF-8")
        case {"$ext": [kind, digits]}:
            return msgpack.ExtType(kind, bytes.fromhex(digits))
        case {"$map": pairs}:
            return {plain(key): plain(item) for key, item in pairs}  # the last of equal keys counts
        case _:
            return {key: plain(item) for key, item in value.items()}


def attempt(make):
    try:
        return make()
    except Exception:
        return UNREADABLE


def same(left, right):
    both_nan = all(isinstance(side, float) and math.isnan(side) for side in (left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return both_nan or (type(left) is type(right) and left == right)


def main(folder):
    vectors = sorted(pathlib.Path(folder).glob("*.msgpack"))
    for path in vectors:
        told = json.loads(path.with_suffix(".json").read_text())
        expected = attempt(lambda: plain(told["value"]))  # without a value: not MessagePack
        read = attempt(lambda: msgpack.unpackb(path.read_bytes(), strict_map_key=False))
        if not same(read, expected):
            sys.exit(f"{path.name}: read {read!r}, told {expected!r}")
    print(f"{len(vectors)} vectors read as told")


main(sys.argv[1])
