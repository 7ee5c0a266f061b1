/**
 * Builds the console (`www`) into `www/dist`. The package `chromatid` comes through the npm workspace,
 * as any user gets it: its worker by `new Worker(new URL(…))`, its module by `new URL(…)`.
 */

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import CopyPlugin from "copy-webpack-plugin";
import HtmlPlugin from "html-webpack-plugin";
import CssPlugin from "mini-css-extract-plugin";
import webpack from "webpack";
import { GenerateSW } from "workbox-webpack-plugin";

const www = path.join(import.meta.dirname, "www");

/** What runs ONNX models: as large as everything else together, fetched by those who choose such a model. A version has a folder, as its files have no hashes. */
const ORT = path.join(import.meta.dirname, "node_modules/onnxruntime-web");
/** @type {{ version: string }} */
const { version: ORT_VERSION } = JSON.parse(readFileSync(path.join(ORT, "package.json"), "utf8"));
const ORT_FOLDER = `ort-${ORT_VERSION}`;
/** Its modules find their wasm beside themselves, with a thread or by WebGPU. */
const ORT_FILES = ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm", "ort.webgpu.bundle.min.mjs", "ort-wasm-simd-threaded.asyncify.wasm"];

/** The largest file that a reload without a network needs: the embedding table (8 MB), with room. */
const MAX_PRECACHED_FILE_BYTES = 16 * 1024 * 1024;

/** Scripts for formats of files that few people drop. */
const READER_LIBRARIES = /node_modules[\\/](unpdf|hyparquet|hyparquet-compressors|hysnappy|fzstd|htmlparser2|entities|dom[a-z]+)[\\/]/;
const READERS = /^import-.*\.js$/;
const TRANSFORMERS = /^(ort-|transformer).*/;

/**
 * @param {Record<string, unknown>} _env
 * @param {{ mode?: "production" | "development" }} argv
 * @returns {import("webpack").Configuration & { devServer: import("webpack-dev-server").Configuration }}
 */
export default function configure(_env, { mode = "production" }) {
  const production = mode === "production";
  return {
    mode,
    target: ["web", "es2022"],
    context: www,
    entry: { main: "./src/main.tsx" },
    // Never an eval form: a page under `script-src 'self'` must run.
    devtool: production ? "source-map" : "cheap-module-source-map",
    output: {
      path: path.join(www, "dist"),
      filename: production ? "[name].[contenthash:8].js" : "[name].js",
      chunkFilename: production ? "[name].[contenthash:8].js" : "[name].js",
      assetModuleFilename: production ? "[name].[contenthash:8][ext]" : "[name][ext]",
      publicPath: "auto",
      clean: true,
    },
    resolve: { extensions: [".tsx", ".ts", ".js"] },
    module: {
      rules: [
        {
          test: /\.tsx?$/,
          loader: "ts-loader",
          // Types are checked by `tsc` in the test suite, not once more in each build.
          options: { transpileOnly: true, compilerOptions: { noEmit: false } },
        },
        { test: /\.css$/, use: [CssPlugin.loader, "css-loader"], sideEffects: true },
        { test: /\.wasm$/, type: "asset/resource" },
      ],
    },
    plugins: [
      new HtmlPlugin({ template: "./index.html" }),
      // Results that are shipped are copied with the other data.
      new webpack.DefinePlugin({ HAS_BENCH_RESULTS: existsSync(path.join(www, "data/bench-results.json")), ORT_FOLDER: JSON.stringify(ORT_FOLDER) }),
      new CssPlugin({ filename: production ? "[name].[contenthash:8].css" : "[name].css" }),
      new CopyPlugin({
        patterns: [
          { from: "data", to: "data" },
          { from: "public", to: ".", noErrorOnMissing: true },
          // As they are: they are loaded at run time, by their own names.
          ...ORT_FILES.map((file) => ({ from: path.join(ORT, "dist", file), to: `${ORT_FOLDER}/`, info: { minimized: true } })),
        ],
      }),
      ...(production ? [serviceWorker()] : []),
    ],
    optimization: {
      splitChunks: {
        // The libraries of readers bear the readers' names.
        cacheGroups: { readers: { test: READER_LIBRARIES, chunks: "async", enforce: true, name: (_, [chunk]) => `${chunk?.name ?? "import-reader"}-library` } },
      },
    },
    // `npm run size` holds every artefact against size-budget.json.
    performance: { hints: false },
    stats: "errors-warnings",
    devServer: {
      host: "127.0.0.1",
      port: 8601,
      allowedHosts: ["127.0.0.1", "localhost"],
      hot: false,
      static: false,
      client: { overlay: { runtimeErrors: false } },
    },
  };
}

/**
 * Caches the application whole, so that a reload needs no network. A new version takes over when the last tab
 * of the old one is closed: an open page never loses the chunks it may still load.
 */
function serviceWorker() {
  return new GenerateSW({
    swDest: "service-worker.js",
    // Views are told apart behind the `#`: other paths of the site are others' pages.
    clientsClaim: true,
    skipWaiting: false,
    cleanupOutdatedCaches: true,
    maximumFileSizeToCacheInBytes: MAX_PRECACHED_FILE_BYTES,
    // Names with a content hash need no revision and no cache-busting.
    dontCacheBustURLsMatching: /\.[0-9a-f]{8}\./,
    // What reads PDF, Parquet and HTML, or runs models, is fetched by those who use it, and kept from then on.
    exclude: [/\.map$/, /^service-worker\.js$/, READERS, TRANSFORMERS],
    runtimeCaching: [
      { urlPattern: ({ url }) => /\/import-[^/]*\.js$/.test(url.pathname), handler: "CacheFirst", options: { cacheName: "readers", expiration: { maxEntries: 12 } } },
      { urlPattern: ({ url, sameOrigin }) => sameOrigin && /\/(ort-[^/]*\/[^/]*|transformer[^/]*\.js)$/.test(url.pathname), handler: "CacheFirst", options: { cacheName: "transformers", expiration: { maxEntries: 8 } } },
    ],
    sourcemap: false,
  });
}
