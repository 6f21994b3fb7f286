"""An agent with two tools that call Stripe through its own SDK."""
import os

import stripe
from langchain.agents import create_agent

from model import stub
from tools import TOOLS

# A placeholder: `cofferdam run` has put it there, and the sidecar puts the real key in its place.
stripe.api_key = os.environ["STRIPE_API_KEY"]

# In earnest: create_agent("openai:gpt-5", TOOLS, …)
agent = create_agent(stub(), TOOLS, system_prompt="You do the billing. What a tool refuses stays refused.")

if __name__ == "__main__":
    done = agent.invoke({"messages": [("user", "Charge cus_1 $20 and $40, then pay out $5.")]})
    print(done["messages"][-1].content)
