/** Before all tests of packages. */

import { test } from "@playwright/test";

import { ensureBundlers } from "../../scripts/setup/npm.mjs";
import { install } from "./support/installed";

test("npm packs the package, and installs it", async () => {
  test.setTimeout(300_000);
  await ensureBundlers();
  await install();
});
