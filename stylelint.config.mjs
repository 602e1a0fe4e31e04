// Properties and selectors that Chromium 86 (the oldest browser that is served) does not know are errors.
export default {
  plugins: ["stylelint-no-unsupported-browser-features"],
  rules: {
    "plugin/no-unsupported-browser-features": [true, { severity: "error", ignorePartialSupport: true }],

    // What the plugin's data does not know, each later than Chromium 86.
    "property-disallowed-list": [
      "/^inset/", "/^(margin|padding)-(inline|block)$/", "/^container/", "/^animation-timeline/", "accent-color",
      "aspect-ratio", "forced-color-adjust", "rotate", "scale", "scrollbar-gutter", "text-decoration-thickness",
      "text-underline-offset", "text-wrap", "translate",
    ],
    "function-disallowed-list": ["color-mix", "hwb", "lab", "lch", "light-dark", "oklab", "oklch"],
    "unit-disallowed-list": ["cqh", "cqw", "dvh", "dvw", "lh", "lvh", "lvw", "rlh", "svh", "svw"],
    "selector-pseudo-class-disallowed-list": ["has", "is", "modal", "user-invalid", "user-valid", "where"],
    "at-rule-disallowed-list": ["container", "layer", "scope", "starting-style"],
    "declaration-property-value-disallowed-list": { "/^overflow/": ["clip"], "/^text-decoration$/": ["/ /"] },
    "media-feature-range-notation": "prefix",
    "max-nesting-depth": 0,

    "block-no-empty": true,
    "color-no-invalid-hex": true,
    "declaration-block-no-duplicate-properties": true,
    "font-family-no-duplicate-names": true,
    "function-linear-gradient-no-nonstandard-direction": true,
    "media-feature-name-no-unknown": true,
    "no-duplicate-at-import-rules": true,
    "no-invalid-double-slash-comments": true,
    "property-no-unknown": true,
    "selector-pseudo-class-no-unknown": true,
    "selector-pseudo-element-no-unknown": true,
    "selector-type-no-unknown": true,
    "unit-no-unknown": true,
  },
};
