/** The parser of command lines. The build of the package puts its code here (`webpack.config.js`). */

export { Command, InvalidArgumentError, Option } from "commander";
