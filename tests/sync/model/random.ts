export { seededRandom } from "../../client/support/random.js";
