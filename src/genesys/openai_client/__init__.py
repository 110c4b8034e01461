"""One asynchronous client for servers that speak OpenAI's protocol: vLLM, SGLang, llama.cpp, providers.

    settings = ClientSettings(endpoints=(Endpoint(url="http://127.0.0.1:8000/v1"),))
    client = OpenAIClient(settings)
    reply = await client.chat({"model": "m", "messages": [{"role": "user", "content": "2 + 2?"}]})
    await client.aclose()

Several endpoints share the load by weight and stand in for one another. What may pass is tried again with
backoff, honouring Retry-After; what cannot pass is one clear error. The key travels in the header alone.
httpx (the extra `server`) loads when a client is made.
"""

from genesys.openai_client.client import OpenAIClient
from genesys.openai_client.endpoint import Endpoint
from genesys.openai_client.ledger import Ledger
from genesys.openai_client.settings import ClientSettings

__all__ = ["ClientSettings", "Endpoint", "Ledger", "OpenAIClient"]
