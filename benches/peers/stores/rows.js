// Parts that several adapters share.

/** The single rows of a matrix. */
export const rowsOf = (vectors, dimension) =>
  Array.from({ length: vectors.length / dimension }, (_, i) => vectors.subarray(i * dimension, (i + 1) * dimension));

/** Whether a row has the metadata that a filter asks for. */
export const matches = (metadata, filter) => Object.entries(filter).every(([key, value]) => metadata[key] === value);

/** What a store that offers no choice between time and recall is configured by. */
export const noKnob = () => undefined;
