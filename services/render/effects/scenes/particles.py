"""Particles that fall or rise, one at most in each cell of a grid; the picture of one height is repeated.

A cell has four numbers c0..c3 of 0..1 from its column and row; its particle's middle is at
(0.3 + 0.4 c0, 0.3 + 0.4 c1), its size 0.07 + 0.13 c2 of the cell, and it is there if c3 < 0.6.
"""

from dataclasses import dataclass

from services.drafts.colors import WHITE, Color
from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.scenes.overlays import laid
from services.render.effects.time import Clock

_DX, _DY, _SIZE = "ld(4)", "ld(5)", "ld(6)"


@dataclass(frozen=True, slots=True)
class Particle:
    """A kind of particle. `shape` is above 0 inside (an expression, in cells), `speed` in heights a second, down."""

    shape: str
    color: Color
    speed: float
    columns: int


RAIN = Particle(f"min(0.05-abs({_DX}),3*{_SIZE}-abs({_DY}))", (0.9, 0.94, 1.0, 1.0), 1.6, 12)
SNOW = Particle(f"{_SIZE}-hypot({_DX},{_DY})", WHITE, 0.2, 9)
BUBBLES = Particle(f"0.04-abs(hypot({_DX},{_DY})-{_SIZE})", (0.9, 0.97, 1.0, 1.0), -0.15, 6)
STARS = Particle(f"{_SIZE}-pow(sqrt(abs({_DX}))+sqrt(abs({_DY})),2)", (1.0, 0.95, 0.7, 1.0), 0.08, 8)
PETALS = Particle(f"{_SIZE}-hypot(0.8*{_DX}+0.6*{_DY},2.2*(0.8*{_DY}-0.6*{_DX}))", (1.0, 0.72, 0.8, 1.0), 0.18, 7)
HEARTS = Particle(f"{_SIZE}-hypot({_DX},-{_DY}-0.7*abs({_DX}))", (1.0, 0.3, 0.45, 1.0), -0.2, 6)


def steps(particle: Particle, s: float, look: Variation, sides: Size, clock: Clock) -> tuple[str, ...]:
    """The particles over the picture."""
    columns = max(2, round(particle.columns * look.pick(1.0, 1.5, 0.7)))
    rows = max(2, round(columns * sides.height / sides.width))
    height = 2 * -(-sides.height // 2)
    opacity = f"{_cell(columns, rows, look.seed)}if(lt(ld(7),0.6),{0.85 * s:.5f}*clip(12*({particle.shape}),0,1),0)"
    speed = particle.speed * look.pick(1.0, 1.4, 0.8, salt=5)
    place = f"2*round({height / 2}*(mod({speed:.4f}*{clock.seconds}+100,1)-1))"
    doubled = "split[gx3][gx4];[gx3][gx4]vstack"
    return (laid(look.color or particle.color, opacity, Size(sides.width, height), ("0", place), clock.rate, doubled),)


def _cell(columns: int, rows: int, seed: int) -> str:
    """Store the place of a pixel in its cell in 4 and 5, the particle's size in 6, and the last number in 7."""
    across, down = f"((X+0.5)/W*{columns})", f"((Y+0.5)/H*{rows})"
    number = [
        f"mod(abs(sin(floor({across})*12.9898+floor({down})*78.233+{seed % 97}+{place * 37.719})*43758.5453),1)"
        for place in range(4)
    ]
    return (
        f"st(4,mod({across},1)-0.3-0.4*{number[0]});st(5,mod({down},1)-0.3-0.4*{number[1]});"
        f"st(6,0.07+0.13*{number[2]});st(7,{number[3]});"
    )
