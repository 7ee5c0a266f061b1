/** What the reports of coverage and of mutants are made of. */

import { expect, test } from "@playwright/test";
import { byModule, linesOf, ranges } from "../../scripts/coverage/lines.mjs";
import { chosen, scoreOf } from "../../scripts/mutants/score.mjs";

const LCOV = `SF:/r/src/log/writer.rs
DA:1,5
DA:2,0
DA:3,0
DA:6,1
end_of_record
SF:/r/src/log/mod.rs
DA:1,1
end_of_record
SF:/r/src/storage/opfs.rs
DA:1,0
end_of_record
SF:/r/src/segment/tests/a.rs
DA:1,0
end_of_record
SF:/home/crates/arrow.rs
DA:1,0
end_of_record
`;

test("lines are counted by module, without those of tests and of other platforms", () => {
  const source = "fn f() {}\n\n\n#[cfg(test)]\nmod tests {\n}\n";
  const files = linesOf(LCOV, "/r/src", () => source);
  expect(files).toEqual([
    { file: "log/writer.rs", lines: 3, covered: 1, missed: [2, 3] },
    { file: "log/mod.rs", lines: 1, covered: 1, missed: [] },
  ]);
  expect([...byModule(files)]).toEqual([["log", { lines: 4, covered: 2 }]]);
  expect(ranges([1, 3, 4, 5, 9])).toBe("1, 3-5, 9");
});

test("a sample of mutants is spread over all of them, and another seed is another sample", () => {
  const all = Array.from({ length: 1000 }, (_, i) => i);
  const sample = chosen(all, 50, 1);
  expect(sample).toHaveLength(50);
  expect(new Set(sample).size).toBe(50);
  expect(sample.filter((i) => i < 500).length).toBeGreaterThan(20);
  expect(sample.filter((i) => i < 500).length).toBeLessThan(30);
  expect(chosen(all, 50, 1)).toEqual(sample);
  expect(chosen(all, 50, 2)).not.toEqual(sample);
  expect(chosen(all, 5000, 1)).toEqual(all);
});

test("a score counts what was noticed among what compiles", () => {
  const outcomes = ["CaughtMutant", "CaughtMutant", "Timeout", "MissedMutant", "Unviable"];
  expect(scoreOf(outcomes)).toEqual({ caught: 3, missed: 1, unviable: 1, score: 0.75 });
});
