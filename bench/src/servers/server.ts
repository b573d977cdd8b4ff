/** What a server under test gives to the harness. */
export interface RunningServer {
  port: number;
  /** One-way messages the application has consumed since the server started. */
  received(): number;
  /** Publishes from the server itself, where a measurement asks for it. */
  publish?(channel: string, data: unknown): unknown;
}

/**
 * Starts one server with the same small application on a port of its choice:
 * clients subscribe to channels and publish to them, call `echo`, send one-way `flood` messages,
 * and may authenticate with a JSON Web Token signed with the shared HMAC key.
 */
export type StartServer = () => Promise<RunningServer>;
