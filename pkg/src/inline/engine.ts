/** The engine's module as text; see {@link inflate}. The build of the package replaces this file by its bundle. */

import text from "../../wasm/chromatid_bg.wasm";

export default text as string;
