// The OpenAI Agents SDK over chat completions; it runs the tool itself.
import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled, tool } from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import { mild, rounds, weather } from "./rounds.mjs";

setTracingDisabled(true);

await rounds(async (baseURL, streamed) => {
  const client = new OpenAI({ baseURL, apiKey: "unused", maxRetries: 0, timeout: 60_000 });
  const agent = new Agent({
    name: "Forecaster",
    instructions: "Answer with the tools.",
    model: new OpenAIChatCompletionsModel(client, "any"),
    tools: [tool({ ...weather, parameters: z.object({ city: z.string() }), execute: async ({ city }) => mild(city) })],
  });
  const result = await run(agent, "How is the weather?", { stream: streamed, maxTurns: 3 });
  if (streamed) {
    for await (const event of result) void event;
    await result.completed;
  }
  const calls = result.newItems
    .filter((item) => item.type === "tool_call_item")
    .map(({ rawItem }) => ({ name: rawItem.name, arguments: JSON.parse(rawItem.arguments), id: rawItem.callId }));
  return { calls, answer: result.finalOutput };
});
