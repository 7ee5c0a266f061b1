/** Hooks on live queries: a component shows what a collection holds, and is rendered again when a write has changed that. */

import { createContext, createElement, type ReactNode, useContext, useEffect, useState } from "react";

import type { ChromaClient } from "../client.js";
import type { Collection, Facet, FacetsArgs, GetArgs, QueryArgs, WatchArgs, Watched } from "../collection-api.js";
import type { GetResult, QueryResult, SearchResult } from "../results.js";
import type { SearchLike } from "../search/search.js";
import { isSame } from "./same.js";

/** What is known of an answer that comes later, and again. */
export interface Live<T> {
  /** The latest result; while {@link pending}, that of the arguments before, so that nothing jumps. */
  readonly data: T | undefined;
  /** What went wrong; a live query has ended then, until other arguments are given. */
  readonly error: unknown;
  /** Whether there is neither a result nor an error for the present arguments yet. */
  readonly pending: boolean;
}

const ClientContext = createContext<ChromaClient | undefined>(undefined);

/** Gives a client to the hooks below it. It is the caller's to open and to close. */
export function ChromaProvider({ client, children }: { client: ChromaClient; children?: ReactNode }): ReactNode {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the provider above. */
export function useClient(): ChromaClient {
  const client = useContext(ClientContext);
  if (!client) {
    throw new Error("no client is there: put a <ChromaProvider client={…}> above, or give the hook a collection");
  }
  return client;
}

/** Which collection {@link useCollection} is about: what `getCollection` takes, or with `create` what `getOrCreateCollection` does. */
export type CollectionArgs =
  | string
  | (Parameters<ChromaClient["getCollection"]>[0] & { create?: false })
  | (Parameters<ChromaClient["getOrCreateCollection"]>[0] & { create: true });

/** A collection of the provider's client. Another `name` is another one; what else is given counts when it is opened. */
export function useCollection(args: CollectionArgs): Live<Collection> {
  const client = useClient();
  const named: Exclude<CollectionArgs, string> = typeof args === "string" ? { name: args } : args;
  const { data, ...live } = useLive<ChromaClient, object, Collection>(client, { name: named.name, create: named.create }, (show, fail) => {
    (named.create ? client.getOrCreateCollection(named) : client.getCollection(named)).then(show, fail);
    return () => undefined;
  });
  // The one of another name is none.
  return { ...live, data: live.pending || live.error !== undefined ? undefined : data };
}

/** Records, by ids or filters; all without them. As all hooks below: nothing is asked as long as there is no collection. */
export function useGet(collection: Collection | undefined, args: GetArgs = {}): Live<GetResult> {
  return useWatch(collection, { get: args });
}

/** The records nearest to vectors or texts. As all hooks below: nothing is asked without arguments. */
export function useQuery(collection: Collection | undefined, args: QueryArgs | undefined): Live<QueryResult> {
  return useWatch(collection, args && { query: args });
}

/** The records that searches rank. */
export function useSearch(collection: Collection | undefined, search: SearchLike | SearchLike[] | undefined): Live<SearchResult> {
  return useWatch(collection, search && { search });
}

/** How many records have each value of metadata keys. */
export function useFacets(collection: Collection | undefined, args: FacetsArgs | undefined): Live<Facet[]> {
  return useWatch(collection, args && { facets: args });
}

/** How many records there are. */
export function useCount(collection: Collection | undefined): Live<number> {
  return useWatch(collection, COUNT);
}

const COUNT = { count: true } as const;

function useWatch<A extends WatchArgs>(collection: Collection | undefined, args: A | undefined): Live<Watched<A>> {
  return useLive(collection, args, (show, fail, subject, question) => subject.watch(question, show, fail));
}

/** Starts what brings answers to a question; answers what ends that. */
type Start<S, Q, T> = (show: (value: T) => void, fail: (error: unknown) => void, subject: S, question: Q) => () => void;

interface Seen<T> {
  asked: object;
  subject: unknown;
  data: T | undefined;
  error: unknown;
}

/** Follows the answers of a subject to a question, until the caller is gone or asks something else. */
function useLive<S, Q, T>(subject: S | undefined, question: Q | undefined, start: Start<S, Q, T>): Live<T> {
  const asked = useStable(subject, question);
  const [seen, setSeen] = useState<Seen<T>>();
  useEffect(() => {
    if (asked.subject === undefined || asked.question === undefined) {
      return;
    }
    let isOver = false;
    const see = (error: unknown, data?: T): void => {
      if (!isOver) {
        setSeen((before) => ({ asked, subject: asked.subject, error, data: data ?? (before?.subject === asked.subject ? before?.data : undefined) }));
      }
    };
    const stop = start((data) => see(undefined, data), (error) => see(error), asked.subject, asked.question);
    return () => {
      isOver = true;
      stop();
    };
    // What `start` closes over is in the question.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [asked]);
  const isAsked = asked.subject !== undefined && asked.question !== undefined;
  const isCurrent = seen?.asked === asked;
  return {
    data: isAsked && seen?.subject === asked.subject ? seen?.data : undefined,
    error: isCurrent ? seen.error : undefined,
    pending: isAsked && !isCurrent,
  };
}

/** The first of the pairs that ask the same of the same: objects that are written anew at each render are one question. */
function useStable<S, Q>(subject: S, question: Q): { subject: S; question: Q } {
  const [stable, setStable] = useState({ subject, question });
  if (stable.subject === subject && isSame(stable.question, question)) {
    return stable;
  }
  const next = { subject, question };
  setStable(next);
  return next;
}
