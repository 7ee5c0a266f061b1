/** Which calls need the module for regular expressions: no one that has a pattern may do without. */

import { expect, test } from "@playwright/test";

import { usesPatterns } from "../../pkg/src/engine/patterns.js";

const collection = ["tenant", "database", "things"] as const;

test("a filter is looked through for patterns, wherever they are in it", () => {
  for (const whereDocument of [{ $regex: "a" }, { $not_regex: "a" }, { $and: [{ $contains: "b" }, { $or: [{ $regex: "a" }, { $contains: "c" }] }] }]) {
    expect(usesPatterns("get", [...collection, { whereDocument }])).toBe(true);
    expect(usesPatterns("add", [...collection, { whereDocument }])).toBe(false);
  }
  expect(usesPatterns("get", [...collection, { ids: ["$regex"], where: { key: "$regex" }, whereDocument: { $contains: "$regex" } }])).toBe(false);
});

test("the body of a request is looked through for the word", () => {
  const bytes = new TextEncoder();
  const mentions = (body: string, path = "/api/v2/collections/things/get"): boolean => usesPatterns("handle", [{ path }, bytes.encode(body)]);
  for (const body of ["regex", "$regex: x", `{"where_document": {"$not_regex": "^a"}}`, `xx egex xregex`, `${"x".repeat(10)}rrregex`]) {
    expect(mentions(body), body).toBe(true);
  }
  for (const body of ["", "x", "egex", "rege", "reg ex", "regeX", `{"documents": ["exact texts, mixed"]}`]) {
    expect(mentions(body), body).toBe(false);
  }
  expect(mentions("regex", "/api/v2/collections/things/delete")).toBe(true);
  expect(mentions("regex", "/api/v2/collections/things/add")).toBe(false);
});
