// The npm `openai` client in the matrix, with its defaults.
import OpenAI from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { City, Forecast, failure, get, mild, serve } from "./matrix.mjs";

const completions = ({ base }) => new OpenAI({ baseURL: base, apiKey: "unused" }).chat.completions;
const request = ({ question, tokens }) => ({
  model: "any",
  messages: [{ role: "user", content: question }],
  max_completion_tokens: tokens,
  temperature: 0,
});
const text = async (task) => ({ text: (await completions(task).create(request(task))).choices[0].message.content });

await serve({
  text,
  retry: text,
  async stream(task) {
    const pieces = [];
    for await (const chunk of await completions(task).create({ ...request(task), stream: true })) {
      if (chunk.choices[0]?.delta.content) pieces.push(chunk.choices[0].delta.content);
    }
    return { pieces };
  },
  async tools(task) {
    const tools = [zodFunction({ ...get, parameters: City })];
    const asked = { ...request(task), tools };
    const first = await completions(task).parse({ ...asked, tool_choice: "required", parallel_tool_calls: false });
    const { message } = first.choices[0];
    const cities = message.tool_calls.map((call) => call.function.parsed_arguments.city);
    const results = message.tool_calls.map((call, i) => ({ role: "tool", tool_call_id: call.id, content: mild(cities[i]) }));
    const last = await completions(task).create({ ...asked, messages: [...asked.messages, message, ...results], tool_choice: "none" });
    return { cities, text: last.choices[0].message.content };
  },
  async structured(task) {
    const answer = await completions(task).parse({ ...request(task), response_format: zodResponseFormat(Forecast, "forecast") });
    return answer.choices[0].message.parsed;
  },
  error: (task) => failure(completions(task).create({ ...request(task), temperature: 9 })),
  async cancel(task) {
    for await (const chunk of await completions(task).create({ ...request(task), stream: true })) {
      if (chunk.choices[0]?.delta.content) return { left: true };
    }
    return { left: false };
  },
});
