/** The stemmer of English words (Porter2), a package that `webpack.config.js` puts in place of its import. */

import { stem as porter2 } from "porter2";

/** The stem of a word in lower case. */
export const stem: (word: string) => string = porter2;
