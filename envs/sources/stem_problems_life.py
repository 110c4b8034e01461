"""Questions of biology and earth science, for `stem_problems`."""

from __future__ import annotations

from genesys.envs.sources.stem_problems_question import Question

LIFE = (
    Question(
        name="resistance",
        subject="biology",
        title="Do antibiotics make bacteria resistant, or were they resistant before?",
        body="One often reads that bacteria become used to antibiotics. Do the drugs cause the mutations that protect "
        "against them? How could one tell by an experiment?",
        answer="""As a rule the drug does not cause the resistance, it selects for it. Mutations arise at \
random with respect to whether they are useful, mostly as copying errors, at some 10⁻¹⁰ to 10⁻⁹ for each \
base and division, so a population of billions already holds a few cells that happen to resist. The drug \
kills or stops the others, the resistant ones multiply without competition, and the population is resistant \
although no single cell has got used to anything.

The classic experiment is the fluctuation test of Luria and Delbrück (1943). Grow many small cultures from \
few cells each, without the selecting agent, then plate each on a medium with it and count the resistant \
colonies. If exposure induced resistance with a small probability in each cell, the counts would follow a \
Poisson distribution, with a variance equal to the mean. If mutations arise before, during growth, a \
culture in which one happened early holds a whole clone of resistant cells ("jackpot"), and the variance is \
far greater than the mean. It is. (They used a virus, bacteriophage T1, as the agent; the Lederbergs showed \
the same in 1952 with replica plating: copies of a plate pressed on antibiotic plates give resistant \
colonies at the same places, whose sister cells on the original plate had never met the drug.)

Three things refine the picture. Resistance also spreads by horizontal transfer of genes, above all on \
plasmids, between cells and species. Some antibiotics, such as fluoroquinolones, raise the rate of mutation \
through the SOS response to damaged DNA: there is then more variation, still undirected, and selection \
decides. And a few cells survive as persisters, dormant and without any genetic change; their offspring is \
as sensitive as before.""",
        misconception="The antibiotic itself causes the resistance. Each dose stresses the bacteria, and stressed cells change "
        "exactly those genes that the drug attacks, the way a body builds up tolerance. They pass this training on to their "
        "offspring. Before the first contact with the drug no bacterium is resistant, and after a break they forget it again.",
    ),
    Question(
        name="sickle-cell",
        subject="biology",
        title="Why has natural selection not removed the sickle-cell allele?",
        body="Children with two copies of the allele were seldom able to have children of their own before modern medicine. In "
        "parts of Africa some 10 % of all copies of the gene are nevertheless of this kind. Should selection not have "
        "driven it out? And will it last where there is no malaria?",
        answer="""Because it helps those who have one copy. Where falciparum malaria is common, \
heterozygotes (AS) survive it far better than people without the allele (AA), while homozygotes (SS) suffer \
from sickle-cell disease. This advantage of the heterozygote (overdominance) keeps both alleles in the \
population: a balanced polymorphism.

Let the fitness of AS be 1, of AA 1 - s and of SS 1 - t, and q the frequency of S. S is rare at first: then \
nearly all its copies are in heterozygotes, which do best, and it spreads. If it is common, many copies \
meet in SS and are lost. Both effects balance where A and S have the same mean fitness: 1 - s(1 - q) = 1 - \
t q, which gives q* = s/(s + t). This equilibrium is stable. With t close to 1 and q* = 0.1 one gets s = \
0.11: a disadvantage of 11 % of AA against AS, mostly by malaria, is enough to keep an almost lethal allele \
at 10 %. By Hardy and Weinberg about 1 % of the newborn are then SS and 18 % AS; these deaths are the price \
(the segregation load) of the protection of the others.

Without malaria s is 0, no positive equilibrium is left and selection removes the allele, but slowly, since \
only SS is selected against: q falls as q/(1 + q) each generation for t = 1, so it takes about 1/q \
generations to halve: ten from 10 % to 5 %, twenty more to 2.5 %. A rare recessive allele hides in \
heterozygotes. The lower frequency among African Americans fits this, together with admixture.""",
        misconception="The allele lasts because new mutations replace the copies that are lost: the gene happens to mutate very "
        "often in hot climates. Selection cannot act on it, because carriers with one copy are ill as well and die too early "
        "to be counted. Without malaria the allele would vanish within one or two generations.",
    ),
    Question(
        name="seasons",
        subject="earth science",
        title="Why is it winter in the north when the Earth is nearest to the Sun?",
        body="Perihelion is in early January. If distance mattered, January should be the warmest month everywhere. Why is it "
        "not, does the distance matter at all, and why is the coldest time not at the solstice?",
        answer="""The seasons come from the tilt of the Earth's axis, about 23.4°, whose direction in space \
stays nearly the same during the year. In December the northern hemisphere leans away from the Sun. Two \
things follow. The Sun stands lower at noon, so that the same beam is spread over more ground: at 50° north \
it culminates at 63° in June and at 17° in December, and sin 63°/sin 17° is about 3. And the days are \
shorter, about 8 hours instead of 16. Together a clear December day brings only a fifth to a sixth of the \
energy of one in June. In the south it is the other way round, which distance alone could never explain.

The distance does vary, by ±1.7 %, so the radiation, which goes as 1/r², varies by about ±3.4 %, 7 % from \
January to July. That is small against a factor of five. It would make northern seasons milder and southern \
ones harsher; in fact the southern ones are the milder, because the south is mostly ocean, which stores \
much heat. By Kepler's second law the Earth is faster near perihelion, so that the northern winter half of \
the year is some days shorter than the summer half.

The coldest weeks come after the solstice because temperature follows the balance of energy. As long as \
less comes in than goes out, ground and above all the sea go on cooling, and the balance turns only some \
weeks after the shortest day: about a month later on land, up to two or three over the oceans. For the same \
reason the hottest part of a day is in the afternoon.""",
        misconception="The tilt brings the northern hemisphere nearer to the Sun in June, and that is why it is warmer then. The "
        "thousands of kilometres by which the leaning half is nearer outweigh the change of distance along the orbit. The "
        "coldest day would be the solstice itself, were it not for winds from the south.",
    ),
    Question(
        name="surface-volume",
        subject="biology",
        title="Why can an ant carry many times its weight and an elephant cannot?",
        body="Ants carry ten to fifty times what they weigh. It is said that an ant of the size of a human could lift a car. "
        "Are insect muscles so much better?",
        answer="""No. The muscle of insects and of mammals gives about the same force for its \
cross-section, some 20 to 40 N/cm². What differs is the size.

If an animal is scaled up by a factor L in all directions, the cross-sections of its muscles, and so its \
strength, grow as L², while its volume and weight grow as L³. The strength relative to the weight goes as \
L²/L³ = 1/L: the smaller, the stronger in relation. (Galileo described this square-cube law in 1638.)

An ant that is 5 mm long and lifts 50 times its weight, enlarged 300 times in length to 1.5 m, would be \
90,000 times as strong and 27,000,000 times as heavy. It could lift 50/300, a sixth of its weight, and so \
not even hold itself up, let alone lift a car. Its legs would fail, too, since the stress in them, weight \
over cross-section, grows as L. Nor could it breathe: oxygen comes to an insect's tissue through air tubes, \
largely by diffusion, whose time grows with the square of the distance, and surfaces fall behind the volume \
that they have to supply.

This is why large animals are not enlarged small ones. Their legs are thicker in proportion and stand \
straight under the body, elephants do not jump, and they need lungs and a circulation. The comparison is \
rough, as no real animals have the same shape, but the factor 1/L explains most of the difference.""",
        misconception="Insect muscles are many times stronger than ours for the same thickness, because they are fixed to an outer "
        "skeleton of chitin, which is harder than bone and gives a better lever. An ant as large as a human would keep this "
        "ratio and could therefore lift fifty times its weight, about four tonnes.",
    ),
)
"""Selection, balance, seasons and scale."""
