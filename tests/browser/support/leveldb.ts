/**
 * The logs of Chromium's IndexedDB, a LevelDB, after its browser was killed.
 *
 * A kill in the middle of an append leaves a record without its end. LevelDB passes over it, but Chromium then goes on appending behind it
 * (`reuse_logs`), and the next browser takes what comes there for damage and deletes the database with all that the origin kept in IndexedDB
 * (crbug.com/460568; it does not do so on ChromeOS for that reason). No page can see or hinder that. It is not what these tests are about, so
 * the record is cut off before the next browser comes.
 */

import { existsSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import path from "node:path";

/** A log is a row of blocks of this size; a record that does not fit is in parts: FIRST, MIDDLE …, LAST (LevelDB, `doc/log_format.md`). */
const BLOCK_BYTES = 32_768;

/** CRC-32C u32, length u16, kind u8. */
const HEADER_BYTES = 7;

const FULL = 1;
const LAST = 4;

/** Where the last whole record of a log ends. */
export function wholeBytes(log: Buffer): number {
  let whole = 0;
  for (let at = 0; ; ) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (left < HEADER_BYTES) {
      at += left;
      continue;
    }
    if (at + HEADER_BYTES > log.length) {
      return whole;
    }
    const kind = log.readUInt8(at + 6);
    at += HEADER_BYTES + log.readUInt16LE(at + 4);
    if (at > log.length) {
      return whole;
    }
    if (kind === FULL || kind === LAST) {
      whole = at;
    }
  }
}

/** Cuts what a killed browser left without its end off the logs of its profile's IndexedDB. */
export function cutTornRecords(profile: string): void {
  const directory = path.join(profile, "Default", "IndexedDB");
  const files = existsSync(directory) ? readdirSync(directory, { recursive: true, encoding: "utf8" }) : [];
  for (const file of files.filter((name) => /\.leveldb\/\d+\.log$/.test(name))) {
    const log = path.join(directory, file);
    truncateSync(log, wholeBytes(readFileSync(log)));
  }
}
