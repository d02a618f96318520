// The AI SDK in the matrix, with its provider for OpenAI-compatible servers.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { City, Forecast, failure, get, mild, serve } from "./matrix.mjs";

const request = ({ base, question, tokens }) => ({
  model: createOpenAICompatible({ name: "martlet", baseURL: base, apiKey: "unused", supportsStructuredOutputs: true })("any"),
  prompt: question,
  maxOutputTokens: tokens,
  temperature: 0,
});
const text = async (task) => ({ text: (await generateText(request(task))).text });

await serve({
  text,
  retry: text,
  async stream(task) {
    const pieces = [];
    for await (const piece of streamText(request(task)).textStream) pieces.push(piece);
    return { pieces };
  },
  async tools(task) {
    const tools = { [get.name]: tool({ description: get.description, inputSchema: City, execute: async ({ city }) => mild(city) }) };
    const result = await generateText({
      ...request(task),
      tools,
      providerOptions: { martlet: { parallel_tool_calls: false } },
      stopWhen: stepCountIs(2),
      prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? "required" : "none" }),
    });
    return { cities: result.steps[0].toolCalls.map((call) => call.input.city), text: result.text };
  },
  structured: async (task) => (await generateObject({ ...request(task), schema: Forecast })).object,
  error: (task) => failure(generateText({ ...request(task), temperature: 9 })),
  async cancel(task) {
    const leaving = new AbortController();
    for await (const piece of streamText({ ...request(task), abortSignal: leaving.signal }).textStream) {
      if (piece) leaving.abort();
    }
    return { left: leaving.signal.aborted };
  },
});
