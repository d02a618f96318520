"""The Python `openai` package in the matrix, with its defaults. It serves tasks as matrix.mjs does."""

import json
import sys
import traceback
from typing import Literal

import openai
from pydantic import BaseModel, Field


class get_weather(BaseModel):
    """Weather of a city"""

    city: Literal["Oslo", "Rome"]


class Forecast(BaseModel):
    sky: Literal["clear", "cloudy"]
    degrees: int = Field(ge=-40, le=50)
    rain: bool


def completions(task):
    return openai.OpenAI(base_url=task["base"], api_key="unused").chat.completions


def request(task):
    messages = [{"role": "user", "content": task["question"]}]
    return dict(model="any", messages=messages, max_completion_tokens=task["tokens"], temperature=0)


def text(task):
    return {"text": completions(task).create(**request(task)).choices[0].message.content}


def stream(task):
    chunks = completions(task).create(**request(task), stream=True)
    return {"pieces": [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]}


def tools(task):
    asked = request(task) | {"tools": [openai.pydantic_function_tool(get_weather)]}
    first = completions(task).parse(**asked, tool_choice="required", parallel_tool_calls=False).choices[0].message
    calls = first.tool_calls
    cities = [call.function.parsed_arguments.city for call in calls]
    asked["messages"].append(first)
    for call, city in zip(calls, cities):
        asked["messages"].append({"role": "tool", "tool_call_id": call.id, "content": f"mild in {city}"})
    return {"cities": cities, "text": completions(task).create(**asked, tool_choice="none").choices[0].message.content}


def structured(task):
    return completions(task).parse(**request(task), response_format=Forecast).choices[0].message.parsed.model_dump()


def error(task):
    try:
        completions(task).create(**request(task) | {"temperature": 9})
        return {"status": 200}
    except openai.APIStatusError as e:
        return {"status": e.status_code, "message": e.message}


def cancel(task):
    with completions(task).create(**request(task), stream=True) as chunks:
        for chunk in chunks:
            if chunk.choices[0].delta.content:
                return {"left": True}
    return {"left": False}


cells = dict(text=text, retry=text, stream=stream, tools=tools, structured=structured, error=error, cancel=cancel)
for line in sys.stdin:
    task = json.loads(line)
    try:
        seen = cells[task["cell"]](task)
    except Exception:
        seen = {"failed": traceback.format_exc()}
    print(json.dumps(seen), flush=True)
