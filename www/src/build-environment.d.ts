/** Replaced by the bundler. */
declare const HAS_BENCH_RESULTS: boolean;
declare const process: { readonly env: { readonly NODE_ENV?: "production" | "development" } };
