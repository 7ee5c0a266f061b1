"""What the steps of a chapter work on: the official client against one server, and what earlier steps have left."""

import inspect

import chromadb
from chromadb import EmbeddingFunction
from chromadb.api.types import SparseEmbeddingFunction
from chromadb.base_types import SparseVector
from chromadb.config import Settings
from chromadb.utils.embedding_functions import register_embedding_function, register_sparse_embedding_function

HOST = "127.0.0.1"

# Five records in two dimensions.
ANIMALS = {
    "ids": ["cat", "tiger", "dog", "eagle", "salmon"],
    "embeddings": [[0, 0], [1, 0], [0, 2], [6, 0], [0, 9]],
    "documents": ["a small feline", "a large feline", "a loyal canine", "a bird of prey", "a fish. It swims"],
    "metadatas": [
        {"legs": 4, "weight": 4.5, "home": True, "sound": "meow", "tags": ["pet", "fur"]},
        {"legs": 4, "weight": 220.5, "home": False, "sound": "roar", "tags": ["wild", "fur"]},
        {"legs": 4, "weight": 30.25, "home": True, "sound": "bark", "tags": ["pet"]},
        {"legs": 2, "weight": 5.5, "home": False},
        {"legs": 0, "weight": 3.5, "home": False},
    ],
    "uris": ["a://cat", "a://tiger", "a://dog", "a://eagle", "a://salmon"],
}


@register_embedding_function
class LetterCounts(EmbeddingFunction):
    """Embeds a text as its numbers of vowels and of other letters."""

    def __init__(self):
        pass

    def __call__(self, input):
        vowels = [sum(text.count(vowel) for vowel in "aeiou") for text in input]
        return [[float(count), float(len(text) - count)] for text, count in zip(input, vowels)]

    @staticmethod
    def name():
        return "letter_counts"

    @staticmethod
    def build_from_config(config):
        return LetterCounts()

    def get_config(self):
        return {"counts": "letters"}

    def default_space(self):
        return "l2"

    def supported_spaces(self):
        return ["l2", "cosine", "ip"]


@register_sparse_embedding_function
class WordLengths(SparseEmbeddingFunction):
    """Embeds a text as the lengths of its words, by their places."""

    def __init__(self):
        pass

    def __call__(self, input):
        lengths = [[float(len(word)) for word in text.split(" ")] for text in input]
        return [SparseVector(indices=list(range(len(values))), values=values) for values in lengths]

    @staticmethod
    def name():
        return "word_lengths"

    @staticmethod
    def build_from_config(config):
        return WordLengths()

    def get_config(self):
        return {}


class World:
    def __init__(self, kind, port):
        self.kind = kind
        self.port = port
        self.client = None
        self.admin = None
        # Collections of earlier steps.
        self.kept = {}

    @classmethod
    async def connect(cls, kind, port):
        world = cls(kind, port)
        world.client = await world.connected()
        # Tenants and databases have a plain client only.
        world.admin = chromadb.AdminClient(
            Settings(
                chroma_api_impl="chromadb.api.fastapi.FastAPI",
                chroma_server_host=HOST,
                chroma_server_http_port=port,
                anonymized_telemetry=False,
            )
        )
        return world

    async def connected(self, **more):
        """A client beside the one that there is."""
        make = getattr(chromadb, self.kind)
        return await self.call(make(host=HOST, port=self.port, settings=Settings(anonymized_telemetry=False, allow_reset=True), **more))

    async def call(self, answer):
        """The answer of a client, be it plain or asynchronous."""
        return await answer if inspect.isawaitable(answer) else answer

    async def make(self, name, **more):
        options = {"embedding_function": None, **more}
        self.kept[name] = await self.call(self.client.create_collection(name, **options))
        return self.kept[name]

    async def make_animals(self, name, **more):
        collection = await self.make(name, **more)
        await self.call(collection.add(**ANIMALS))
        return collection
