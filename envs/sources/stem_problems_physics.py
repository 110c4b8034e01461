"""Questions of physics and chemistry, for `stem_problems`."""

from __future__ import annotations

from genesys.envs.sources.stem_problems_question import Question

PHYSICS = (
    Question(
        name="cold-metal",
        subject="physics",
        title="Why does metal feel colder than wood in the same room?",
        body="A metal railing and a wooden bench have stood in my unheated hall all night, so they should have the same "
        "temperature. The railing still feels much colder. Does touch not tell temperature? And would the same "
        "happen in a sauna at 80 °C?",
        answer="""Both are at room temperature. Skin does not sense the temperature of what it touches but \
its own, together with how fast heat leaves it.

When two bodies touch, the surfaces quickly reach a common contact temperature. For two thick bodies it is \
the average of their temperatures weighted by their thermal effusivities, e = sqrt(k ρ c), where k is the \
conductivity, ρ the density and c the specific heat. The effusivity of metals is very large (about 24,000 W \
s^½ m⁻² K⁻¹ for aluminium, some 14,000 for plain steel), that of skin about 1,000 to 1,500 and that of wood \
about 400. So with metal the contact temperature lies almost at that of the metal, and heat goes on \
flowing, because the metal carries it away from the surface. With wood the contact temperature stays near \
that of the skin: the thin layer that is touched warms up and insulates from the rest.

The railing therefore feels colder because it really makes the skin colder, although its own temperature is \
the same.

In the sauna the direction is turned round. The metal, hotter than skin, heats the skin fast and feels \
burning hot, while the wooden bench at the same 80 °C is bearable. Only where object and skin are equally \
warm, at some 33 °C, would no heat flow and both feel alike.""",
        misconception="Metal feels colder because it really is colder: metals do not store heat, so they lose it during the "
        "night and stay several degrees below the temperature of the room, while wood keeps its warmth. In a sauna the "
        "metal would therefore also be the cooler of the two and more pleasant to touch.",
    ),
    Question(
        name="mirror-image",
        subject="physics",
        title="Why does a mirror swap left and right but not up and down?",
        body="When I raise my right hand, my image raises its left. But it does not stand on its head. The mirror is a "
        "flat sheet of glass and cannot know which direction is up. What breaks the symmetry?",
        answer="""A mirror swaps neither left and right nor up and down. It reverses the direction \
perpendicular to its surface: front and back.

Put the mirror in the x-y plane. It sends a point (x, y, z) to (x, y, -z). Wave the hand on your eastern \
side and the hand of the image on the eastern side moves; point up and the image points up; point at the \
mirror and the image points at you, in the opposite direction. The optics treats left-right and up-down \
alike, so there is no symmetry to be broken by the mirror.

"Left and right" enters through us, when we compare the image with a person who has turned round to face \
us. Reversing one axis turns a body into one of the other handedness, and no rotation does that. To match \
the image with a real person as well as possible, we imagine that person rotated by 180° about the vertical \
axis, which swaps front with back and left with right. As people are nearly symmetric from left to right, \
this fits except for left and right, and we say that the mirror has swapped them. We could as well imagine \
the person turned about a horizontal axis, head over heels: then we would say that the mirror swaps up and \
down. We choose the vertical axis because that is how people turn round, and because their tops and bottoms \
look different.

Writing seems reversed for the same reason: we turned the page round about a vertical axis to show it to \
the mirror. Turned about a horizontal axis it would appear upside down, and writing on a transparent sheet \
that is not turned reads normally.""",
        misconception="Mirrors swap left and right because our eyes lie side by side. The light that reaches the left eye "
        "comes from the right half of the image and the other way round, so the brain exchanges the two sides. If you lie "
        "on your side, so that your eyes are one above the other, the mirror swaps up and down instead.",
    ),
    Question(
        name="satellite-drag",
        subject="physics",
        title="How can air drag make a satellite faster?",
        body="I read that satellites in low orbits speed up as the thin air slows them down. Drag takes energy away and acts "
        "against the motion. Where is the mistake?",
        answer="""There is none. Drag takes energy away, and the satellite gets faster, because it falls to \
a lower orbit.

On a circular orbit gravity provides the centripetal force, G M m / r² = m v² / r, so v² = G M / r: lower \
orbits are faster. The kinetic energy is K = G M m / (2 r), the potential energy U = -G M m / r, and the \
total energy E = K + U = -G M m / (2 r) = -K. (K = -E is the virial theorem.)

Drag makes E more negative. As E = -G M m / (2 r), the radius r shrinks, and as K = -E, the kinetic energy \
grows by as much as the total energy falls. The potential energy falls by twice that: half of it heats the \
air and the satellite, the other half becomes kinetic energy.

In terms of forces: drag does push backwards. But it makes the path a slow inward spiral, so the velocity \
points slightly below the horizon, and gravity has a component along the motion. For slow decay this \
component is twice as large as the drag, so that the net acceleration along the path is forward and of the \
same size as the drag deceleration would be.

This holds as long as the drag is weak, so that the orbit stays nearly circular. In dense air drag wins and \
the satellite slows down.""",
        misconception="Drag slows the satellite down like any other body, since friction always acts against the motion. The "
        "statement that it speeds up only means the angular speed as it is seen from the ground: on a smaller circle a "
        "slower satellite still comes round sooner. Its speed in kilometres a second goes down all the time.",
    ),
    Question(
        name="buffer-capacity",
        subject="chemistry",
        title="Why does diluting a buffer hardly change its pH but ruin it as a buffer?",
        body="I diluted an acetate buffer of pH 4.76 tenfold. The pH stayed almost the same, but a little sodium hydroxide "
        "then moved it much more than before. How do both go together?",
        answer="""The pH depends on the ratio of the two forms, the capacity on their amounts.

For a buffer of acetic acid HA and acetate A⁻ the Henderson-Hasselbalch equation, pH = pKa + \
log([A⁻]/[HA]), holds as long as both concentrations are much greater than [H⁺] and [OH⁻]. Dilution divides \
both by ten, the ratio stays, and so does the pH: at [A⁻] = [HA] it is pKa = 4.76. (There is a small shift, \
because the activity coefficients of the ions change with the ionic strength, and after much stronger \
dilution, when the concentrations come near 10⁻⁵ mol/l, the dissociation of the acid and then that of water \
can no longer be neglected, and the pH goes to 7.)

Added hydroxide turns HA into A⁻: OH⁻ + HA → A⁻ + H₂O. How far this moves the ratio depends on how much HA \
and A⁻ there is. The buffer capacity is β = dn_b/dpH = 2.303 C · Ka[H⁺]/(Ka + [H⁺])², with C = [HA] + [A⁻]; \
at pH = pKa this is 0.576 C. It is proportional to C, so the same amount of base in the same volume moves \
the pH of the diluted buffer about ten times as far, and more once an appreciable part of the HA is used \
up.

Example: to 1 l of a buffer with 0.10 mol of each form add 0.005 mol NaOH: log(0.105/0.095) = 0.04, pH \
4.80. With 0.010 mol of each: log(0.015/0.005) = 0.48, pH 5.24.""",
        misconception="Dilution shifts the equilibrium so that all of the acid dissociates, which is why there is nothing left "
        "to take up the hydroxide. The pH seems to stay the same only because the hydrogen ions that are set free make up "
        "exactly for the larger volume. The capacity of a buffer depends on the pKa alone, so another acid would be needed.",
    ),
)
"""Heat, reflection, orbits and buffers."""
