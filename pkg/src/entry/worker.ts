/** The script of the engine's worker. */

import { wasmRuntime } from "../engine/direct.js";
import type { Endpoint } from "../engine/rpc.js";
import { serve } from "../engine/worker-host.js";

serve(globalThis as unknown as Endpoint, wasmRuntime);
