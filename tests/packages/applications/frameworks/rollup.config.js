import alias from "@rollup/plugin-alias";
import commonjs from "@rollup/plugin-commonjs";
import json from "@rollup/plugin-json";
import resolve from "@rollup/plugin-node-resolve";

export default {
  input: "main.js",
  plugins: [alias({ entries: { chromadb: "chromatid/inline" } }), resolve({ browser: true }), commonjs(), json()],
};
