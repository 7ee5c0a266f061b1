/** Bars of progress. The build of the package puts their code here (`webpack.config.js`). */

import progress from "cli-progress";

export const { SingleBar } = progress;
export type { SingleBar as Bar } from "cli-progress";
