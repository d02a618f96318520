// What the matrix's npm clients share. Each serves tasks, one JSON object a line: the cell, the server's base address, the
// question, most tokens of the answer. For each it prints what the client saw, or how it failed, as JSON.
import { createInterface } from "node:readline";
import { z } from "zod";

export const get = { name: "get_weather", description: "Weather of a city" };
export const City = z.object({ city: z.enum(["Oslo", "Rome"]) });
export const Forecast = z.object({ sky: z.enum(["clear", "cloudy"]), degrees: z.number().int().min(-40).max(50), rain: z.boolean() });
export const mild = (city) => `mild in ${city}`;

/** What a failed request tells, by the names that most clients have. */
export async function failure(request) {
  try {
    await request;
    return { status: 200 };
  } catch (thrown) {
    return { status: thrown.status ?? thrown.statusCode, message: String(thrown.message) };
  }
}

export async function serve(cells) {
  for await (const line of createInterface({ input: process.stdin })) {
    const task = JSON.parse(line);
    let seen;
    try {
      seen = await cells[task.cell](task);
    } catch (thrown) {
      seen = { failed: String(thrown?.stack ?? thrown) };
    }
    console.log(JSON.stringify(seen));
  }
}
