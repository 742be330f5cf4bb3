// A lint rule of our own: what a pure package must not ask the clock or chance for. Date.parse and new Date(milliseconds) stay allowed.
const clock = "This package is pure: take the time as an argument, in milliseconds since 1970.";

/** @param {any} node */
const isDate = (node) => node.type === "Identifier" && node.name === "Date";

export default {
  meta: { name: "trimtab" },
  rules: {
    "no-clock": {
      /** @param {any} context */
      create: (context) => ({
        /** @param {any} node */
        NewExpression(node) {
          if (isDate(node.callee) && node.arguments.length === 0) context.report({ node, message: clock });
        },
        /** @param {any} node */
        CallExpression(node) {
          if (isDate(node.callee)) context.report({ node, message: clock });
        },
      }),
    },
  },
};
