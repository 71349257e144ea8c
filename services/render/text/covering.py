"""Pictures within letters."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from services.render.box import Box


def covering(path: Path, over: Box, alpha: float) -> Callable[[Box], Image.Image]:
    """The part within a box of a picture that covers `over`, about its middle and in its own proportions, with its
    opacity multiplied by `alpha`.
    """
    with Image.open(path) as opened:
        whole = opened.convert("RGBA")
    if alpha < 1:
        whole.putalpha(whole.getchannel("A").point([round(value * alpha) for value in range(256)]))
    width, height = over.size
    scale = min(whole.width / width, whole.height / height)
    left = (whole.width - scale * (over.left + over.right)) / 2
    top = (whole.height - scale * (over.top + over.bottom)) / 2
    if scale > 1:  # bilinear samples would skip pixels
        whole = whole.resize(
            (max(1, round(whole.width / scale)), max(1, round(whole.height / scale))), Image.Resampling.LANCZOS
        )
        left, top, scale = left / scale, top / scale, 1.0

    def part(box: Box) -> Image.Image:
        matrix = (scale, 0.0, left + scale * box.left, 0.0, scale, top + scale * box.top)
        return whole.transform(box.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)

    return part
