//! The rules that a request has to keep, with Chroma's messages (spec: rest-api 1.3, 1.4, 3, 4).
