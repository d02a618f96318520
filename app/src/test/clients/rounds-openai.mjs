// The npm `openai` client: its own accumulator for streams, the tool run by hand.
import OpenAI from "openai";
import { mild, rounds, weather } from "./rounds.mjs";

const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function", function: { ...weather, parameters } }];

await rounds(async (baseURL, streamed) => {
  const { completions } = new OpenAI({ baseURL, apiKey: "unused", maxRetries: 0, timeout: 60_000 }).chat;
  const ask = async (messages) => {
    const request = { model: "any", messages, tools };
    const completion = streamed ? await completions.stream(request).finalChatCompletion() : await completions.create(request);
    return completion.choices[0].message;
  };
  const messages = [{ role: "user", content: "How is the weather?" }];
  const asked = await ask(messages);
  messages.push(asked);
  const calls = asked.tool_calls.map((call) => ({ ...call.function, arguments: JSON.parse(call.function.arguments), id: call.id }));
  for (const call of calls) messages.push({ role: "tool", tool_call_id: call.id, content: mild(call.arguments.city) });
  return { calls, answer: (await ask(messages)).content };
});
