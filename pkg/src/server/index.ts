/** What every entry point of the handler has in common. */

export { type Access, type Authorize, ForbiddenError, type Identity, type Sender, type TokenGrant, tokens } from "./access.js";
export type { CorsOptions } from "./cors.js";
export type { Counters } from "./counters.js";
export type { Handler, HandlerLimits, HandlerOptions } from "./handler.js";
export { type HttpReply, type HttpRequest, TooLargeError } from "./http.js";
