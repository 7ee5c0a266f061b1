/**
 * Runs what warns on the console that it is out of date.
 * @template T
 * @param {() => T} run
 * @returns {T}
 */
export function quietly(run) {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return run();
  } finally {
    console.warn = warn;
  }
}
