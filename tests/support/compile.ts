/** Runs webpack, as whoever builds for production does. */

import webpack, { type Configuration } from "webpack";

/** Rejects with what webpack says of errors. */
export async function compile(configuration: Configuration | Configuration[]): Promise<void> {
  // A list is what makes it one compiler of several, which a single one may be, too.
  const compiler = webpack([configuration].flat());
  await new Promise<void>((resolve, reject) => {
    compiler.run((error, stats) => {
      compiler.close(() => undefined);
      if (error || stats?.hasErrors()) {
        reject(error ?? new Error(stats?.toString("errors-only")));
      } else {
        resolve();
      }
    });
  });
}
