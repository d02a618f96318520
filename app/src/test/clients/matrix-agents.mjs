// The OpenAI Agents SDK over chat completions in the matrix.
import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled, tool } from "@openai/agents";
import OpenAI from "openai";
import { City, Forecast, failure, get, mild, serve } from "./matrix.mjs";

setTracingDisabled(true);

const agent = ({ base, tokens }, settings = {}, options = {}) =>
  new Agent({
    name: "Forecaster",
    instructions: "Be brief.",
    model: new OpenAIChatCompletionsModel(new OpenAI({ baseURL: base, apiKey: "unused" }), "any"),
    modelSettings: { temperature: 0, maxTokens: tokens, ...settings },
    ...options,
  });
const text = async (task) => ({ text: (await run(agent(task), task.question)).finalOutput });

await serve({
  text,
  retry: text,
  async stream(task) {
    const pieces = [];
    const result = await run(agent(task), task.question, { stream: true });
    for await (const piece of result.toTextStream()) pieces.push(piece);
    await result.completed;
    return { pieces };
  },
  async tools(task) {
    const tools = [tool({ ...get, parameters: City, execute: async ({ city }) => mild(city) })];
    const forced = agent(task, { toolChoice: "required", parallelToolCalls: false }, { tools, toolUseBehavior: "stop_on_first_tool" });
    const first = await run(forced, task.question);
    const calls = first.newItems.filter((item) => item.type === "tool_call_item");
    const last = await run(agent(task, { toolChoice: "none" }, { tools }), first.history);
    return { cities: calls.map((item) => JSON.parse(item.rawItem.arguments).city), text: last.finalOutput };
  },
  structured: async (task) => (await run(agent(task, {}, { outputType: Forecast }), task.question)).finalOutput,
  error: (task) => failure(run(agent(task, { temperature: 9 }), task.question)),
  async cancel(task) {
    const leaving = new AbortController();
    const result = await run(agent(task), task.question, { stream: true, signal: leaving.signal });
    for await (const piece of result.toTextStream()) {
      if (piece) leaving.abort();
    }
    return { left: leaving.signal.aborted };
  },
});
