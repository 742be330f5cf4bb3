/**
 * The official web provider in a process of its own: Node has an EventSource only where it is asked for. Tells what happens as lines of
 * JSON. usage: node --experimental-eventsource openfeature-web-client.test.support.ts <controller> <token>
 */
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, type Provider, ProviderEvents } from "@openfeature/web-sdk";

const [baseUrl = "", token = ""] = process.argv.slice(2);
const tell = (line: Record<string, unknown>): void => console.log(JSON.stringify(line));

const client = OpenFeature.getClient();
const show = (kind: string): void => {
  const { value, reason, variant } = client.getNumberDetails("shop.checkout.level", -1);
  tell({ kind, value, whole: client.getObjectValue("shop.checkout", {}), reason, variant });
};
client.addHandler(ProviderEvents.ConfigurationChanged, () => show("changed"));

await OpenFeature.setContext({ targetingKey: "ada", genre: "rock" });
const provider = new OFREPWebProvider({
  baseUrl,
  headers: [["Authorization", `Bearer ${token}`]],
  cacheMode: "disabled",
  async fetchImplementation(input: Parameters<typeof fetch>[0], init?: RequestInit) {
    const response = await fetch(input, init);
    tell({ kind: "fetched", status: response.status, query: new URL(response.url).search });
    return response;
  },
});
await OpenFeature.setProviderAndWait(provider as Provider); // its types do not tell absent hooks from undefined ones
show("ready");
tell({ kind: "unknown", code: client.getNumberDetails("shop.gone", 1).errorCode });

for await (const text of process.stdin) {
  if (String(text).trim() !== "jazz") continue;
  await OpenFeature.setContext({ targetingKey: "ada", genre: "jazz" });
  show("jazz");
}
