"""The process of a render: its sandbox, the ffmpeg program, previews."""
