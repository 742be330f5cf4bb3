// `npm install` by habit would fill node_modules in a form this workspace cannot use.
if (!process.env.npm_config_user_agent?.startsWith("pnpm/")) {
  console.error(
    '\nThis is a pnpm workspace. "npm start" and "npm test" set everything up by themselves; with pnpm installed: "pnpm install".\n',
  );
  process.exit(1);
}
