import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

// Loaded by pages or compiled into the engine as they are, outside of every TypeScript project.
const PAGE_SCRIPTS = ["tests/browser/pages/**/*.js", "benches/browser/**/*.js", "benches/peers/{stores,texts}/*.js", "tests/packages/applications/**/*.{js,jsx,mjs,cjs}"];
const ENGINE_SCRIPTS = ["src/**/*.js"];
const NODE_SOURCES = ["pkg/src/entry/node.ts", "pkg/src/node-clients.ts", "pkg/src/storage/node-*.ts", "pkg/src/{cli,node}/**/*.ts"];
// Its packages are not those of the root, and seldom there.
const FRAMEWORK_SCRIPTS = ["tests/clients/frameworks/**/*.mjs"];

export default tseslint.config(
  {
    ignores: ["**/dist/", "**/node_modules/", "**/.next/", "pkg/wasm/", "pkg/console/", "pkg/types/", "target/", ".venv*/", "test-results/"],
  },
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "off",
      "object-shorthand": "error",
      "prefer-const": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports", disallowTypeAnnotations: false }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/no-unnecessary-condition": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/return-await": ["error", "error-handling-correctness-only"],
    },
  },
  {
    files: ["pkg/src/**/*.ts", "www/src/**/*.{ts,tsx}"],
    rules: { "no-console": "error" },
  },
  {
    // Bundles for browsers must not meet modules of Node: only the entry for Node imports what uses them.
    files: ["pkg/src/**/*.ts"],
    ignores: NODE_SOURCES,
    rules: {
      "no-restricted-imports": ["error", { patterns: ["node:*", "**/node-*", "**/node/*", "**/cli/*"] }],
      "no-restricted-globals": ["error", ...Object.keys(globals.node).filter((name) => !(name in globals.browser))],
    },
  },
  {
    files: ["www/src/**/*.{ts,tsx}"],
    extends: [jsxA11y.flatConfigs.recommended, reactHooks.configs.flat["recommended-latest"]],
    languageOptions: { globals: globals.browser },
  },
  { files: ["pkg/src/react/*.ts"], extends: [reactHooks.configs.flat["recommended-latest"]] },
  {
    files: ["scripts/**/*.mjs", "examples/node/*.js", "benches/**/*.mjs", "tests/{clients,conformance}/**/*.mjs", "**/*.config.js"],
    languageOptions: { globals: globals.node },
    rules: {
      // JSON of our own files, typed where it arrives.
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
    },
  },
  {
    // Bodies and answers of any shape, of servers and of two clients: they are compared, never relied on.
    files: ["tests/{clients,conformance}/**/*.mjs", "scripts/conformance/**/*.mjs", "benches/sync/**/*.mjs"],
    rules: {
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  {
    // The first argument of a fixture is destructured even when it needs none.
    files: [
      "tests/{browser,edge,sync}/fixtures.ts",
      "tests/browser/{extension,quota}.spec.ts",
      "tests/packages/support/pages.ts",
      "tests/other-browsers/*.spec.ts",
    ],
    rules: { "no-empty-pattern": "off" },
  },
  {
    files: [...PAGE_SCRIPTS, ...ENGINE_SCRIPTS, ...FRAMEWORK_SCRIPTS],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: globals.worker, parserOptions: { projectService: false } },
  },
  { files: FRAMEWORK_SCRIPTS, languageOptions: { globals: globals.node } },
  { files: PAGE_SCRIPTS, languageOptions: { globals: { ...globals.browser, ...globals.worker } } },
  // Bodies of functions, which may return.
  { files: ENGINE_SCRIPTS, languageOptions: { sourceType: "commonjs" } },
);
