// The same service in CommonJS.
const { defineOperation, parameters, track } = require("@trimtab/instrumentation");

const operation = defineOperation({
  name: "deliver",
  context: ["type"],
  parameters: { level: { type: "integer", base: 4, min: 1, max: 9 } },
});
async function main() {
  while (process.env.TRIMTAB_CONTROLLER_URL && parameters("deliver").source !== "fresh") {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await operation.track({ type: "json" }, async (call) => {
    call.quality(0.5);
    console.log("level", call.parameters.level);
  });
  await track("fails", {}, () => Promise.reject(new TypeError("x"))).catch(() => {});
  setInterval(() => {}, 1000);
  console.log("ready");
}
void main();
