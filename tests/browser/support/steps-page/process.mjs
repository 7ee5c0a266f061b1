/** What the client imports as `node:process`: a page has no environment. */
export const env = {};
export default { env };
