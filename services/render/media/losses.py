"""What a video file holds that no filter brings on the screen, besides its alpha and its colours."""

from collections.abc import Iterator

from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from services.errors import Bilingual
from services.render.media.color_tags import side_data

_DOLBY_TAGS = ("dvh1", "dvhe", "dva1", "dvav", "dav1")
"""Of Dolby Vision without a picture that other players read."""
_UNSPECIFIED = 2


def video_losses(stream: VideoStream, frame: VideoFrame) -> Iterator[Bilingual]:
    """What of a stream is not drawn, by its first frame."""
    dolby = side_data(frame, Type.DOVI_METADATA) != b"" and int(frame.color_trc) == _UNSPECIFIED
    if dolby or stream.codec_context.codec_tag in _DOLBY_TAGS:
        yield Bilingual(
            "It is Dolby Vision without a base that others read (profile 5); its colours come out wrong. Export it as"
            " HDR10, HLG or SDR.",
            "该文件为不含兼容基础层的杜比视界（配置 5），颜色会不正确。请导出为 HDR10、HLG 或 SDR。",
        )
    if frame.rotation % 90:
        yield Bilingual(
            f"It says that it is turned by {frame.rotation} degrees; its corners are cut off. Turn it in the draft.",
            f"该文件标记旋转 {frame.rotation} 度，四角会被裁掉。请改在草稿中旋转。",
        )
