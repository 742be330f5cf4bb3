/**
 * The simulated platform with its audiences, and the people who order posts: orders one after the other for each audience, takes what
 * is published, and reports some seconds later how much people did about it.
 *
 *     node src/load.ts --url http://127.0.0.1:8082 --port 8083 [--rate 8] [--seed 1]
 *
 * Reports are sent until the service has them, and now and then once more than that, as such notices are in life. On the message
 * "finish" nothing new is ordered; what was ordered is still published and reported. It tells its counts every second.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { randomFrom } from "@trimtab/example-artist-builder/random";
import { SimulatedPeople } from "@trimtab/example-demonstration/people";
import { engagementOf } from "./audience-taste.ts";
import { AUDIENCES, type Audience, type Post } from "./content.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    port: { type: "string", default: "8083" },
    rate: { type: "string", default: "8" },
    seed: { type: "string", default: "1" },
  },
});
const { url } = values;
const rate = Number(values.rate);
if (url === undefined || !(rate > 0 && rate <= 100)) {
  console.error(
    "usage: load.ts --url http://127.0.0.1:<port> --port <own port> [--rate <posts a second and audience>] [--seed 1]",
  );
  process.exit(2);
}
const random = randomFrom(Number(values.seed));

/** When the platform reports, in milliseconds after a post is out. What stands for days in life are seconds here. */
const DELAY_MILLISECONDS = { least: 500, most: 5000 };

const people = new SimulatedPeople({ random, reportUrl: `${url}/engagement` });

/** Posts that came already: a post is taken under its id, once however often it is published. */
const seen = new Set<string>();

async function order(audience: Audience): Promise<void> {
  const artists = await artistsOf();
  const artist = artists[Math.floor(random() * artists.length)];
  const response = await fetch(`${url}/posts`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ audience, artist }),
    signal: AbortSignal.timeout(10_000),
  });
  if (response.status !== 201) throw new Error(`POST /posts was answered with ${response.status}`);
  const { id } = (await response.json()) as Pick<Post, "id">;
  people.expect(id);
}

/** The ids of the artists; asked once, they stay. */
let known: Promise<readonly string[]> | undefined;
function artistsOf(): Promise<readonly string[]> {
  known ??= fetch(`${url}/artists`, { signal: AbortSignal.timeout(10_000) }).then(async (response) => {
    const { artists } = (await response.json()) as { readonly artists: readonly { readonly id: string }[] };
    return artists.map(({ id }) => id);
  });
  known.catch(() => (known = undefined));
  return known;
}

const platform = createServer((request, response) => {
  json(request).then(
    (body) => {
      const post = body as Post;
      if (!seen.has(post.id)) {
        seen.add(post.id);
        const { least, most } = DELAY_MILLISECONDS;
        const report = { id: randomUUID(), post: post.id, engagement: engagementOf(post, random) };
        people.sayLater(report, least + random() * (most - least));
        people.arrived(post.id);
      }
      response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
    },
    () => response.writeHead(400).end(),
  );
});

platform.listen(Number(values.port), "127.0.0.1", () => {
  for (const audience of AUDIENCES) people.act(() => order(audience), 1000 / rate);
  people.listen();
});
