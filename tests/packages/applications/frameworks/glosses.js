export const GLOSSES = [
  { id: "kitten", text: "a young domestic cat", metadata: { domain: "animal", legs: 4 } },
  { id: "puppy", text: "a young dog", metadata: { domain: "animal", legs: 4 } },
  { id: "eagle", text: "a large bird of prey with keen vision", metadata: { domain: "animal", legs: 2 } },
  { id: "violin", text: "a bowed instrument with four strings", metadata: { domain: "artifact", legs: 0 } },
  { id: "flute", text: "a woodwind instrument with a slender tube", metadata: { domain: "artifact", legs: 0 } },
];
