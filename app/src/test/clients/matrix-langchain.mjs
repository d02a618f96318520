// LangChain JS in the matrix.
import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { City, Forecast, failure, get, mild, serve } from "./matrix.mjs";

const chat = ({ base, tokens }, options = {}) =>
  new ChatOpenAI({ model: "any", apiKey: "unused", configuration: { baseURL: base }, temperature: 0, maxTokens: tokens, ...options });
const text = async (task) => ({ text: (await chat(task).invoke(task.question)).text });

await serve({
  text,
  retry: text,
  async stream(task) {
    const pieces = [];
    for await (const chunk of await chat(task).stream(task.question)) {
      if (chunk.text) pieces.push(chunk.text);
    }
    return { pieces };
  },
  async tools(task) {
    const weather = tool(({ city }) => mild(city), { ...get, schema: City });
    const messages = [new HumanMessage(task.question)];
    const asked = await chat(task).bindTools([weather], { tool_choice: "required", parallel_tool_calls: false }).invoke(messages);
    messages.push(asked);
    for (const call of asked.tool_calls) messages.push(await weather.invoke(call));
    const last = await chat(task).bindTools([weather], { tool_choice: "none" }).invoke(messages);
    return { cities: asked.tool_calls.map((call) => call.args.city), text: last.text };
  },
  structured: (task) => chat(task).withStructuredOutput(Forecast, { method: "jsonSchema", strict: true }).invoke(task.question),
  error: (task) => failure(chat(task, { temperature: 9 }).invoke(task.question)),
  async cancel(task) {
    const leaving = new AbortController();
    try {
      for await (const chunk of await chat(task).stream(task.question, { signal: leaving.signal })) {
        if (chunk.text) leaving.abort();
      }
    } catch (thrown) {
      if (!leaving.signal.aborted) throw thrown;
    }
    return { left: leaving.signal.aborted };
  },
});
