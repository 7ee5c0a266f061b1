// Counts until it is ended; answers every message with where it is.
let count = 0;
setInterval(() => (count += 1), 5);
self.addEventListener("message", () => self.postMessage(count));
