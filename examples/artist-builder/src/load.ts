/**
 * The simulated artists and the people who hear of them: hands in requests for profiles at a fixed rate for each kind of artist, and
 * some seconds later says what was thought of what came of them.
 *
 *     node src/load.ts --url http://127.0.0.1:8081 [--rate 8] [--seed 1]
 *
 * Reviews are sent until the service has them, and now and then once more than that, as such notices are in life. On the message
 * "finish" nothing new is handed in; what was handed in is still reviewed. It tells its counts every second.
 */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { SimulatedPeople } from "@trimtab/example-demonstration/people";
import { ARTIST_TYPES, type ArtistProfile, type ArtistType } from "./profile.ts";
import { randomFrom } from "./random.ts";
import { inventRequest } from "./requests.ts";
import { ratingOf } from "./taste.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    rate: { type: "string", default: "8" },
    seed: { type: "string", default: "1" },
  },
});
const { url } = values;
const rate = Number(values.rate);
if (url === undefined || !(rate > 0 && rate <= 100)) {
  console.error("usage: load.ts --url http://127.0.0.1:<port> [--rate <requests a second and kind>] [--seed 1]");
  process.exit(2);
}
const random = randomFrom(Number(values.seed));

/** When people speak, in milliseconds after the profile was made. What stands for days in life are seconds here. */
const DELAY_MILLISECONDS = { least: 500, most: 6000 };

const people = new SimulatedPeople({ random, reportUrl: `${url}/reviews` });

async function handIn(artistType: ArtistType): Promise<void> {
  const request = inventRequest(artistType, random);
  const response = await fetch(`${url}/profiles`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(10_000),
  });
  if (response.status !== 201 && response.status !== 422)
    throw new Error(`POST /profiles was answered with ${response.status}`);
  const { id, profile } = (await response.json()) as { readonly id: string; readonly profile: ArtistProfile };
  const rating = ratingOf({ request, profile, isRefused: response.status === 422 }, random);
  const { least, most } = DELAY_MILLISECONDS;
  people.sayLater({ id: randomUUID(), request: id, rating }, least + random() * (most - least));
}

for (const type of ARTIST_TYPES) people.act(() => handIn(type), 1000 / rate);
people.listen();
