/** A body that is a batch of items, or one item itself. */
import { z } from "zod";

/** The items are checked one by one, so that a bad one costs no other. Absent where the body is one item itself. */
export type Batch<Key extends string> = { readonly [key in Key]?: readonly unknown[] | undefined };

/**
 * The schema of such a body.
 *
 * @param form.key The key of the list, such as `outcomes`.
 * @param form.one One of them after "an", such as `outcome`.
 * @param form.item What describes one; it is not checked here.
 * @param form.most So many may be sent at once.
 */
export function batchSchema<Key extends string>({
  key,
  one,
  item,
  most,
}: {
  readonly key: Key;
  readonly one: string;
  readonly item: z.ZodType;
  readonly most: number;
}): z.ZodType<Batch<Key>> {
  const described = z.unknown().meta(z.toJSONSchema(item, { io: "input" }));
  return z
    .looseObject({
      [key]: z
        .array(described)
        .min(1)
        .max(most, { error: `has more than ${most} ${key}; send several batches` })
        .optional()
        .meta({ description: `1 to ${most} ${key}; or the body is one ${one} itself.` }),
    })
    .superRefine((body, context) => {
      if (body[key] === undefined) return;
      for (const other of Object.keys(body).filter((each) => each !== key))
        context.addIssue({
          code: "custom",
          path: [other],
          message: `stands beside ${key}; put it into an ${one}`,
        });
    }) as unknown as z.ZodType<Batch<Key>>;
}
