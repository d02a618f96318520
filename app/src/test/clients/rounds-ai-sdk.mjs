// The AI SDK with its provider for OpenAI-compatible servers; it runs the tool itself.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { mild, rounds, weather } from "./rounds.mjs";

const tools = {
  [weather.name]: tool({
    description: weather.description,
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => mild(city),
  }),
};

await rounds(async (baseURL, streamed) => {
  const model = createOpenAICompatible({ name: "martlet", baseURL, apiKey: "unused", includeUsage: true })("any");
  const request = { model, tools, prompt: "How is the weather?", stopWhen: stepCountIs(3), maxRetries: 0 };
  const result = streamed ? streamText({ ...request, onError: ({ error }) => { throw error; } }) : await generateText(request);
  const [first] = await result.steps;
  const calls = first.toolCalls.map((call) => ({ name: call.toolName, arguments: call.input, id: call.toolCallId }));
  return { calls, answer: await result.text };
});
