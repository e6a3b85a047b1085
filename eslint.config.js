import js from "@eslint/js";

export default [
  {
    files: ["web/**/*.js", "tests/web/unit/**/*.js", "eslint.config.js"],
    ...js.configs.recommended,
    rules: {
      ...js.configs.recommended.rules,
      "no-undef": "off", // tsc knows better
      complexity: ["error", 8],
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "max-params": ["error", 4],
      "no-console": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  { ignores: ["*", "!web", "!tests", "tests/*", "!tests/web", "!eslint.config.js"] },
];
