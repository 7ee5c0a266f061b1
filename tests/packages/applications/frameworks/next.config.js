export default { bundlePagesRouterDependencies: true, turbopack: { resolveAlias: { chromadb: "chromatid" } } };
