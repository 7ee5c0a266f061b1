/** Writes the results of the benchmarks as one page with charts, which needs no server. */

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { SetupError } from "../../scripts/lib/log.mjs";
import { ROOT, run } from "../../scripts/lib/run.mjs";
import { whenChanged } from "../../scripts/lib/stamp.mjs";

const OUT = "target/bench-report";

/**
 * @param {string} results a JSON file
 * @param {string} report where the page goes
 */
export async function writeReport(results, report) {
  const inputs = ["www/src", "www/package.json", "www/tsconfig.json", "benches/report", "package-lock.json"];
  await whenChanged("bench-report", OUT, inputs, async () => {
    const { code } = await run(["node_modules/.bin/webpack", "--config", "benches/report/webpack.config.js"]);
    if (code !== 0) {
      throw new SetupError("the page of charts does not build");
    }
  });
  const part = (/** @type {string} */ name) => readFileSync(path.join(ROOT, OUT, name), "utf8");
  writeFileSync(report, page({ style: part("report.css"), script: part("report.js"), results: readFileSync(results, "utf8") }));
}

/**
 * In a script element only `</script` ends the text, and `<!--` changes what does.
 * @param {{ style: string, script: string, results: string }} parts
 */
function page({ style, script, results }) {
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width, initial-scale=1" />
  <link rel="icon" href="data:," />
  <title>Benchmarks · chromatid</title>
  <style>${style}</style>
  <div id="root"></div>
  <script type="application/json" id="results">${results.replaceAll("<", "\\u003c")}</script>
  <script>${script.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--")}</script>
</html>
`;
}
