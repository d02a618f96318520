// Runs one client's `round(base, streamed)` against each server of the JSON object in argv[2], whole and streamed, and
// prints what it saw by format as JSON. A round gives the calls ({name, arguments, id}) and the last answer's text.
export const weather = { name: "get_weather", description: "Weather of a city" };
export const mild = (city) => `mild in ${city.replaceAll('"', "")}`;

export async function rounds(round) {
  const seen = {};
  for (const [format, base] of Object.entries(JSON.parse(process.argv[2]))) {
    for (const streamed of [false, true]) {
      const key = `${format} ${streamed ? "streamed" : "whole"}`;
      try {
        seen[key] = await round(`${base}/v1`, streamed);
      } catch (thrown) {
        seen[key] = { calls: [], answer: String(thrown?.stack ?? thrown) };
      }
    }
  }
  console.log(JSON.stringify(seen));
}
