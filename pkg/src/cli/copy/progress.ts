/** How far a copy is: a bar at a terminal, lines elsewhere. */

import { SingleBar } from "../vendor/cli-progress.js";

/** Shows how far something is. */
export interface Progress {
  update(done: number): void;
  stop(): void;
}

/** Pause between lines, in milliseconds. */
const LINES_MS = 5_000;

const FORMAT = "{name} [{bar}] {percentage}% | {value} of {total} | {rate} records/s | {eta_formatted} left";

/** Begins to show how many of `total` records are done, on stderr. */
export function startProgress(name: string, total: number): Progress {
  const rate = startRate();
  return process.stderr.isTTY ? bar(name, total, rate) : lines(name, total, rate);
}

/** Records a second since now. */
function startRate(): (done: number) => number {
  const started = performance.now();
  return (done) => Math.round(done / ((performance.now() - started) / 1000));
}

function bar(name: string, total: number, rate: (done: number) => number): Progress {
  // Signals end a copy at any point, so that nothing of the terminal is changed that would have to be put right.
  const plain = { gracefulExit: false, hideCursor: false, linewrap: true };
  const shown = new SingleBar({ ...plain, format: FORMAT, barsize: 20, clearOnComplete: true });
  shown.start(total, 0, { name, rate: 0 });
  return {
    update(done) {
      shown.update(done, { rate: rate(done) });
    },
    stop() {
      shown.stop();
    },
  };
}

function lines(name: string, total: number, rate: (done: number) => number): Progress {
  let last = performance.now();
  return {
    update(done) {
      if (performance.now() - last >= LINES_MS) {
        last = performance.now();
        process.stderr.write(`${name}: ${String(done)} of ${String(total)}, ${String(rate(done))} records/s\n`);
      }
    },
    stop() {
      // The result is a line of its own.
    },
  };
}
