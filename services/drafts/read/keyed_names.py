"""Names of keyframe lists that move neither a segment's place nor its mask: strengths, and styles of texts."""

ADJUSTED: dict[str, str] = {
    "KFTypeBrightness": "brightness",
    "KFTypeContrast": "contrast",
    "KFTypeSaturation": "saturation",
    "KFTypeTemperature": "temperature",
    "KFTypeTone": "tone",
    "KFTypeHue": "hue",
    "KFTypeHightLight": "highlight",
    "KFTypeHighLight": "highlight",
    "KFTypeShadow": "shadow",
    "KFTypeWhite": "white",
    "KFTypeBlack": "black",
    "KFTypeNaturalSaturation": "vibrance",
    "KFTypeSharpen": "sharpen",
    "KFTypeClear": "clear",
    "KFTypeVignetting": "vignetting",
    "KFTypeParticle": "particle",
    "KFTypeLightSensatione": "light_sensation",
}
"""Adjustments: the `type` of the material whose value a list moves. The apps spell some of them so."""
FILTER, LUT = "KFTypeFilter", "KFTypeLUT"
SETTING, SLIDER = "effects_adjust_", "KFTypeEffectAdjustParam"
"""Beginnings of the names of an effect's settings, and of those of its first to third slider."""
STYLED = frozenset(
    {
        "KFTypeTextColor", "KFTypeTextAlpha", "KFTypeBorderColor", "KFTypeBorderAlpha", "KFTypeBorderWidth",
        "KFTypeBackgroundColor", "KFTypeBackgroundAlpha", "KFTypeShadowColor", "KFTypeShadowAlpha", "KFTypeShadowAngle",
        "KFTypeShadowDistance", "KFTypeShadowSmoothing", "KFTypeBackgroundWidth", "KFTypeBackgroundHeight",
        "KFTypeBackgroundOffsetX", "KFTypeBackgroundOffsetY", "KFTypeBackgroundRoundRadius", "KFTypeBloomColor",
        "KFTypeBloomStrength", "KFTypeBloomRange",
    }
)  # fmt: skip
"""Styles of texts."""


def is_strength(name: str) -> bool:
    """Whether a list moves the strength of an effect."""
    return name in ADJUSTED or name in (FILTER, LUT) or name.startswith((SETTING, SLIDER))
