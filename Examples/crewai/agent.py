"""A crew of one with two tools that call Stripe over plain HTTP."""
from crewai import Agent, Crew, Task

from model import Stub
from tools import TOOLS

# In earnest: llm="openai/gpt-5"
clerk = Agent(
    role="Billing clerk", goal="Charge customers.", backstory="What a tool refuses stays refused.",
    llm=Stub(model="stub"), tools=TOOLS)
task = Task(
    description="Charge cus_1 $20 and $40, then pay out $5.", expected_output="What was done.", agent=clerk)

if __name__ == "__main__":
    print(Crew(agents=[clerk], tasks=[task]).kickoff().raw)
