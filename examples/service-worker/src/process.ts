/** What the client imports as `node:process`. */
export const env: Record<string, string> = {};
export default { env };
