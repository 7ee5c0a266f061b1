/** A device of its own that is soon full: a file system in memory. */

import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const SIZE = "400m";

/** Bytes that are written at once. */
const CHUNK = 64 * 1024;

export class SmallDevice {
  readonly directory: string;
  readonly #filler: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.#filler = path.join(directory, "filler");
  }

  /** `undefined` where file systems may not be mounted. */
  static mount(): SmallDevice | undefined {
    const directory = mkdtempSync(path.join(tmpdir(), "chromatid-device-"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", directory], { stdio: "ignore" });
    } catch {
      rmSync(directory, { recursive: true });
      return undefined;
    }
    return new SmallDevice(directory);
  }

  /** Leaves about so many bytes free. */
  fill(left: number): void {
    const chunk = Buffer.alloc(CHUNK);
    const file = openSync(this.#filler, "w");
    // Measured anew each time: the browser is writing too.
    while (this.#free() > left + CHUNK) {
      writeSync(file, chunk);
    }
    closeSync(file);
  }

  #free(): number {
    const { bavail, bsize } = statfsSync(this.directory);
    return bavail * bsize;
  }

  /** Gives back what {@link fill} took. */
  clear(): void {
    rmSync(this.#filler);
  }

  unmount(): void {
    // Processes of a browser that has just ended may still have it open.
    execFileSync("umount", ["--lazy", this.directory]);
    rmSync(this.directory, { recursive: true });
  }
}
