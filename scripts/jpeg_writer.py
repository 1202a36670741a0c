# SPDX-License-Identifier: Apache-2.0
"""Writes JPEG files by the letter of T.81, with everything that Pillow cannot write: any sampling, scans in any order,
16-bit quantisation tables, missing or strange markers. For fixtures alone: slow and plain."""

import struct

import numpy as np

ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, (i // 8 if (i // 8 + i % 8) % 2 else i % 8)))

# Annex K.3.
DC_LUMA = ([0, 1, 5, 1, 1, 1, 1, 1, 1] + [0] * 7, list(range(12)))
DC_CHROMA = ([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1] + [0] * 5, list(range(12)))


def in_order(short):
    return short + [r << 4 | s for r in range(16) for s in range(1, 11) if r << 4 | s not in short]


AC_LUMA = ([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125], in_order(list(bytes.fromhex(
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282"))))
AC_CHROMA = ([0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119], in_order(list(bytes.fromhex(
    "0001020311040521310612415107617113223281081442 91a1b1c109233352f0156272d10a162434e125f1".replace(" ", "")))))
# Every symbol: 254 by 8 bits, 0xFE and 0xFF by 9 and 10.
FLAT = ([0] * 7 + [254, 1, 1] + [0] * 6, list(range(256)))


def code_of(table):
    counts, symbols = table
    code, index, out = 0, 0, {}
    for length, count in enumerate(counts, 1):
        for _ in range(count):
            out[symbols[index]] = (code, length)
            code, index = code + 1, index + 1
        code <<= 1
    return out


class Bits:
    """Entropy-coded data: zeros behind 0xFF, ones at the end."""

    def __init__(self):
        self.out, self.value, self.count = bytearray(), 0, 0

    def put(self, value, count):
        self.value, self.count = self.value << count | value, self.count + count
        while self.count >= 8:
            byte = self.value >> (self.count - 8) & 255
            self.out.append(byte)
            if byte == 255:
                self.out.append(0)
            self.count -= 8
        self.value &= (1 << self.count) - 1

    def flush(self):
        if self.count:
            self.put((1 << (8 - self.count)) - 1, 8 - self.count)
        data, self.out = bytes(self.out), bytearray()
        return data


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def number(value):
    """The size of a number, and the bits that say it."""
    size = int(abs(value)).bit_length()
    return size, (value if value >= 0 else value + (1 << size) - 1)


class Component:
    def __init__(self, identifier, h, v, table=0):
        self.id, self.h, self.v, self.table = identifier, h, v, table


class Writer:
    """A frame: `planes` are full-size arrays of 0 to 255, one a component."""

    def __init__(self, planes, components, tables, codes=(DC_LUMA, AC_LUMA), coefficients=None):
        self.components, self.tables, self.codes = components, tables, [code_of(c) for c in codes]
        self.raw_codes = codes
        self.height, self.width = planes[0].shape
        self.H, self.V = max(c.h for c in components), max(c.v for c in components)
        self.mcux, self.mcuy = -(-self.width // (8 * self.H)), -(-self.height // (8 * self.V))
        basis = np.array([[np.cos((2 * x + 1) * u * np.pi / 16) * (0.5 if u else 8 ** -0.5) for x in range(8)]
                          for u in range(8)])
        self.blocks = []
        for plane, c in zip(planes, components):
            fx, fy = self.H // c.h, self.V // c.v
            full = np.pad(plane, ((0, self.mcuy * 8 * self.V - self.height), (0, self.mcux * 8 * self.H - self.width)),
                          mode="edge").astype(float)
            small = full.reshape(full.shape[0] // fy, fy, full.shape[1] // fx, fx).mean((1, 3)) - 128
            b = small.reshape(self.mcuy * c.v, 8, self.mcux * c.h, 8).transpose(0, 2, 1, 3)
            q = np.array(tables[c.table]).reshape(8, 8)
            self.blocks.append(np.round(basis @ b @ basis.T / q).astype(int).reshape(*b.shape[:2], 64)[..., ZIGZAG])
        if coefficients:
            coefficients(self.blocks)

    def frame(self, marker=0xC0, precision=8, height=None):
        data = struct.pack(">BHHB", precision, self.height if height is None else height, self.width,
                           len(self.components))
        for c in self.components:
            data += bytes([c.id, c.h << 4 | c.v, c.table])
        return segment(marker, data)

    def quantisation(self, wide=False):
        out = b""
        for n, table in enumerate(self.tables):
            values = [table[i] for i in ZIGZAG]
            wide_here = wide or max(values) > 255
            out += segment(0xDB, bytes([wide_here << 4 | n]) + (struct.pack(">64H", *values) if wide_here else bytes(values)))
        return out

    def huffman(self):
        return b"".join(segment(0xC4, bytes([kind << 4]) + bytes(counts) + bytes(symbols))
                        for kind, (counts, symbols) in enumerate(self.raw_codes))

    def scan_header(self, members, ss=0, se=63, ah=0, al=0):
        data = bytes([len(members)]) + b"".join(bytes([self.components[m].id, 0]) for m in members)
        return segment(0xDA, data + bytes([ss, se, ah << 4 | al]))

    def units(self, members):
        """The blocks of each MCU: component and block."""
        if len(members) == 1:
            m = members[0]
            c = self.components[m]
            across = -(-(-(-self.width * c.h // self.H)) // 8)
            down = -(-(-(-self.height * c.v // self.V)) // 8)
            for y in range(down):
                for x in range(across):
                    yield [(m, self.blocks[m][y, x])]
            return
        for y in range(self.mcuy):
            for x in range(self.mcux):
                yield [(m, self.blocks[m][y * self.components[m].v + j, x * self.components[m].h + i])
                       for m in members for j in range(self.components[m].v) for i in range(self.components[m].h)]

    def scan(self, members, ss=0, se=63, ah=0, al=0, restart=0, progressive=False):
        """Entropy-coded segments, one for each restart interval."""
        bits, segments, pending = Bits(), [], None
        dc, ac = self.codes
        state = {"dc": {}, "run": 0, "corrections": []}

        def symbol(code, s):
            bits.put(*code[s])

        def end_run():
            if state["run"]:
                size = state["run"].bit_length() - 1
                symbol(ac, size << 4)
                if size:
                    bits.put(state["run"] - (1 << size), size)
                state["run"] = 0
            for b in state["corrections"]:
                bits.put(b, 1)
            state["corrections"] = []

        def dc_value(m, value):
            size, extra = number(value - state["dc"].get(m, 0))
            state["dc"][m] = value
            symbol(dc, size)
            if size:
                bits.put(extra, size)

        def shifted(value):  # Towards zero, as point transforms of AC coefficients are.
            return int(abs(value)) >> al if value >= 0 else -(int(abs(value)) >> al)

        def first_ac(block, first):
            run = 0
            for k in range(first, se + 1):
                value = shifted(block[k])
                if value == 0:
                    run += 1
                    continue
                end_run()
                while run > 15:
                    symbol(ac, 0xF0)
                    run -= 16
                size, extra = number(value)
                symbol(ac, run << 4 | size)
                bits.put(extra, size)
                run = 0
            if run:
                if progressive:
                    state["run"] += 1
                    if state["run"] == 0x7FFF:
                        end_run()
                else:
                    symbol(ac, 0)

        def refine_ac(block):
            values = [int(abs(block[k])) >> al for k in range(64)]
            last_new = max((k for k in range(ss, se + 1) if values[k] == 1), default=-1)
            run, corrections = 0, []
            for k in range(ss, se + 1):
                if values[k] == 0:
                    run += 1
                    continue
                while run > 15 and k <= last_new:
                    end_run()
                    symbol(ac, 0xF0)
                    run -= 16
                    for b in corrections:
                        bits.put(b, 1)
                    corrections = []
                if values[k] > 1:
                    corrections.append(values[k] & 1)
                    continue
                end_run()
                symbol(ac, run << 4 | 1)
                bits.put(int(block[k] >= 0), 1)
                for b in corrections:
                    bits.put(b, 1)
                run, corrections = 0, []
            if run or corrections:
                state["run"] += 1
                state["corrections"] += corrections
                if state["run"] == 0x7FFF or len(state["corrections"]) > 900:
                    end_run()

        for count, unit in enumerate(self.units(members)):
            if restart and count and count % restart == 0:
                end_run()
                segments.append(bits.flush())
                state["dc"] = {}
            for m, block in unit:
                if not progressive:
                    dc_value(m, int(block[0]))
                    first_ac(block, 1)
                elif ss == 0 and ah == 0:
                    dc_value(m, int(block[0]) >> al)
                elif ss == 0:
                    bits.put(int(block[0]) >> al & 1, 1)
                elif ah == 0:
                    first_ac(block, ss)
                else:
                    refine_ac(block)
        end_run()
        segments.append(bits.flush())
        return segments


def joined(segments, first=0):
    """Entropy-coded segments with restart markers between them."""
    return b"".join(s + (bytes([0xFF, 0xD0 + (first + i) % 8]) if i < len(segments) - 1 else b"")
                    for i, s in enumerate(segments))
