/** Runs webpack, as whoever builds for production does. */

import webpack from "webpack";

/**
 * Rejects with what webpack says of errors.
 * @param {import("webpack").Configuration | import("webpack").Configuration[]} configuration
 */
export async function compile(configuration) {
  // A list is what makes it one compiler of several, which a single one may be, too.
  const compiler = webpack([configuration].flat());
  await /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      compiler.run((error, stats) => {
        compiler.close(() => undefined);
        if (error || stats?.hasErrors()) {
          reject(error ?? new Error(stats?.toString("errors-only")));
        } else {
          resolve();
        }
      });
    })
  );
}
