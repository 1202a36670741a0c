"""Writes networks down in the language, in one of the many spellings that docs/language.md gives for the same thing:
numbers as parameters and expressions, layers as definitions, rows as columns of a family, lines in any order.

`Writer(random, reader).source()` gives the lines of a source; `selection` the column and the parameters' values with
which it is the network that was meant.
"""

from network_parts import Branches, Group, Layer

TAKES_ACTIVATION = ("conv", "fc", "norm", "se", "eca", "gate", "call", "group")


class Writer:
    def __init__(self, draw, reader):
        self.draw, self.reader, self.header = draw, reader, reader.header
        self.definitions, self.selection, self.columns = [], [], []
        self.parameters = {}
        self.family = self.chance(0.35)
        if self.family and self.chance(0.6):
            self.parameters = {name: draw.randint(1, 4) for name in draw.sample(["n", "w", "k2"], draw.randint(1, 2))}
        if self.family and (not self.parameters or self.chance(0.4)):
            self.columns = draw.sample(["a", "b", "18", "50", "wide_2", "2x"], draw.randint(1, 3))

    def chance(self, probability):
        return self.draw.random() < probability

    def source(self):
        draw = self.draw
        name = "Net"
        if self.parameters:
            defaults = {name: draw.choice([value, draw.randint(1, 5)]) for name, value in self.parameters.items()}
            name += "(" + ", ".join(f"{key} = {value}" for key, value in defaults.items()) + ")"
        chosen = draw.randrange(len(self.columns)) if self.columns else 0
        if self.columns:
            self.selection.append(self.columns[chosen])
        if self.parameters:
            self.selection += [
                f"{key}={value}" for key, value in self.parameters.items() if value != defaults[key] or self.chance(0.2)
            ]
        rows = [self.row(row, chosen) for row in self.reader.rows]
        above = self.header_lines()
        draw.shuffle(above)
        renames = [f'rename "{".".join(old)}" to "{".".join(new)}"' for old, new in self.header.renames]
        if self.columns:
            rows.insert(0, "| " + " | ".join(self.columns))
        if self.chance(0.2):  # lines of the header between the rows
            for line in above:
                rows.insert(draw.randint(0, len(rows)), line)
            above = []
        # Renames apply in their order.
        lines = [f"{'family' if self.family else 'model'} {name}", *above, *renames, *rows]
        return [line + draw.choice([" # 3x3, 64; [x 3]", "   # same"]) if self.chance(0.03) else line for line in lines]

    def header_lines(self):
        header = self.header
        lines = ["input " + f" {self.times()} ".join(self.dimension(n, self.parameters) for n in header.input)]
        shortcut = header.shortcut
        if shortcut == "A" and header.ends:
            shortcut += f", pad {header.ends}"
        words = [] if header.projection_bias is None else ["bias" if header.projection_bias else "no bias"]
        words += ["average pool"] * header.projection_pool
        self.draw.shuffle(words)
        shortcut = ", ".join([shortcut, *words])
        if shortcut != "B" or self.chance(0.3):
            lines.append(f"shortcut {shortcut}")
        if header.stride_on:
            lines.append(f"stride on {header.stride_on}")
        if header.norm == "none":
            lines.append("norm none")
        elif (header.norm, header.eps) != ("batch", 1e-5) or self.chance(0.2):
            eps = f", eps {header.eps}" if header.eps != 1e-5 or self.chance(0.5) else ""
            lines.append(self.norm(header, self.parameters) + eps)
        if header.standardized is not None:
            eps = f", eps {header.standardized}" if header.standardized != 1e-6 or self.chance(0.5) else ""
            lines.append(f"weights standardized{eps}")
        elif self.chance(0.05):
            lines.append("weights plain")
        if header.names:
            lines.append(f"names {header.names}")
        if header.outputs:
            lines.append(f"output {', '.join(header.outputs)}")
        if header.activation != "relu" or self.chance(0.2):
            lines.append(f"activation {header.activation}")
        if header.order == "pre" or self.chance(0.1):
            lines.append(f"order {header.order}")
        if not self.reader.errors and self.reader.depth and self.chance(0.15):
            depth = self.reader.depth
            if self.chance(0.1):
                depth += 1
                self.reader.errors.add("depth-mismatch")
            lines.append(f"depth {self.number(depth, self.parameters)}")
        return lines + self.definitions

    def row(self, row, chosen):
        text = self.elements(row.items, self.parameters)
        if row.source:
            text = f"from {row.source}{self.draw.choice(['; ', ' '])}{text}"
        if self.columns and self.chance(0.6):
            others = ["3x3, 5, stride 1", "(3x3, 3) x 2", "average pool", "2x2 max pool, stride 2", "[3x3, 9] x 40"]
            cells = [self.draw.choice(others) for _ in self.columns]
            cells[chosen] = text
            first = self.draw.randint(0, chosen)
            if self.chance(0.4):
                cells[first : chosen + 1] = [text] + ["same"] * (chosen - first)
            text = "| " + " | ".join(cells)
        elif self.columns and self.chance(0.5):
            text = "| " + text
        size = f"{row.size[0]}{self.times(True)}{row.size[1]}" if row.size else ""
        word = "aux" * (row.auxiliary and row.name != "aux")
        return " ".join(part for part in [row.name, size, word, text] if part)

    # Elements. `scope` holds the parameters that are known where they stand.

    def elements(self, items, scope):
        if items and isinstance(items[0], Layer) and items[0].kind == "from":  # begins a branch, and stands in no definition
            behind = self.elements(items[1:], scope) if items[1:] else ""
            return f"from {items[0].row}" + (self.draw.choice(["; ", " "]) + behind if behind else "")
        if items and isinstance(items[0], Layer) and items[0].kind == "carry":
            return "+ " + (self.elements(items[1:], scope) if items[1:] else "identity")
        if len(items) > 0 and self.chance(0.12) and len(self.definitions) < 4:
            start = self.draw.randrange(len(items))
            end = self.draw.randint(start + 1, len(items))
            parts = [*self.parts(items[:start], scope), (self.definition(items[start:end], scope), "call")]
            parts += self.parts(items[end:], scope)
        else:
            parts = self.parts(items, scope)
        text = ""
        for i, (part, kind) in enumerate(parts):
            if i:
                # After a comma, an activation belongs to the layer before it, and a norm to a convolution.
                layer = parts[i - 1][1] in TAKES_ACTIVATION and kind in ("act", "norm", "call")
                layer = layer and (parts[i - 1][1], kind) != ("fc", "norm")
                text += "; " if layer or self.chance(0.6) else ", "
            text += part
        return text

    def parts(self, items, scope):
        return [(self.element(item, scope), item.kind if isinstance(item, Layer) else "group") for item in items]

    def definition(self, items, scope):
        """A block of its own that holds these items, and its call here."""
        values = [item.width for item in items if isinstance(item, Layer) and item.width][:1]
        values += [item.repeats for item in items if isinstance(item, Group)][:1]
        own = dict(zip(self.draw.sample(["p", "q", "r_1"], len(values)), values)) if self.chance(0.7) else {}
        name = f"b{len(self.definitions) + 1}"
        index = len(self.definitions)
        self.definitions.append("")
        seen = {**self.parameters, **own} if self.chance(0.5) else own
        body = self.elements(items, seen)
        signature = f"{name}({', '.join(own)})" if own else name
        self.definitions[index] = f"block {signature} = {body}"
        return f"{name}({', '.join(self.number(value, scope) for value in own.values())})" if own else name

    def element(self, item, scope):
        if isinstance(item, Branches):
            branches = [self.elements(branch, scope) if branch else "identity" for branch in item.branches]
            words = [item.combiner] + [item.activation] * bool(item.activation) if item.combiner else []
            return " ".join(["split"] * item.split + ["{ " + " | ".join(branches) + " }", *words])
        if isinstance(item, Group):
            inner = item.items[0]
            if len(item.items) == 1 and (isinstance(inner, Branches) or isinstance(inner, Layer) and inner.kind == "gate"):
                if not item.residual and self.chance(0.7):  # these have brackets of their own
                    return " ".join([self.element(inner, scope), *self.repeat(item, scope, True)])
            text = self.elements(item.items, scope)
            words = [f"[{text}]" if item.residual else f"({text})", *self.words(item), *self.repeat(item, scope)]
            return " ".join(words)
        if item.kind == "conv":
            return ", ".join([self.window(item, scope), self.number(item.width, scope), *self.attributes(item, scope)])
        if item.kind == "fc":
            text = [f"{self.number(item.width, scope)}-d fc"]
            if item.bias is not None:
                text.append("bias" if item.bias else "no bias")
            return ", ".join(text + ([item.activation] if item.activation else []))
        if item.is_window():
            return ", ".join([f"{self.window(item, scope)} {item.kind} pool", *self.attributes(item, scope)])
        if item.kind == "gate":
            inner = ", ".join([self.window(item, scope), self.number(item.width, scope), *self.attributes(item, scope)])
            return f"gate({inner})"
        if item.kind == "se":
            squeeze = f"/{self.dimension(item.divisor, scope)}" if item.divisor else f"{self.number(item.width, scope)}-d"
            return ", ".join([f"se {squeeze}", *self.draw.sample(item.words, len(item.words))])
        if item.kind == "eca":
            return ", ".join([f"eca {self.number(item.width, scope)}" if item.width else "eca", *item.words])
        if item.kind == "norm":
            words = [f"eps {item.eps}"] * bool(item.eps) + [item.activation] * bool(item.activation)
            return ", ".join([self.norm(item, scope) if item.norm else "norm", *words])
        if item.kind in ("maxout", "lrn", "shuffle"):
            numbers = [f"{name} {number}" for name, number in item.numbers.items()]
            return ", ".join([f"{item.kind} {self.number(item.width, scope)}", *numbers])
        if item.kind == "upsample":
            method = "bilinear" if item.bilinear else self.draw.choice(["nearest", ""])
            return f"upsample {self.dimension(item.width, scope)} {method}".strip()
        return self.plain_words(item, scope)

    def plain_words(self, item, scope):
        if item.kind in ("gap", "gmp"):
            return "average pool" if item.kind == "gap" else "max pool"
        if item.kind.startswith("to "):
            return f"{item.kind[3:]} pool to {self.window(item, scope)}"
        if item.kind == "pyramid":
            return "spatial pyramid pool " + " ".join(map(str, item.levels))
        if item.kind == "dropout":
            return f"dropout {item.rate}"
        return item.activation if item.kind == "act" else "softmax"

    def words(self, group):
        """What holds for this bracket alone."""
        words = [[group.activation]] if group.activation else []
        if group.shortcut:
            words.append(["shortcut", group.shortcut, *(["pad", group.ends] if group.ends else [])])
        words += [["scale"]] * group.scaled + ([["survival", str(group.survival)]] if group.survival else [])
        self.draw.shuffle(words)
        return sum(words, [])

    def repeat(self, item, scope, always=False):
        if item.repeats == 1 and not always and not self.chance(0.3):
            return []
        return [self.draw.choice(["x", "×"]), self.number(item.repeats, scope)]

    def attributes(self, layer, scope):
        words = []
        if isinstance(layer.stride, tuple):
            words.append(f"stride {self.extent(layer.stride, scope)}")
        elif layer.stride:
            words.append(f"stride {self.dimension(layer.stride, scope)}")
        if layer.pad:
            words.append(f"pad {self.padding(layer.pad, scope)}")
        if layer.dilation > 1:
            words.append(f"dilation {self.dimension(layer.dilation, scope)}")
        if layer.groups:
            grouping = layer.groups if layer.groups == "depthwise" else self.dimension(layer.groups, scope)
            words.append(grouping if layer.groups == "depthwise" else f"groups {grouping}")
        if layer.bias is not None:
            words.append("bias" if layer.bias else "no bias")
        if layer.norm:
            words.append(self.norm(layer, scope))
        if layer.eps is not None:
            words.append(f"eps {layer.eps}")
        if layer.standardized is not None:
            words.append(f"weights {'standardized' if layer.standardized else 'plain'}")
        if layer.activation:
            words.append(layer.activation)
        if layer.ceil:
            words.append("ceil")
        if layer.counted is not None:
            words.append("counted" if layer.counted else "uncounted")
        self.draw.shuffle(words)
        return words

    def norm(self, normed, scope):
        """The word of a header's norm, a layer's, or its own."""
        if normed.norm == "group":
            return f"norm group {self.dimension(normed.norm_groups, scope)}"
        return "no norm" if normed.norm == "none" else f"norm {normed.norm}"

    def padding(self, pad, scope):
        if isinstance(pad, str):
            return pad
        if len(pad) == 4:
            return " ".join(self.dimension(n, scope) for n in pad)
        if pad[0] == pad[1] and self.chance(0.7):
            return self.dimension(pad[0], scope)
        return self.extent(pad, scope, [" "])

    def extent(self, sides, scope, others=()):
        rows, columns = (self.dimension(n, scope) for n in sides)
        if rows.isdigit() and columns.isdigit():
            return f"{rows}{self.draw.choice(['x', '×', *others])}{columns}"
        return f"{rows} x {columns}"

    def window(self, layer, scope):
        if self.chance(0.9) or not scope:
            return f"{layer.kernel[0]}{self.times(True)}{layer.kernel[1]}"
        names = {value: name for name, value in scope.items()}
        return " x ".join(str(names.get(length, length)) for length in layer.kernel)

    def times(self, tight=False):
        return self.draw.choice(["x", "x", "x", "×", " x ", " × "] if tight else ["x", "×"])

    # Numbers.

    def dimension(self, value, scope):
        text = self.number(value, scope) if self.chance(0.3) else str(value)
        return text if text.isdigit() or text in scope or text[0] == "(" and text[-1] == ")" else f"({text})"

    def number(self, value, scope):
        """A whole number, a parameter, or an expression of one that has this value."""
        if not scope or self.chance(0.4):
            return str(value)
        name = self.draw.choice(list(scope))
        parameter = scope[name]
        if value == parameter and self.chance(0.7):
            return name
        forms = [f"{name} + {value - parameter}" if value >= parameter else f"{name} - {parameter - value}"]
        forms += [f"{value * parameter} / {name}", f"({value + parameter} - {name})"]
        if value % parameter == 0:
            times = value // parameter
            forms += [f"{times}{name}", f"{times} * {name}", f"({name} + {name}) * {times} / 2", f"{name} * {times}"]
        return self.draw.choice(forms)
