/** What a report of engagement means for learning: to the plan, to the text, and, where it is low, to whoever made the artist. */
import type { FeedbackItem } from "@trimtab/conventions";
import { type Benchmarks, LOW_RATIO } from "./benchmark.ts";
import { COMPONENT } from "./component.ts";
import type { Post, PostedArtist } from "./content.ts";
import type { PlannedPost } from "./make-post.ts";

/** The component that makes artists. */
const ARTIST_BUILDER = "artist_builder";

/** What a platform reports of one post. */
export interface EngagementReport {
  /** Of the report: sent again, it counts once. */
  readonly id: string;
  readonly post: string;
  /** 0 to 1: the part of those who saw it that did something. */
  readonly engagement: number;
}

/** What a report is understood by. */
export interface ReportedPost {
  readonly post: Post;
  readonly handles: PlannedPost["handles"];
  /** As the artist is now, who may have changed since the post was made. */
  readonly artist: PostedArtist | undefined;
}

/** The items. Each key follows from the report's, so that the same report can never count twice. */
export function feedbackOf(
  { id, engagement }: EngagementReport,
  { post, handles, artist }: ReportedPost,
  benchmarks: Benchmarks,
  at: Date,
): FeedbackItem[] {
  const usual = benchmarks.usualFor(post);
  benchmarks.learn(post, engagement);
  const said = { source: COMPONENT, at: at.toISOString() };
  const items: FeedbackItem[] = [
    { id: `${id}:plan`, type: "engagement", result: handles.plan, score: engagement, ...said },
    { id: `${id}:text`, type: "engagement", result: handles.text, score: engagement, ...said },
  ];
  if (handles.draft !== undefined)
    items.push({ id: `${id}:draft`, type: "engagement", result: handles.draft, score: engagement, ...said });
  // What people did about an artist who has changed since says nothing about the artist of now.
  const isOfNow = artist?.version === post.artist.version;
  if (isOfNow && usual !== undefined && engagement < LOW_RATIO * usual) {
    items.push({
      id: `${id}:low`,
      type: "low_engagement",
      entity: post.artist.id,
      target: ARTIST_BUILDER,
      data: { content_id: post.id, engagement_score: engagement, benchmark_score: usual },
      ...said,
    });
  }
  return items;
}
