/**
 * The module: writes songs by whichever provider, model, template and temperature are in force for the genre, and gets over errors by
 * the policy that is in force for their class.
 *
 *     generate_lyrics  by genre                 model, template, temperature
 *     call_provider    by provider              timeoutMilliseconds
 *     recover          by previous_error_type   next, waitMilliseconds
 *
 * What "better" means for each stands in trimtab.yaml. The API keys are held by the providers in this closure: no configuration,
 * context, metadata or error has them.
 */
import { setTimeout as wait } from "node:timers/promises";
import { defineModule, defineModuleOperation } from "@trimtab/module-kit";
import { z } from "zod";
import { askChat } from "./client/chat-client.ts";
import { ProviderError } from "./client/provider-error.ts";
import { LEARNING } from "./objectives.ts";
import { PARAMETERS } from "./parameters.ts";
import { messagesFor } from "./prompt-templates.ts";
import { costInUsd, type OfferedModel, type Provider } from "./providers.ts";
import { planRecovery } from "./recovery.ts";
import { scoreLyrics } from "./score-lyrics.ts";

const configuration = z.strictObject({
  /** With the first one. */
  maximumAttempts: z.int().min(1).max(10).default(4),
  /** For a song, with all attempts and the waiting between them. */
  deadlineMilliseconds: z.int().min(100).default(15_000),
  maximumTokens: z.int().min(16).default(600),
});

const onText = z.custom<(text: string) => void>((value) => typeof value === "function").optional();

const songSchema = z.strictObject({
  genre: z.string().min(1),
  theme: z.string().min(1).max(60),
  lines: z.int().min(2).max(100),
  /** Given, the answer is streamed; once a piece was handed over, no other attempt is made. */
  onText,
});

const questionSchema = z.strictObject({
  provider: z.string(),
  model: z.string(),
  messages: z.array(z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: z.string() })),
  temperature: z.number().min(0).max(2),
  maximumTokens: z.int().min(1),
  onText,
});
type Question = z.output<typeof questionSchema>;

const recoverySchema = z.strictObject({
  error: z.instanceof(ProviderError),
  question: questionSchema,
  song: z.strictObject({ theme: z.string(), lines: z.int() }),
  millisecondsLeft: z.number(),
});

/** An attempt that succeeded. */
interface Answered {
  readonly text: string;
  readonly provider: string;
  readonly model: string;
  readonly tokens: { readonly input: number; readonly output: number };
  readonly costUsd: number;
}

/** A song, and how it came about. */
export interface WrittenSong extends Answered {
  readonly attempts: number;
  /** The classes of the errors on the way, in their order. */
  readonly errors: readonly string[];
}

/** The module for these providers; `create` makes one that runs. */
export function orchestratorFor(providers: readonly Provider[]) {
  const find = (choice: string): { readonly provider: Provider; readonly model: OfferedModel } => {
    for (const provider of providers) {
      const model = provider.models.find((each) => each.choice === choice);
      if (model !== undefined) return { provider, model };
    }
    throw new RangeError(`No provider offers the model "${choice}"; providers.yaml has to list it.`);
  };

  const callProvider = defineModuleOperation({
    config: configuration,
    input: questionSchema,
    context: { provider: ({ provider }) => provider },
    parameters: PARAMETERS.call_provider,
    ...LEARNING.call_provider,
    async process(question, run): Promise<Answered> {
      const { provider, model } = find(question.model);
      const answer = await askChat(
        provider.endpoint,
        { ...question, model: model.name },
        { timeoutMilliseconds: run.parameters.timeoutMilliseconds, onText: question.onText, signal: run.signal },
      );
      const costUsd = costInUsd(model, answer.tokens);
      run.tokens(answer.tokens);
      run.cost(costUsd, "usd");
      if (answer.finishReason === "length") run.partial(); // cut off in the middle
      return { text: answer.text, provider: provider.name, model: model.choice, tokens: answer.tokens, costUsd };
    },
  });

  const recover = defineModuleOperation({
    config: configuration,
    input: recoverySchema,
    context: { previous_error_type: ({ error }) => error.type },
    parameters: PARAMETERS.recover,
    ...LEARNING.recover,
    async process({ error, question, millisecondsLeft }, run): Promise<Answered> {
      const { model } = find(question.model);
      const next = planRecovery({ error, model, providers, millisecondsLeft }, run.parameters);
      if (next === undefined) throw error;
      await wait(next.waitMilliseconds, undefined, { signal: run.signal });
      const again: Question = { ...question, provider: next.provider.name, model: next.model.choice };
      try {
        return (await run.invoke(callProvider, again)).data;
      } catch (failure) {
        throw providerErrorOf(failure) ?? failure; // its class is what is counted, not that of the operation between
      }
    },
    quality: ({ text }, { input }) => scoreLyrics(text, input.song).total,
  });

  const generateLyrics = defineModuleOperation({
    config: configuration,
    input: songSchema,
    context: { genre: ({ genre }) => genre },
    parameters: PARAMETERS.generate_lyrics,
    ...LEARNING.generate_lyrics,
    async process({ onText: handOver, ...song }, run): Promise<WrittenSong> {
      const { model, template, temperature } = run.parameters;
      const { theme, lines } = song;
      const deadline = performance.now() + run.config.deadlineMilliseconds;
      let hasHandedOver = false;
      const question: Question = {
        provider: find(model).provider.name,
        model,
        messages: [...messagesFor(template, song)],
        temperature,
        maximumTokens: run.config.maximumTokens,
        ...(handOver === undefined
          ? {}
          : {
              onText: (text) => {
                hasHandedOver = true;
                handOver(text);
              },
            }),
      };
      const errors: ProviderError[] = [];
      for (let asked = question; ; ) {
        try {
          const error = errors.at(-1);
          const millisecondsLeft = deadline - performance.now();
          const { data } = await (error === undefined
            ? run.invoke(callProvider, asked)
            : run.invoke(recover, { error, question: asked, song: { theme, lines }, millisecondsLeft }));
          run.tokens(data.tokens);
          run.cost(data.costUsd, "usd");
          run.metadata("provider", data.provider);
          run.metadata("attempts", errors.length + 1);
          return { ...data, attempts: errors.length + 1, errors: errors.map(({ type }) => type) };
        } catch (failure) {
          const error = providerErrorOf(failure);
          if (error === undefined) throw failure;
          errors.push(error);
          const isOver = errors.length >= run.config.maximumAttempts || performance.now() >= deadline;
          if (error.retry === "never" || isOver || hasHandedOver) throw error;
          asked = { ...asked, ...askedOf(error, asked, providers) };
        }
      }
    },
    quality: ({ text }, { input }) => scoreLyrics(text, input).total,
  });

  return defineModule({
    name: "llm_orchestrator",
    config: configuration,
    operations: { generate_lyrics: generateLyrics, call_provider: callProvider, recover },
  });
}

/** Which model the failed attempt had asked: the same one, or the standby of the provider that the recovery had gone to. */
function askedOf(
  error: ProviderError,
  asked: Question,
  providers: readonly Provider[],
): Pick<Question, "provider" | "model"> {
  if (error.provider === asked.provider) return asked;
  const provider = providers.find(({ name }) => name === error.provider);
  return provider === undefined ? asked : { provider: provider.name, model: provider.standby.choice };
}

/** The provider's error in a chain of causes. */
export function providerErrorOf(error: unknown): ProviderError | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof ProviderError) return each;
  }
  return undefined;
}
