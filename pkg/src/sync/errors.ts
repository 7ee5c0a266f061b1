/** What can go wrong with a remote, by what has to be done about it. */

/** Why a request was not answered as asked. */
export type RemoteProblem =
  /** No answer: the network, a server that is down, or one whose CORS rules refuse this page. Whether the request had an effect is not known. */
  | "unreachable"
  /** 429 or 503: later. */
  | "busy"
  /** 401, or credentials that no request can carry. */
  | "unauthenticated"
  /** 403. */
  | "forbidden"
  /** 404. */
  | "missing"
  /** 410: what has changed since is not known any more. */
  | "gone"
  /** 413, or more rows than the server can bear: less at once. */
  | "too-large"
  /** 422: a quota of the server. */
  | "quota"
  /** 400, 409 and 501: the server does not take what was sent. */
  | "refused"
  /** An answer that no Chroma server gives. */
  | "not-chroma"
  /** Everything else that the server calls its own fault. */
  | "failed";

/** A remote that does not do what was asked. */
export class RemoteError extends Error {
  override name = "ChromaRemoteError";
  constructor(
    /** What kind of problem it is. */
    readonly problem: RemoteProblem,
    message: string,
    /** The status of the answer, if there was one. */
    readonly status?: number,
    /** Milliseconds that the server wants to be left alone. */
    readonly retryAfter?: number,
    override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** A link that does not go on by itself: `state` says why, the message what to do. */
export class LinkPausedError extends Error {
  override name = "ChromaLinkPausedError";
  constructor(
    readonly state: "auth-required" | "relink-required" | "remote-shrank" | "forbidden" | "refused",
    message: string,
    override readonly cause?: unknown,
  ) {
    super(message);
  }
}
