export default { resolve: { alias: { chromadb: "chromatid" } } };
