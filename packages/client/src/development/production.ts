/** `#development` where the condition `production` is set: see `full.ts`. */
export const development = undefined;
