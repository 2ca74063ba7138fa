"""The interval of a sum of weighted counts, and the effective sample behind it."""

from dataclasses import dataclass

from clearway_analytics.risk import gamma


@dataclass(frozen=True, slots=True)
class Interval:
    """Expected events, from `low` to `high`."""

    low: float
    high: float


def fay_feuer(total: float, squares: float, largest: float, level: float) -> Interval:
    """The gamma interval of Fay & Feuer for a weighted sum of Poisson counts.

        low  = Q/(2S) · χ²⁻¹(α/2, 2S²/Q)
        high = (Q+w²)/(2(S+w)) · χ²⁻¹(1−α/2, 2(S+w)²/(Q+w²))

    `total` is S, `squares` is Q, `largest` is w, the largest weight that one more incident could have; `level` is
    1−α. With equal weights it is the exact (Garwood) interval of a Poisson count. χ²⁻¹(q, 2n) is 2·P⁻¹(n, q), the
    inverse of the regularised incomplete gamma function.

    M. P. Fay & E. J. Feuer, "Confidence intervals for directly standardized rates", Statistics in Medicine 16 (1997).
    """
    tail = (1.0 - level) / 2.0
    low = squares / total * gamma.quantile(total * total / squares, tail) if squares > 0 else 0.0
    total, squares = total + largest, squares + largest * largest
    high = squares / total * gamma.quantile(total * total / squares, 1.0 - tail) if squares > 0 else 0.0
    return Interval(low, high)


def effective_sample(total: float, squares: float) -> float:
    """n_eff = S²/Q: the number of equally weighted incidents with the same variance (Kish, Survey Sampling, 1965)."""
    return total * total / squares if squares > 0 else 0.0
