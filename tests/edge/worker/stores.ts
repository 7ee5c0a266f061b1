/** A Worker before Durable Objects with stores: `POST /object/<name>` and `POST /sweep`. */

import type { StorageName } from "./adapters";
import type { Fault } from "./faults";
import { answered, askObject, type Bindings } from "./platform";
import { sweep } from "./sweep";

export { Store } from "./object";

export default {
  fetch: (request: Request, bindings: Bindings) =>
    answered(async () => {
      const [, what, name = ""] = new URL(request.url).pathname.split("/");
      const body = await request.text();
      if (what === "object") {
        return askObject(bindings, name, body);
      }
      const { storage, kind, lanes } = JSON.parse(body) as { storage: StorageName; kind: Fault["kind"]; lanes: number };
      return sweep(bindings, storage, kind, lanes);
    }),
};
