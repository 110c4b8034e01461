"""Questions of mathematics, statistics and computing, for `stem_problems`."""

from __future__ import annotations

from genesys.envs.sources.stem_problems_question import Question

MATHEMATICS = (
    Question(
        name="base-rate",
        subject="statistics",
        title="A test is 99 % accurate and mine was positive. Am I ill with 99 % certainty?",
        body="The disease is found in 1 of 1,000 people like me, without symptoms. Of the ill the test finds 99 %, and of the "
        "healthy it clears 99 %. What is my risk, and would a second test settle it?",
        answer="""No: about 9 %. The 99 % are the probability of a positive result given the disease; what \
you want is the probability of the disease given a positive result, and between the two stands how common \
the disease is.

Take 100,000 such people. 100 are ill, and 99 of them test positive. 99,900 are healthy, and 1 %, that is \
999, test positive as well. Of 1,098 positives 99 are ill: 99/1,098 = 9.0 %. By Bayes' theorem, with D for \
the disease: P(D|+) = P(+|D)P(D) / (P(+|D)P(D) + P(+|not D)P(not D)) = 0.99·0.001/(0.99·0.001 + 0.01·0.999) \
= 0.090.

In odds it is shorter: the odds before the test are 1:999, a positive result multiplies them by the \
likelihood ratio 0.99/0.01 = 99, and 99:999 is about 1:10. So the test says a lot, it makes the disease \
ninety times as likely, but it started from very little. A negative result leaves a risk of about 1 in \
100,000.

A second positive test, if its errors are independent of the first one's given whether you are ill, \
multiplies the odds by 99 again: 9,801:999, or 91 %. Independence is the catch: if the first result was \
wrong for a reason that lasts, such as a cross-reaction with another antibody, the same test repeats its \
error and adds little. That is why one confirms with a test of another kind. And with symptoms or in a \
group at risk the odds before the test are others, and with them the answer.""",
        misconception="Yes. A test that is right in 99 % of all cases is right in yours with 99 % probability, so you are ill with "
        "99 % certainty. How common the disease is does not matter any more once you have a result. A second positive test "
        "raises this to 99.99 %.",
    ),
    Question(
        name="sorting-bound",
        subject="computer science",
        title="Why can no comparison sort do better than n log n, and how does radix sort?",
        body="I understand that merge sort takes about n log n comparisons. But how can one know that nobody will ever find a "
        "faster method? And radix sort is linear.",
        answer="""Count what comparisons can tell apart.

A deterministic sorting method that learns about the items only by comparing two of them is, for a fixed n, \
a binary decision tree: each inner node is a comparison, its two branches the results, each leaf the order \
that is put out. For distinct items there are n! possible orders, and two different ones must end in \
different leaves, because the same output cannot be right for both. So the tree has at least n! leaves. A \
binary tree of height h has at most 2^h, hence h ≥ log₂ n!. As n! ≥ (n/2)^(n/2), this is at least (n/2) \
log₂(n/2), and by Stirling's formula log₂ n! = n log₂ n - 1.443 n + O(log n). The height is the number of \
comparisons in the worst case. So every such method needs Ω(n log n), whatever its idea. Since merge sort \
gets by with n log₂ n + O(n), the order of growth is settled.

The average over all orders is bounded in the same way, since the mean depth of the leaves of a binary tree \
with N leaves is at least log₂ N; and so are randomised methods, which are mixtures of deterministic ones.

Radix sort is no counterexample, because it does not compare items: it looks at their digits and uses them \
as addresses. One step among b buckets has b outcomes instead of two. It takes O(d (n + b)) for keys of d \
digits to base b. That is linear if d is constant, for instance for 32-bit integers. But to tell n distinct \
keys apart d must be at least log_b n, so that with b constant it is n log n again; with b near n, d can be \
constant, in a model in which a word of log n bits is handled in one step.""",
        misconception="Nobody can know it; n log n is just the best that has been found so far, and it comes from halving the list as "
        "in merge sort. Radix sort proves that there are faster comparison sorts, since it compares digits rather than whole "
        "numbers, so the bound is only a rule of thumb for general data.",
    ),
    Question(
        name="uniform-limit",
        subject="mathematics",
        title="Why can a limit of continuous functions have a jump?",
        body="The functions xⁿ on [0, 1] are all continuous, but their limit is 0 for x < 1 and 1 at x = 1. Which step of the "
        "obvious proof that limits keep continuity fails, and what has to be assumed instead?",
        answer="""What fails is the exchange of two limits.

To show that f = lim f_n is continuous at a one writes |f(x) - f(a)| ≤ |f(x) - f_n(x)| + |f_n(x) - f_n(a)| \
+ |f_n(a) - f(a)| and wants all three terms below ε/3. The third is small for n large enough. For such an n \
the second is small for x near a, since f_n is continuous. The first is small only if n ≥ N(x), where N \
depends on x, and x must stay free while n is already fixed. With pointwise convergence there need be no \
single N for all x near a. In the example xⁿ < ε needs n > ln ε/ln x, which grows beyond every bound as x → \
1: whatever n is fixed, there are points x < 1 near 1 at which xⁿ is still above 1/2, while f(x) = 0. In \
other words lim_{x→1} lim_n xⁿ = 0, but lim_n lim_{x→1} xⁿ = 1.

It suffices that the convergence is uniform: for every ε there is one N with |f_n(x) - f(x)| < ε for all n \
≥ N and all x. Then choose n ≥ N first, for ε/3; the first and third terms are small for all x at once, and \
the continuity of this one f_n does the rest. So uniform limits of continuous functions are continuous. \
Locally uniform convergence is enough, since continuity is local: xⁿ converges uniformly on every [0, c] \
with c < 1, and the limit is continuous on [0, 1).

The condition is sufficient and not necessary: n x e^{-n x} on [0, 1] converges pointwise to the continuous \
function 0 and not uniformly, as its maximum is 1/e for every n ≥ 1. On a compact interval monotone \
pointwise convergence to a continuous limit is uniform (Dini), and this is just what xⁿ lacks: a continuous \
limit.""",
        misconception="The limit is not really discontinuous: for every finite n the curve is continuous, and the limit is only "
        "reached at infinity, so its value at x = 1 is undefined. The proof is right for all sequences of continuous functions "
        "on closed intervals; one just has to assume that every f_n is differentiable as well.",
    ),
    Question(
        name="decimal-floats",
        subject="computer science",
        title="Why is 0.1 + 0.2 not 0.3 on a computer, but 0.5 + 0.25 is 0.75?",
        body="Python prints 0.30000000000000004 for the first and 0.75 for the second. Is it a bug of the language, and how should "
        "one compare such numbers, or count money?",
        answer="""It is no bug: binary floating-point numbers (IEEE 754, in nearly all languages) cannot \
hold 0.1.

A double is an integer of 53 bits times a power of two. A fraction can be written so only if its \
denominator, in lowest terms, is a power of two. 0.5 = 1/2, 0.25 = 1/4 and 0.75 = 3/4 are of this kind, \
fit, and their sum is exact. 1/10, 1/5 and 3/10 have the factor 5 in the denominator; in binary they go on \
for ever (0.1 = 0.000110011…₂), as 1/3 does in decimal, and are rounded to the nearest double.

So three roundings are made. 0.1 is stored as 0.1000000000000000055…, 0.2 as 0.2000000000000000111…. Their \
exact sum, 0.3000000000000000166…, lies just half-way between two doubles, 0.2999999999999999889… and \
0.3000000000000000444…, and the tie is rounded to the one with the even last bit, the upper one. The \
literal 0.3 is rounded to the nearest, the lower one. The two differ in the last bit, by 2⁻⁵⁴ ≈ 5.6·10⁻¹⁷. \
Python prints the shortest decimal that reads back as the same double: for the upper one that is \
0.30000000000000004. That 0.1 prints as 0.1 does not mean that it is stored exactly.

To compare, ask whether the difference is small for what has been computed: a relative tolerance, with an \
absolute one for values near zero, as in math.isclose(a, b, rel_tol=1e-9, abs_tol=...). There is no \
tolerance that is right for everything, since errors add up and subtraction of nearly equal numbers makes \
them large in relation. For money count whole cents as integers, or use a decimal type \
(decimal.Decimal("0.1"), made from text and not from the float) with a stated rule of rounding.""",
        misconception="It is a bug in how Python adds: the processor works with about 16 decimal digits and drops a carry when it adds "
        "decimals of different size. 0.5 + 0.25 works because it has few digits. Languages with proper numbers give 0.3. "
        "To be safe one compares with == after rounding, and stores money as double, which is exact for two decimals.",
    ),
)
"""Probability, lower bounds, limits and rounding."""
