/** What commands that listen have in common: how they begin, and how they end. */

import { errorCode, report } from "./errors.js";

/** What shells add to the number of a signal that ended a process. */
const SIGNALLED = 128;
const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

/** Why a port is not to be had, and what to do. */
export function listenFailure(error: unknown, { host, port }: { host: string; port: number }): string {
  switch (errorCode(error)) {
    case "EADDRINUSE":
      return `Port ${String(port)} of ${host} is in use: end what listens there, or choose another with --port.`;
    case "EACCES":
      return `Port ${String(port)} is not for this user: choose one above 1023 with --port.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${host} is no address of this machine: give another with --host.`;
    default:
      return `Port ${String(port)} of ${host} cannot be had: ${(error as Error).message}`;
  }
}

/** The first signal lets the requests under way come to their end; another one ends the process at once. */
export function closeOnSignal(close: () => Promise<void>): void {
  let closing = false;
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (closing) {
        process.exit(SIGNALLED + number);
      }
      closing = true;
      close().then(
        () => process.exit(0),
        (error: unknown) => process.exit(report(error)),
      );
    });
  }
}
