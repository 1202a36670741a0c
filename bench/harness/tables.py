"""What the tables of RESULTS.md have in common."""

ISAS = {"avx512": "AVX-512", "avx2": "AVX2", "avxvnni": "AVX-VNNI", "neon": "NEON"}

def table_head(titles: list[str], left: int) -> list[str]:
    rule = ["---"] * left + ["--:"] * (len(titles) - left)
    return ["| " + " | ".join(titles) + " |", "| " + " | ".join(rule) + " |"]
