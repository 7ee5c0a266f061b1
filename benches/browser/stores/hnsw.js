// The graph that a collection gets when it asks for one, with the parameters that hnswlib is measured with.
import { adapterOf } from "./adapter.js";

export const adapter = adapterOf({ max_neighbors: 16, ef_construction: 200, ef_search: 64 }, [16, 24, 32, 48, 64, 96, 128, 192]);
