/** Modules that have no generated types, or were not built yet. */
declare module "*.wasm";
