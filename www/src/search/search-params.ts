import { FACETS } from "./facets";
import { MODES, type Mode, type Search } from "./search";

/** A search as parameters of the page's address, so that it can be reloaded, kept and sent. */
export function toParams({ text, mode, selection, like }: Search): URLSearchParams {
  const params = new URLSearchParams();
  if (text !== "") params.set("q", text);
  if (mode !== "meaning") params.set("mode", mode);
  if (like !== undefined) params.set("like", like);
  for (const [key, values] of Object.entries(selection)) values.forEach((value) => params.append(key, value));
  return params;
}

/** Reads an address; what it does not know is left out. */
export function fromParams(params: URLSearchParams): Search {
  const chosen = FACETS.map(({ key }) => [key, params.getAll(key)] as const).filter(([, values]) => values.length > 0);
  return {
    text: params.get("q") ?? "",
    mode: MODES.find((mode): mode is Mode => mode === params.get("mode")) ?? "meaning",
    like: params.get("like") ?? undefined,
    selection: Object.fromEntries(chosen),
  };
}
