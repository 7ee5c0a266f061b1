/** What each application does: the answer tells whether all of the package came along, what is loaded late included. */
export async function program({ open }, options) {
  const client = await open(options);
  const colours = await client.getOrCreateCollection({ name: "colours", embeddingFunction: null });
  const before = await colours.count();
  await colours.upsert({
    ids: ["red", "green", "orange"],
    embeddings: [[1, 0, 0], [0, 1, 0], [1, 0.6, 0]],
    documents: ["the colour of cherries", "the colour of grass", "the colour of carrots"],
  });
  const nearest = await colours.query({ queryEmbeddings: [[1, 0.5, 0]], nResults: 2 });
  const matching = await colours.get({ whereDocument: { $regex: "c(her|ar)r" } });
  const { storage, worker } = await client.info();
  await client.close();
  return { before, nearest: nearest.ids[0], matching: matching.ids, storage, worker };
}
