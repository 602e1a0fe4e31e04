// What runs in Chromium 86 (the oldest browser that is served), without a build step.
import js from "@eslint/js";
import compat from "eslint-plugin-compat";

const browser = Object.fromEntries(
  [
    "AbortController", "CSS", "CustomEvent", "Element", "Event", "FormData", "HTMLElement", "IntersectionObserver",
    "Intl", "MutationObserver", "Node", "ResizeObserver", "URL", "URLSearchParams", "bootstrap", "clearInterval",
    "clearTimeout", "console", "document", "echarts", "fetch", "getComputedStyle", "history", "htmx", "localStorage",
    "location", "matchMedia", "navigator", "requestAnimationFrame", "sessionStorage", "setInterval", "setTimeout",
    "window",
  ].map((name) => [name, "readonly"]),
);

export default [
  js.configs.recommended,
  compat.configs["flat/recommended"],
  {
    files: ["static/js/**/*.js"],
    languageOptions: { ecmaVersion: 2020, sourceType: "module", globals: browser },
    rules: {
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-unused-vars": ["error", { caughtErrors: "none" }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
];
