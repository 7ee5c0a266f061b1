/** What the console says of a passphrase before it is used. */

import { expect, test } from "@playwright/test";

import { strengthOf } from "../../www/src/lib/passphrase-strength";

const EXPECTED = [
  ["", "too short"],
  ["abc1234", "too short"],
  ["ぱすわーど", "too short"],
  ["aaaaaaaaaaaaaaaaaaaa", "weak"],
  ["abcdefghijklmnopqrst", "weak"],
  ["password", "weak"],
  ["12345678", "weak"],
  ["correct horse", "fair"],
  ["correct horse battery staple", "strong"],
  ["horse horse horse horse", "weak"],
  ["x7$Kq!m2Vw9#Lp", "strong"],
] as const;

for (const [passphrase, strength] of EXPECTED) {
  test(`“${passphrase}” is ${strength}`, () => {
    expect(strengthOf(passphrase)).toBe(strength);
  });
}
