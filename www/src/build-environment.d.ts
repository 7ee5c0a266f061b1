/** Replaced by the bundler. */
declare const HAS_BENCH_RESULTS: boolean;
/** Where the runtime of ONNX models lies beside the page. */
declare const ORT_FOLDER: string;
declare const process: { readonly env: { readonly NODE_ENV?: "production" | "development" } };
