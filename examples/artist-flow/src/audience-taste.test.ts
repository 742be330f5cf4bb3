import { randomFrom } from "@trimtab/example-artist-builder/random";
import { expect, test } from "vitest";
import { engagementOf, usualEngagement } from "./audience-taste.ts";
import { AUDIENCES, type Audience, type Post, SLOTS, STRATEGIES } from "./content.ts";
import { POST } from "./sample-post.test.support.ts";

const post = (changes: Partial<Post>): Post => ({ ...POST, ...changes });

test("each audience has a best plan of its own, better than the base by more than chance moves a post", () => {
  const best = AUDIENCES.map((audience: Audience) => {
    const plans = SLOTS.flatMap((slot) => STRATEGIES.map((strategy) => ({ slot, strategy })));
    const liked = plans.map((plan) => usualEngagement(post({ audience, ...plan })));
    const most = Math.max(...liked);
    expect(most - usualEngagement(post({ audience }))).toBeGreaterThan(0.12);
    return Object.values(plans[liked.indexOf(most)] ?? {});
  });
  expect(best).toEqual([
    ["night", "behind_the_scenes"],
    ["evening", "challenge"],
    ["morning", "news"],
  ]);
});

test("an artist like any other is met with less, and the same seed is the same audience", () => {
  const plain = post({ artist: { ...post({}).artist, uniqueness: 0 } });
  expect(usualEngagement(post({})) - usualEngagement(plain)).toBeCloseTo(0.25);
  const twice = [randomFrom(3), randomFrom(3)].map((random) =>
    Array.from({ length: 20 }, () => engagementOf(plain, random)),
  );
  expect(twice[0]).toEqual(twice[1]);
});
