/** The module of regular expressions as text; see {@link inflate}. The build of the package replaces this file by its bundle. */

import text from "../../wasm/patterns.wasm";

export default text as string;
