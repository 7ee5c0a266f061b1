export default { entry: "./main.js", resolve: { alias: { chromadb: "chromatid" } } };
