/** Servers of this package: what they answer is no work of the service. */

const own = new WeakSet();

/** From now on nobody tracks what this server answers. */
export function declareOwnServer<Server extends object>(server: Server): Server {
  own.add(server);
  return server;
}

/** Is it one of ours? */
export function isOwnServer(server: object): boolean {
  return own.has(server);
}
