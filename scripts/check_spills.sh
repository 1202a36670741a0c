#!/bin/bash
# Says which kernel of a built package keeps a vector on the stack inside a reduction, where every such load or store is
# taken from the multiply-adds.
#
#     scripts/check_spills.sh [--xmm] PACKAGE [PRODUCTS]     once built; PRODUCTS: PACKAGE/.build/release
#     scripts/check_spills.sh --self-test
#
# Reads the listing of every kernel module's objects. A loop is what a jump backwards spans; it is a reduction if it adds
# to a value that it carries from one round to the next. So are the loops over taps and channels; those over pixels
# around them are not, and neither are Winograd's transforms. Vectors are zmm, ymm and q registers: the portable kernels
# of x86-64, whose products need registers of their own, are looked at with --xmm only.
#
# Needs objdump and awk; x86-64 and arm64.
# Exit codes: 0; 1 where a kernel spills; 2 where there is nothing to look at, or the arguments make no sense.
set -euo pipefail

# Listings in, one line a function out: name, reduction loops, spills in the innermost of them, spills around those.
analyse() {
  awk -v wideOnly="$1" '
    # Cuts an instruction into its mnemonic and operands; those that hold values are named alike: %5 for %zmm5 and
    # %xmm5, v5 for q5 and v5.4s, and slots of the stack as they stand.
    function cut(i, text,    depth, k, c, word) {
      sub(arm ? "[ \t]*(//|;|<).*" : "[ \t]*[#<].*", "", text)
      gsub(/\{[^}]*\}/, "", text)
      mnemonic[i] = text
      sub(/[ \t].*/, "", mnemonic[i])
      sub(/^[^ \t]+[ \t]*/, "", text)
      operands[i] = depth = 0
      wide[i] = arm || text ~ /%[yz]mm/
      word = ""
      text = text ","
      for (k = 1; k <= length(text); k++) {
        c = substr(text, k, 1)
        if (c ~ /[([]/) depth++
        if (c ~ /[])]/) depth--
        if (c == "," && depth == 0) {
          gsub(/^[ \t]+|[ \t]+$/, "", word)
          operand[i, ++operands[i]] = place(word)
          word = ""
        } else word = word c
      }
    }
    function place(word) {
      if (word ~ /^%[xyz]mm[0-9]+$/) return "%" substr(word, 5)
      if (arm && word ~ /^[vq][0-9]+/) { sub(/^[vq]/, "", word); sub(/\..*/, "", word); return "v" word }
      return word
    }
    # Whether a value can stay there.
    function holds(spot) { return spot ~ /^(%|v)[0-9]+$/ || stack(spot) }
    function stack(spot) {
      return spot ~ /\(%rsp[,)]/ || (framed && spot ~ /\(%rbp[,)]/) || (arm && spot ~ /^\[(sp|x29)[],]/)
    }
    # Whether an instruction moves a vector from or to the stack, or computes with one there.
    function spills(i,    k, vector, memory) {
      for (k = 1; k <= operands[i]; k++) {
        if (stack(operand[i, k])) memory = 1
        else if (operand[i, k] ~ /^(%|v)[0-9]+$/) vector = 1
      }
      return vector && memory && (!wideOnly || wide[i])
    }
    # The value of a place, called by where it was when the loop body began; %5+ if something was added to that of %5.
    function value(spot) { return spot in values ? values[spot] : holds(spot) && !(lost && stack(spot)) ? spot : "" }
    function sum(spot,    v) {
      v = value(spot)
      return v == "" || v ~ /[+]$/ ? v : v "+"
    }
    # What instruction i does to the values.
    function step(i,    m, n, into, v) {
      m = mnemonic[i]
      n = operands[i]
      # What stands behind a jump is reached from elsewhere, where slots of the stack may have been written: two copies of
      # a transform that share a tail would look like a sum.
      if (m == "jmp" || m == "b") {
        for (v in values) if (stack(v) || stack(values[v])) values[v] = ""
        lost = 1
        return
      }
      # No register outlives a call, such as that of a sigmoid after a reduction.
      if (m ~ /^(callq?|blr?)$/) {
        for (v = 0; v < 32; v++) values[(arm ? "v" : "%") v] = ""
        return
      }
      if (arm) {
        into = operand[i, 1]
        if (m ~ /^st/) { values[operand[i, n]] = value(into); return }
        if (!holds(into)) return
        if (m ~ /^fml[as]$/) v = sum(into)
        else if (m == "fadd") v = sum(value(operand[i, 2]) != "" ? operand[i, 2] : operand[i, 3])
        else if (m ~ /^(mov|orr|ld)/) v = value(operand[i, 2])
      } else {
        into = operand[i, n]
        if (!holds(into)) return
        if (m ~ /^vf/) v = sum(m ~ /231/ ? into : m ~ /213/ ? operand[i, 1] : operand[i, 2])
        else if (m ~ /^v?addps$/) v = sum(value(operand[i, 2]) != "" ? operand[i, 2] : operand[i, 1])
        else if (m ~ /^v?mov([au]p|dq)/) v = value(operand[i, 1])
      }
      values[into] = v
    }
    # Whether from the first to the last instruction of a loop something is added to a value that ends where it began.
    function reduces(first, last,    i, v) {
      split("", values)
      lost = 0
      for (i = first; i < last; i++) step(i)
      for (v in values) if (values[v] == v "+") return 1
      return 0
    }
    function finish(    i, l, m, loops, begin, end, innermost, inner, outer, state) {
      if (name == "") return
      loops = inner = outer = 0
      for (i = 1; i <= count; i++) {
        if (!(i in jump) || !(jump[i] in at) || at[jump[i]] > i || !reduces(at[jump[i]], i)) continue
        loops++
        begin[loops] = at[jump[i]]
        end[loops] = i
      }
      split("", state)
      for (l = 1; l <= loops; l++) {
        innermost = 1
        for (m = 1; m <= loops; m++) {
          if (begin[m] >= begin[l] && end[m] <= end[l] && end[m] - begin[m] < end[l] - begin[l]) innermost = 0
        }
        for (i = begin[l]; i <= end[l]; i++) if (innermost) state[i] = 2; else if (state[i] != 2) state[i] = 1
      }
      for (i in state) if (spills(i)) { if (state[i] == 2) inner++; else outer++ }
      print name, loops, inner, outer
    }
    /file format/ { arm = $0 ~ /aarch64|arm64/ }
    /^[0-9a-f]+ <.*>:$/ {
      finish()
      name = $2
      gsub(/^<|>:$/, "", name)
      count = framed = 0
      split("", at); split("", jump); split("", mnemonic); split("", operands); split("", operand)
      next
    }
    /^ *[0-9a-f]+:[ \t]/ {
      address = $1
      sub(/:$/, "", address)
      text = $0
      sub(/^ *[0-9a-f]+:[ \t]+/, "", text)
      at[address] = ++count
      cut(count, text)
      if (text ~ /^mov[q]?[ \t]+%rsp, *%rbp/) framed = 1
      if (arm ? mnemonic[count] ~ /^(b|b\..*|cbn?z|tbn?z)$/ : mnemonic[count] ~ /^j/) {
        jump[count] = operand[count, operands[count]]
        sub(/^0x/, "", jump[count])
      }
    }
    END { finish() }
  '
}

# Prints the verdict on one module: its name, then what `analyse` found on standard input.
judge() {
  module=$1
  functions=0 reductions=0 spilling=0
  lines=()
  while read -r symbol loops inner outer; do
    functions=$((functions + 1)) reductions=$((reductions + loops))
    if [ $((inner + outer)) -gt 0 ]; then
      spilling=$((spilling + 1))
      name=$(readable "$symbol")
      lines+=("  $name: $inner vector loads and stores of the stack in innermost reduction loops, $outer around them")
    fi
  done
  if [ "$functions" -eq 0 ]; then
    echo "$module: no code for this architecture"
    return 3
  fi
  if [ "$reductions" -eq 0 ]; then
    echo "error: $module: no reduction loop in $functions functions; is this its code?" >&2
    return 2
  fi
  if [ "$spilling" -gt 0 ]; then
    echo "$module: $spilling of $functions functions spill in a reduction"
    printf '%s\n' "${lines[@]}"
    return 1
  fi
  echo "$module: $functions functions, $reductions reduction loops, no $kind spilled in them"
}

readable() {
  if command -v swift-demangle > /dev/null; then
    swift-demangle --compact --simplified "$1" | sed 's/(.*//; s/ .*//'
  else
    printf '%s\n' "$1"
  fi
}

self_test() {
  kind="vector register"
  # Two accumulators over a loop over channels in one over taps, in one over pixels; %1 in the inner loop, %2 around it,
  # %3 in the loop over pixels, where it is none of our business.
  listing() {
    printf 'x.o:     file format elf64-x86-64\n\n0000000000000000 <kernel>:\n'
    printf '   0:\tpush   %%rbp\n   1:\tmov    %%rsp,%%rbp\n   4:\tvmovups (%%rdi),%%zmm0\n   8:\tvmovups (%%rdi),%%zmm1\n'
    printf '   c:\tvmovups (%%rsi),%%zmm2\n   e:\t%s\n' "$1"
    printf '  10:\tvfmadd231ps (%%rdx){1to16},%%zmm2,%%zmm0\n  16:\tvfmadd231ps 0x4(%%rdx){1to16},%%zmm2,%%zmm1\n'
    printf '  1c:\tdec    %%rax\n  20:\tjne    c <kernel+0xc>\n  22:\t%s\n  26:\tjne    c <kernel+0xc>\n' "$2"
    printf '  28:\t%s\n  30:\tjne    4 <kernel+0x4>\n  32:\tret\n' "$3"
  }
  # A transform: what it computes, it has loaded in the same iteration.
  transform() {
    printf 'x.o:     file format elf64-x86-64\n\n0000000000000000 <transform>:\n'
    printf '   0:\tvmovups (%%rsi),%%zmm2\n   6:\tvmovups %%zmm2,0x40(%%rsp)\n   c:\tvfmadd231ps %%zmm3,%%zmm4,%%zmm2\n'
    printf '  12:\tjne    0 <transform>\n  14:\tret\n'
  }
  # Copies with a tail in common, which stands first: what it reads and adds to has been loaded in the same round.
  shared() {
    printf 'x.o:     file format elf64-x86-64\n\n0000000000000000 <transform>:\n'
    printf '   0:\tvmovups 0x40(%%rsp),%%zmm2\n   6:\tvaddps %%zmm3,%%zmm2,%%zmm2\n   a:\tvmovups %%zmm2,(%%rdi)\n'
    printf '   e:\tjmp    30 <transform+0x30>\n  20:\tvmovups %%zmm2,0x40(%%rsp)\n  26:\tjmp    0 <transform>\n'
    printf '  30:\tvmovups (%%rsi),%%zmm2\n  36:\tjne    20 <transform+0x20>\n  3a:\tret\n'
  }
  arm() {
    printf 'x.o:\tfile format elf64-littleaarch64\n\n0000000000000000 <kernel>:\n'
    printf '       0:\tldr\tq2, [x1], #16\n       4:\t%s\n       8:\tfmla\tv0.4s, v2.4s, v1.s[0]\n' "$1"
    printf '       c:\tb.ne\t0x0 <kernel>\n      10:\tret\n'
  }
  expect() {
    local wanted=$1 found=0
    text=$(analyse 0 | judge "$2" 2>&1) || found=$?
    if [ "$found" -ne "$wanted" ]; then
      echo "self-test '$2': exit code $found instead of $wanted: $text" >&2
      exit 1
    fi
  }
  listing nop nop nop | expect 0 "no spill"
  listing 'vmovups 0x40(%rsp),%zmm9' nop nop | expect 1 "spill in the inner loop"
  listing 'vfmadd231ps -0x80(%rbp),%zmm3,%zmm4' nop nop | expect 1 "spill as an operand"
  listing nop 'vmovups %ymm9,-0x40(%rbp)' nop | expect 1 "spill in the loop around"
  listing nop nop 'vmovups %zmm9,0x40(%rsp)' | expect 0 "spill outside of the reduction"
  listing 'mov 0x40(%rsp),%rcx' nop nop | expect 0 "an address on the stack"
  { listing nop nop nop; transform; } | expect 0 "a transform may use the stack"
  { listing nop nop nop; shared; } | expect 0 "two copies of a transform"
  transform | expect 2 "no reduction"
  printf '' | expect 3 "no code"
  # Without multiply-adds: the sum moves to the register of the product, and back.
  portable() {
    printf 'x.o:     file format elf64-x86-64\n\n0000000000000000 <kernel>:\n'
    printf '   0:\tmovaps (%%rsi),%%xmm2\n   4:\tmulps  %%xmm3,%%xmm2\n   8:\taddps  %%xmm0,%%xmm2\n'
    printf '   c:\t%s\n  10:\tmovaps %%xmm2,%s\n  14:\tjne    0 <kernel>\n  18:\tret\n' "$1" "$2"
  }
  portable nop %xmm0 | expect 0 "portable, no spill"
  portable 'movaps %xmm5,0x40(%rsp)' %xmm0 | expect 1 "portable, spill"
  portable nop %xmm1 | expect 2 "portable, a sum that nobody adds to"
  arm nop | expect 0 "arm64, no spill"
  arm 'str	q7, [sp, #32]' | expect 1 "arm64, spill"
  echo "self-test passed"
}

if [ "${1-}" = --self-test ]; then
  self_test
  exit
fi
wide=1 kind="zmm, ymm or q register"
if [ "${1-}" = --xmm ]; then
  wide=0 kind="vector register"
  shift
fi
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  sed -n '2,14p' "$0" >&2
  exit 2
fi
package=$1 products=${2-$1/.build/release}
modules=$(sed -n 's/^ *kernels("\([^"]*\)".*/\1/p' "$package/Package.swift")
if [ -z "$modules" ]; then
  echo "error: $package/Package.swift names no modules of kernels" >&2
  exit 2
fi
worst=0 seen=0
for module in $modules; do
  objects=("$products/$module.build/"*.o)
  if [ ! -e "${objects[0]}" ]; then
    echo "error: no objects in $products/$module.build; run swift build -c release in $package first" >&2
    exit 2
  fi
  code=0
  found=$(objdump -d --no-show-raw-insn "${objects[@]}" | analyse $wide)
  judge "$module" < <(if [ -n "$found" ]; then printf '%s\n' "$found"; fi) || code=$?
  case $code in
    3) ;;
    *) seen=1 worst=$((code > worst ? code : worst)) ;;
  esac
done
if [ $seen -eq 0 ]; then
  echo "error: no module has code for this architecture" >&2
  exit 2
fi
exit $worst
