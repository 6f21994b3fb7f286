"""An agent with two tools that call Stripe over plain HTTP."""
import asyncio

from agents import Agent, RunConfig, Runner

from model import Stub
from tools import charge, pay_out

# In earnest: model="gpt-5"
agent = Agent(
    name="billing", model=Stub(), tools=[charge, pay_out],
    instructions="You do the billing. What a tool refuses stays refused.")


async def main():
    # Traces go to OpenAI; to a stub they are of no use, and the sidecar lets nothing out that it was not told of.
    config = RunConfig(tracing_disabled=True)
    done = await Runner.run(agent, "Charge cus_1 $20 and $40, then pay out $5.", run_config=config)
    print(done.final_output)


if __name__ == "__main__":
    asyncio.run(main())
