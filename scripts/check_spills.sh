#!/bin/bash
# Says which kernel of a built package keeps a vector on the stack inside a reduction, where every such load or store is
# taken from the multiply-adds.
#
#     scripts/check_spills.sh PACKAGE [PRODUCTS]     after swift build -c release; PRODUCTS: PACKAGE/.build/release
#     scripts/check_spills.sh --self-test
#
# Reads the listing of every kernel module's objects. A loop is what a jump backwards spans; it is a reduction if it
# adds products to a register that nothing else in the loop writes, which is so for the loops over taps and channels,
# and neither for those over pixels around them nor for Winograd's transforms. Needs objdump and awk; x86-64 and arm64.
# Exit codes: 0; 1 where a kernel spills; 2 where there is nothing to look at, or the arguments make no sense.
set -euo pipefail

# Listings in, one line a function out: name, reduction loops, spills in the innermost of them, spills around those.
analyse() {
  awk '
    # The register that an instruction writes, as a number; "" if it is not a vector register.
    function target(text,    parts, n, register) {
      sub(/[ \t]*(#|\/\/|;).*/, "", text)
      gsub(/\{[^}]*\}/, "", text)
      if (arm) {
        split(text, parts, /[ \t,]+/)
        register = parts[2]
        return register ~ /^[vq][0-9]+/ ? (match(register, /[0-9]+/) ? substr(register, RSTART, RLENGTH) : "") : ""
      }
      n = split(text, parts, /[ \t,]+/)
      register = parts[n]
      return register ~ /^%[xyz]mm[0-9]+$/ ? substr(register, 5) : ""
    }
    # Adds a product (or, without such an instruction, a sum) to what its target holds.
    function accumulates(text,    parts) {
      if (arm) return text ~ /^(fmla|fmls)[ \t]/
      if (text ~ /^vf(n)?m(add|sub)[0-9]+ps[ \t]/) return 1
      return text ~ /^addps[ \t]/
    }
    function onStack(text) {
      if (arm) return text ~ /^(str|ldr|stp|ldp|stur|ldur)[ \t]+q[0-9]/ && text ~ /\[(sp|x29)[],]/
      if (text !~ /%[xyz]mm/) return 0
      return text ~ /\(%rsp[,)]/ || (framed && text ~ /\(%rbp[,)]/)
    }
    function finish(    i, j, l, m, loops, begin, end, written, added, register, innermost, inner, outer, state) {
      if (name == "") return
      loops = 0
      for (i = 1; i <= count; i++) {
        if (jump[i] == "" || !(jump[i] in at) || at[jump[i]] > i) continue
        split("", written)
        split("", added)
        for (j = at[jump[i]]; j <= i; j++) {
          register = target(code[j])
          if (register == "") continue
          if (accumulates(code[j])) added[register] = 1
          else if (!onStack(code[j])) written[register] = 1
        }
        for (register in added) {
          if (register in written) continue
          loops++
          begin[loops] = at[jump[i]]
          end[loops] = i
          break
        }
      }
      split("", state)
      for (l = 1; l <= loops; l++) {
        innermost = 1
        for (m = 1; m <= loops; m++) {
          if (m != l && begin[m] >= begin[l] && end[m] <= end[l] && end[m] - begin[m] < end[l] - begin[l]) innermost = 0
        }
        for (j = begin[l]; j <= end[l]; j++) if (innermost) state[j] = 2; else if (state[j] != 2) state[j] = 1
      }
      inner = outer = 0
      for (j in state) if (onStack(code[j])) { if (state[j] == 2) inner++; else outer++ }
      print name, loops, inner, outer
    }
    /file format/ { arm = $0 ~ /aarch64|arm64/ }
    /^[0-9a-f]+ <.*>:$/ {
      finish()
      name = $2
      gsub(/^<|>:$/, "", name)
      count = framed = 0
      split("", at); split("", code); split("", jump)
      next
    }
    /^ *[0-9a-f]+:[ \t]/ {
      address = $1
      sub(/:$/, "", address)
      text = $0
      sub(/^ *[0-9a-f]+:[ \t]+/, "", text)
      count++
      at[address] = count
      code[count] = text
      jump[count] = ""
      if (text ~ /^mov[q]?[ \t]+%rsp, *%rbp/) framed = 1
      if (arm ? text ~ /^(b|b\..*|cbz|cbnz|tbz|tbnz)[ \t]/ : text ~ /^j[a-z]+[ \t]/) {
        sub(/[ \t]*<.*/, "", text)
        sub(/.*[ \t,]/, "", text)
        sub(/^0x/, "", text)
        jump[count] = text
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
  echo "$module: $functions functions, $reductions reduction loops, no spill in them"
}

readable() {
  if command -v swift-demangle > /dev/null; then
    swift-demangle --compact --simplified "$1" | sed 's/(.*//; s/ .*//'
  else
    printf '%s\n' "$1"
  fi
}

self_test() {
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
  arm() {
    printf 'x.o:\tfile format elf64-littleaarch64\n\n0000000000000000 <kernel>:\n'
    printf '       0:\tldr\tq2, [x1], #16\n       4:\t%s\n       8:\tfmla\tv0.4s, v2.4s, v1.s[0]\n' "$1"
    printf '       c:\tb.ne\t0x0 <kernel>\n      10:\tret\n'
  }
  expect() {
    local wanted=$1 found=0
    text=$(analyse | judge "$2" 2>&1) || found=$?
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
  transform | expect 2 "no reduction"
  printf '' | expect 3 "no code"
  arm nop | expect 0 "arm64, no spill"
  arm 'str	q7, [sp, #32]' | expect 1 "arm64, spill"
  echo "self-test passed"
}

if [ "${1-}" = --self-test ]; then
  self_test
  exit
fi
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  sed -n '2,13p' "$0" >&2
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
  objdump -d --no-show-raw-insn "${objects[@]}" | analyse | judge "$module" || code=$?
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
