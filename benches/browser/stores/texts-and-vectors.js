// Texts with their vectors, for hybrid search.
import { textsAdapter } from "./texts.js";

export const adapter = textsAdapter(true);
