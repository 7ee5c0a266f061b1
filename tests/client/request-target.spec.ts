/** Where a request goes: its path as it stands in its URL. */

import { expect, test } from "@playwright/test";

import { targetOf } from "../../pkg/src/server/http";

test("nothing of a path is resolved", () => {
  const targets: [url: string, path: string, query: string][] = [
    ["/api/v2/version", "/api/v2/version", ""],
    ["/api/v2/version?", "/api/v2/version", ""],
    ["/a?b=c?d", "/a", "b=c?d"],
    ["/a#b?c", "/a", ""],
    ["/a/../b/%2e%2e/c", "/a/../b/%2e%2e/c", ""],
    ["//elsewhere/api/v2/version", "//elsewhere/api/v2/version", ""],
    ["http://host:8000/a?b=http://c", "/a", "b=http://c"],
    ["HTTPS://host", "/", ""],
    ["http://host?a", "/", "a"],
    ["*", "*", ""],
    ["", "/", ""],
  ];
  for (const [url, path, query] of targets) {
    expect(targetOf(url), url).toEqual({ path, query });
  }
});
