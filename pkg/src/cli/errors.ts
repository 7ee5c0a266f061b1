/** What went wrong, for people. */

/** A failure whose message says in a line what happened and what to do about it. */
export class CliError extends Error {
  override readonly name = "CliError";
}

/** The system's name of an error or of what caused it, for instance `EADDRINUSE`. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : errorCode(error.cause);
}

/** Tells a failure in a line on stderr, with its stack only to those who debug; answers the exit code. */
export function report(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`error: ${message.replaceAll(/\s*\n\s*/g, " ")}\n`);
  if (process.env["DEBUG"] === "chromatid" && error instanceof Error) {
    process.stderr.write(`${stackOf(error)}\n`);
  }
  return 1;
}

function stackOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own;
}
