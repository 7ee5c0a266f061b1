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
  // The signals are left alone: they end a copy, at any point.
  const shown = new SingleBar({ format: FORMAT, gracefulExit: false, hideCursor: false, clearOnComplete: true, etaBuffer: 20 });
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
