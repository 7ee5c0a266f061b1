/** Requests that are meant to do harm, against this package's server in a process of its own. See tests/clients/README.md. */

import { expect, test } from "@playwright/test";

import { runHostile } from "../clients/hostile/run.mjs";
import { withOurs } from "../clients/server.mjs";
import { Suite } from "../clients/suite.mjs";

const suite = new Suite("hostile");

test("each is answered as by Chroma or better, and the server keeps its data", async () => {
  const outcomes = await withOurs((_, port) => runHostile(port));
  expect(suite.judge("ours", outcomes)).toEqual([]);
});

test("whatever is answered otherwise has its reason", () => {
  expect(suite.unexplained()).toEqual([]);
});

test("who has no token gets in nowhere", async () => {
  await withOurs(
    async (url) => {
      const statusOf = async (path: string, headers: Record<string, string>, method = "GET") =>
        (await fetch(`${url}${path}`, { method, headers })).status;
      const wrong: Record<string, string>[] = [
        {},
        { "x-chroma-token": "" },
        { "x-chroma-token": "secre" },
        { "x-chroma-token": "secret2" },
        { "x-chroma-token": "SECRET" },
        { "x-chroma-token": "a".repeat(10_000) },
        { authorization: "secret" },
        { authorization: "Basic secret" },
        { authorization: "Bearer" },
        { authorization: "Bearer secret secret" },
        { cookie: "x-chroma-token=secret" },
      ];
      const paths = ["/api/v2/auth/identity", "/api/v2/tenants/default_tenant", "/api/v2/./auth/identity", "/api/v2/auth%2fidentity"];
      for (const headers of wrong) {
        for (const path of paths.slice(0, 2)) {
          expect(await statusOf(path, headers), JSON.stringify(headers)).toBe(401);
        }
        expect(await statusOf("/api/v2/reset", headers, "POST")).toBe(401);
      }
      for (const path of paths.slice(2)) {
        expect(await statusOf(path, {})).not.toBe(200);
      }
      const right: Record<string, string>[] = [{ "x-chroma-token": "secret" }, { "x-chroma-token": "Bearer secret" }, { authorization: "Bearer secret" }];
      for (const headers of right) {
        expect(await statusOf("/api/v2/auth/identity", headers)).toBe(200);
      }
      // What a balancer asks needs none.
      expect(await statusOf("/api/v2/heartbeat", {})).toBe(200);
    },
    { token: "secret" },
  );
});
