// The index that a collection gets when nothing is configured.
import { adapterOf } from "./adapter.js";

export const adapter = adapterOf({}, [null]);
