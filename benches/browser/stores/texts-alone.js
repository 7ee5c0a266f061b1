// What other stores of texts hold: no vectors.
import { textsAdapter } from "./texts.js";

export const adapter = textsAdapter(false);
