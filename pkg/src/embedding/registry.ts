/** Embedding functions by name: registered by their packages, or loaded on demand. */

import { ChromaValueError } from "../errors.js";
import type { Vector } from "../types.js";
import type {
  EmbeddingFunction,
  EmbeddingFunctionClass,
  EmbeddingFunctionClient,
  EmbeddingFunctionConfiguration,
  SparseEmbeddingFunction,
  SparseEmbeddingFunctionClass,
} from "./types.js";

/** Registered dense functions. */
export const knownEmbeddingFunctions = new Map<string, EmbeddingFunctionClass>();

/** Registered sparse functions. */
export const knownSparseEmbeddingFunctions = new Map<string, SparseEmbeddingFunctionClass>();

/** Names that other clients write, and the packages that implement them for JavaScript. */
const PACKAGES = new Map([
  ["onnx_mini_lm_l6_v2", "default-embed"],
  ["default", "default-embed"],
  ["together_ai", "together-ai"],
  ["sentence_transformer", "sentence-transformer"],
  ["google_gemini", "google-gemini"],
  ["google_genai", "google-gemini"],
]);

const SPARSE_PACKAGES = new Map([["chroma_bm25", "chroma-bm25"]]);

/** Functions that exist for Python only. */
const UNSUPPORTED = new Set([
  "amazon_bedrock",
  "baseten",
  "langchain",
  "google_palm",
  "huggingface",
  "instructor",
  "open_clip",
  "roboflow",
  "text2vec",
]);

const UNSUPPORTED_SPARSE = new Set(["bm25", "fastembed_sparse", "huggingface_sparse"]);

/** Registers a dense function; its name must be free. */
export function registerEmbeddingFunction(name: string, fn: EmbeddingFunctionClass): void {
  if (knownEmbeddingFunctions.has(name)) {
    throw new ChromaValueError(`Embedding function with name ${name} is already registered.`);
  }
  knownEmbeddingFunctions.set(name, fn);
}

/** Registers a sparse function; its name must be free. */
export function registerSparseEmbeddingFunction(name: string, fn: SparseEmbeddingFunctionClass): void {
  if (knownSparseEmbeddingFunctions.has(name)) {
    throw new ChromaValueError(`Sparse embedding function with name ${name} is already registered.`);
  }
  knownSparseEmbeddingFunctions.set(name, fn);
}

/** Builds the dense function of a configuration; undefined when that is not possible here. */
export async function getEmbeddingFunction(args: {
  client: EmbeddingFunctionClient;
  efConfig?: EmbeddingFunctionConfiguration;
}): Promise<EmbeddingFunction | undefined> {
  const { client, efConfig } = args;
  const known = { registry: knownEmbeddingFunctions, packages: PACKAGES, unsupported: UNSUPPORTED };
  // A function that makes typed arrays is one for every purpose of the client.
  return build<EmbeddingFunction<Vector>>(known, efConfig, client) as Promise<EmbeddingFunction | undefined>;
}

/** Builds the sparse function of a configuration; undefined when that is not possible here. */
export async function getSparseEmbeddingFunction(
  client: EmbeddingFunctionClient,
  efConfig?: EmbeddingFunctionConfiguration,
): Promise<SparseEmbeddingFunction | undefined> {
  const known = {
    registry: knownSparseEmbeddingFunctions,
    packages: SPARSE_PACKAGES,
    unsupported: UNSUPPORTED_SPARSE,
  };
  return build<SparseEmbeddingFunction>(known, efConfig, client);
}

interface Known<F> {
  registry: Map<string, { buildFromConfig?(config: Record<string, unknown>, client: EmbeddingFunctionClient): F }>;
  packages: ReadonlyMap<string, string>;
  unsupported: ReadonlySet<string>;
}

async function build<F>(
  { registry, packages, unsupported }: Known<F>,
  efConfig: EmbeddingFunctionConfiguration | undefined,
  client: EmbeddingFunctionClient,
): Promise<F | undefined> {
  if (efConfig?.type !== "known" || unsupported.has(efConfig.name)) {
    return undefined;
  }
  const name = packages.get(efConfig.name) ?? efConfig.name;
  if (!registry.has(name)) {
    await loadPackage(name);
  }
  try {
    return registry.get(name)?.buildFromConfig?.((efConfig.config ?? {}) as Record<string, unknown>, client);
  } catch {
    // A collection can be used without its function; embedding a text then says which one is missing.
    return undefined;
  }
}

const loading = new Map<string, Promise<boolean>>();

/** Imports `@chroma-core/<name>`, which registers itself. Answers whether there is such a package here. */
function loadPackage(name: string): Promise<boolean> {
  let loaded = loading.get(name);
  if (!loaded) {
    loaded = importPackage(name).then(
      () => true,
      () => false,
    );
    loading.set(name, loaded);
  }
  return loaded;
}

async function importPackage(name: string): Promise<void> {
  // The name comes from a stored configuration: it must stay within the scope.
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(name)) {
    throw new ChromaValueError(`Not a package name: ${name}`);
  }
  const specifier = `@chroma-core/${name}`;
  const module = (await import(/* webpackIgnore: true */ /* @vite-ignore */ specifier)) as {
    DefaultEmbeddingFunction?: EmbeddingFunctionClass;
  };
  // The default function is the one package that does not register itself.
  if (name === DEFAULT_PACKAGE && module.DefaultEmbeddingFunction && !knownEmbeddingFunctions.has(name)) {
    registerEmbeddingFunction(name, module.DefaultEmbeddingFunction);
  }
}

const DEFAULT_PACKAGE = "default-embed";
let warned = false;

/** The configuration of the default function. Warns, once, when its package is neither registered nor installed. */
export async function getDefaultEFConfig(): Promise<EmbeddingFunctionConfiguration> {
  const available = knownEmbeddingFunctions.has(DEFAULT_PACKAGE) || (await loadPackage(DEFAULT_PACKAGE));
  if (!available && !warned) {
    warned = true;
    // eslint-disable-next-line no-console -- the official client warns here
    console.warn(
      "Cannot instantiate a collection with the DefaultEmbeddingFunction. Please install @chroma-core/default-embed, or provide a different embedding function",
    );
  }
  return { name: "default", type: "known", config: {} };
}

/** The configuration by which a function can be built again; `legacy` when it cannot. */
export function serializeEmbeddingFunction({
  embeddingFunction,
  configEmbeddingFunction,
}: {
  embeddingFunction?: EmbeddingFunction<Vector>;
  configEmbeddingFunction?: EmbeddingFunction<Vector>;
}): EmbeddingFunctionConfiguration | undefined {
  if (embeddingFunction && configEmbeddingFunction) {
    throw new ChromaValueError(
      "Embedding function provided when already defined in the collection configuration",
    );
  }
  const ef = embeddingFunction ?? configEmbeddingFunction;
  return ef && describeFunction(ef);
}

/** The configuration by which a function of any kind can be built again; `legacy` when it cannot. */
export function describeFunction(
  ef: EmbeddingFunction<Vector> | SparseEmbeddingFunction,
): EmbeddingFunctionConfiguration {
  const { buildFromConfig } = ef.constructor as Partial<EmbeddingFunctionClass>;
  if (!ef.getConfig || !ef.name || !buildFromConfig) {
    return { type: "legacy" };
  }
  const config = ef.getConfig();
  ef.validateConfig?.(config);
  return { name: ef.name, type: "known", config };
}
