/**
 * Whether errors explain and options of streams are checked. This is `#development` in Node, in development builds and
 * wherever no condition says otherwise; `production.ts` stands in its place in a browser's bundle for production.
 */
export const isDevelopment: boolean = true;
