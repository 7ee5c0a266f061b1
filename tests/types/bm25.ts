/** Compile-only: BM25 has the types of `@chroma-core/chroma-bm25`, in both directions where no private members forbid it. */

import type * as official from "@chroma-core/chroma-bm25";

import type * as ours from "../../pkg/src/entry/bm25.js";

type Assert<T extends true> = T;
type Fits<A, B> = [A] extends [B] ? true : false;
type Same<A, B> = [Fits<A, B>, Fits<B, A>, Fits<keyof A, keyof B>, Fits<keyof B, keyof A>] extends true[] ? true : false;

type Ours = typeof ours.ChromaBm25EmbeddingFunction;
type Official = typeof official.ChromaBm25EmbeddingFunction;

/** The public members: a private one would make each class a type of its own. */
type Public<T> = Pick<T, keyof T>;

export type Exports = Assert<Fits<keyof typeof official, keyof typeof ours>>;
export type Options = Assert<Same<ours.ChromaBm25Args, official.ChromaBm25Args>>;
export type Config = Assert<Same<ours.ChromaBm25Config, official.ChromaBm25Config>>;
export type Constructor = Assert<Same<ConstructorParameters<Ours>, ConstructorParameters<Official>>>;
export type Members = Assert<Same<Public<InstanceType<Ours>>, Public<InstanceType<Official>>>>;
export type Statics = Assert<Same<Parameters<Ours["validateConfig"]>, Parameters<Official["validateConfig"]>>>;
export type Built = Assert<
  Same<Public<ReturnType<Ours["buildFromConfig"]>>, Public<ReturnType<Official["buildFromConfig"]>>>
>;
export type StopWords = Assert<
  Same<typeof ours.DEFAULT_CHROMA_BM25_STOPWORDS, typeof official.DEFAULT_CHROMA_BM25_STOPWORDS>
>;
